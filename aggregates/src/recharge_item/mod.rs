//! A recharge item: what a recharge can be chosen from, so much money and so much coupon on top. Its stream's id is the item's.
//!
//! Invariants:
//! - It is listed once; once delisted it never comes back.
//! - It costs more than nothing and gives nothing or more on top, both at most [`AMOUNT_MAX`](crate::AMOUNT_MAX).

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::RechargeItemCommand;
pub use error::RechargeItemError;
pub(crate) use event::CATALOGUE;
pub use event::RechargeItemEvent;
pub use state::{RechargeItem, RechargeItemStatus};

//! A purchase: one product bought by one account, either made and paid at once, or applied for and paid later. Its stream's
//! id is the purchase's.
//!
//! Invariants:
//! - It is made or applied for once.
//! - What was applied for waits until its buyer pays or cancels it; then nothing happens to it any more.
//! - Its total is the price of a piece times the number of pieces, more than nothing and at most
//!   [`AMOUNT_MAX`](crate::AMOUNT_MAX).
//! - It keeps name and price as they were when it was made or applied for.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::PurchaseCommand;
pub use error::PurchaseError;
pub(crate) use event::CATALOGUE;
pub use event::{PaymentMethod, PurchaseEvent};
pub use state::{Bought, Purchase, PurchaseStatus};

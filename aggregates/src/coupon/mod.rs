//! A coupon balance: the promotional money of one account, in fen; spendable, never cash. Its stream's id is the account's.
//!
//! Invariants:
//! - The coupon balance is never negative and never over [`AMOUNT_MAX`](crate::AMOUNT_MAX).
//! - It equals the sum of its grants less the sum of what was spent; each event carries the coupon balance after it.
//! - Nothing turns it into real money.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::CouponCommand;
pub use error::CouponError;
pub(crate) use event::CATALOGUE;
pub use event::{CouponEvent, GrantSource, SpendPurpose};
pub use state::Coupon;

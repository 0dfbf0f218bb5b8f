//! A balance: the real money of one account, in fen. Its stream's id is the account's.
//!
//! Invariants:
//! - The balance is never negative and never over [`AMOUNT_MAX`](crate::AMOUNT_MAX).
//! - It equals the sum of its credits less the sum of its debits; each event carries the balance after it.
//! - An account that never had money has a balance of nothing: there is nothing to open.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::BalanceCommand;
pub use error::BalanceError;
pub(crate) use event::CATALOGUE;
pub use event::{BalanceEvent, CreditSource, DebitPurpose};
pub use state::Balance;

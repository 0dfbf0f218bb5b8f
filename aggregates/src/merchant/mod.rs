//! A merchant: how many shops an account opened. Its stream's id is the account's.
//!
//! Invariants:
//! - Each shop counts once; there are never more than the bound that was in force when the last one was opened.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::MerchantCommand;
pub use error::MerchantError;
pub(crate) use event::CATALOGUE;
pub use event::MerchantEvent;
pub use state::Merchant;

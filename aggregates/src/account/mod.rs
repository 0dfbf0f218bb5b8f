//! An account: a person, in all APIs. Its stream's id is the account's.
//!
//! Invariants:
//! - It is opened once; once erased it is never opened again and nothing more happens to it.
//! - It holds each role at most once.
//! - Its profile is personal data and is only ever held sealed; nothing of it is left in the state after erasure.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::AccountCommand;
pub use error::AccountError;
pub(crate) use event::CATALOGUE;
pub use event::{AccountEvent, Role};
pub use state::{Account, AccountStatus};

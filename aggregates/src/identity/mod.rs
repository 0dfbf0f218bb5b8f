//! An identity: one credential (a phone, an openid) that tells who somebody is. Its stream's id is `<kind>:<hash>`: the kind of
//! credential and a keyed hash of it in hexadecimal, so that nobody can read the credential from the log.
//!
//! Invariants:
//! - It belongs to at most one account at any time.
//! - Only the account that holds it can prove and release it; then any account can claim it, and nothing is proved any more.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::IdentityCommand;
pub use error::IdentityError;
pub(crate) use event::CATALOGUE;
pub use event::IdentityEvent;
pub use state::Identity;

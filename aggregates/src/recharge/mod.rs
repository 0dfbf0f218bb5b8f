//! A recharge: an order to put money on a balance, paid through WeChat. Its stream's id is the recharge's.
//!
//! Invariants:
//! - It is requested once; what it costs and gives never changes after that.
//! - It is paid at most once, by one transaction, with exactly the money it costs. The same notice again changes nothing.
//! - A payment for a closed recharge is accepted, because WeChat has the money by then; a paid one is never closed.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::RechargeCommand;
pub use error::RechargeError;
pub(crate) use event::CATALOGUE;
pub use event::RechargeEvent;
pub use state::{Recharge, RechargeRequest, RechargeStatus};

//! A shop: who sells. Its stream's id is the shop's; 0 is the house's own.
//!
//! Invariants:
//! - It is opened once and keeps its owner for ever; the house's own shop has no account as its owner.
//! - Only its owner changes it.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::ShopCommand;
pub use error::ShopError;
pub(crate) use event::CATALOGUE;
pub use event::ShopEvent;
pub use state::Shop;

//! A shop's name: at most one shop has it. Its stream's id is the name itself, which is nobody's secret.
//!
//! Invariants:
//! - It belongs to the shop that claimed it first, for ever.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::ShopNameCommand;
pub use error::ShopNameError;
pub(crate) use event::CATALOGUE;
pub use event::ShopNameEvent;
pub use state::ShopName;

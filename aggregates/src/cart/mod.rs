//! A cart: what one account has set aside to buy. Its stream's id is the account's.
//!
//! Invariants:
//! - A product stands on at most one line; adding it again adds to that line.
//! - Lines stand in the order of adding, at most [`LINES_MAX`], each with 1 to [`PIECES_MAX`] pieces.
//! - A line leaves the cart once: settled by a purchase, or removed.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::CartCommand;
pub use decide::{LINES_MAX, PIECES_MAX};
pub use error::CartError;
pub(crate) use event::CATALOGUE;
pub use event::{CartEvent, RemovalReason};
pub use state::{Cart, CartLine};

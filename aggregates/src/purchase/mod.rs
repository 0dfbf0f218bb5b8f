//! A purchase: one product bought by one account, bought and paid at once. Its stream's id is the purchase's.
//!
//! Invariants:
//! - It is made once.
//! - Its total is the price of a piece times the number of pieces, more than nothing and at most
//!   [`AMOUNT_MAX`](crate::AMOUNT_MAX).
//! - It keeps name and price as they were when it was made.

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
pub use state::{Bought, Purchase};

//! A product: something a shop sells at a price. Its stream's id is the product's.
//!
//! Invariants:
//! - It is listed once; then it is on sale or delisted, until it is deleted for ever.
//! - Its price is more than nothing and at most [`AMOUNT_MAX`](crate::AMOUNT_MAX).
//! - What is paid is its discount while it has one, else its price; both have the same bounds.
//! - It is sold only while it is on sale; what was sold in all never shrinks.
//! - Selling does not change when it was last updated; everything else does.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::ProductCommand;
pub use error::ProductError;
pub(crate) use event::CATALOGUE;
pub use event::ProductEvent;
pub use state::{Offer, Product, ProductStatus};

//! A picture's name: who may put a picture under it, and which one lies there. The bytes lie in the store of pictures. Its
//! stream's id is `<kind>:<hash>`: what the picture is of and a keyed hash of its name in hexadecimal.
//!
//! Invariants:
//! - It belongs to the account that first kept a picture under it, for ever.
//! - Only that account puts another picture there.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::PictureCommand;
pub use error::PictureError;
pub(crate) use event::CATALOGUE;
pub use event::PictureEvent;
pub use state::Picture;

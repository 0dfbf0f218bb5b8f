//! A notice: somebody has lost something, or found it. Its stream's id is the notice's, drawn below 2^31.
//!
//! Invariants:
//! - It is published once and keeps its owner and the moment of publishing for ever; after it was deleted nothing happens to
//!   it any more.
//! - Only its owner changes or deletes it.
//! - A label, a title, a content and the owner's name are always there.
//! - Everything a person wrote into it is personal data, the free text included: it names people, phones and places. It is only
//!   ever held sealed with the owner's key, each text by itself, so that one can change without the others being known.
//!   How long each may be ([`NoticeText::chars_max`]) is checked before it is sealed.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::NoticeCommand;
pub use error::NoticeError;
pub(crate) use event::CATALOGUE;
pub use event::{NoticeEvent, NoticeKind, NoticeText};
pub use state::{Notice, NoticeStatus};

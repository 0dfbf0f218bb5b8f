//! The aggregates: a folder each, with its invariants, commands, events, errors, state and decisions. They know no I/O and not
//! each other.
//!
//! Decisions are pure: time and ids come with the command. Each is a ladder of guards, refusing in the order that its
//! documentation gives. A command that would change nothing is no error: it is decided with no event.

mod any_event;
pub mod catalogue;
mod entry;
mod events;
mod funds;
mod shim;
#[cfg(test)]
mod testing;
mod text;

pub mod account;
pub mod balance;
pub mod cart;
pub mod coupon;
pub mod identity;
pub mod merchant;
pub mod notice;
pub mod picture;
pub mod product;
pub mod purchase;
pub mod recharge;
pub mod recharge_item;
pub mod shop;
pub mod shop_name;

pub use any_event::{AnyEvent, is_known, known_events};
pub use funds::AMOUNT_MAX;
pub use text::{
    DESCRIPTION_CHARS, ICON_CHARS, KEYWORDS_CHARS, NAME_CHARS, PICTURE_CHARS, REASON_CHARS, TextError,
    WECHAT_ID_CHARS,
};

//! The event catalogue: every aggregate with its events, versions, fields and samples. `docs/events.md` is made from it.

use crate::{
    account, balance, cart, coupon, identity, picture, product, purchase, recharge, recharge_item, shop,
};

pub use crate::entry::{AggregateEntry, EventEntry};

/// All aggregates.
pub const AGGREGATES: &[AggregateEntry] = &[
    account::CATALOGUE,
    identity::CATALOGUE,
    balance::CATALOGUE,
    coupon::CATALOGUE,
    cart::CATALOGUE,
    product::CATALOGUE,
    shop::CATALOGUE,
    picture::CATALOGUE,
    purchase::CATALOGUE,
    recharge::CATALOGUE,
    recharge_item::CATALOGUE,
];

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;

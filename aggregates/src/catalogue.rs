//! The event catalogue: every aggregate with its events, versions, fields and samples. `docs/events.md` is made from it.

use crate::{
    account, balance, cart, coupon, identity, merchant, notice, picture, product, purchase, recharge,
    recharge_item, shop, shop_name,
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
    shop_name::CATALOGUE,
    merchant::CATALOGUE,
    picture::CATALOGUE,
    purchase::CATALOGUE,
    recharge::CATALOGUE,
    recharge_item::CATALOGUE,
    notice::CATALOGUE,
];

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;

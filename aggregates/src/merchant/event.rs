//! What happens to a merchant.

use kernel::ShopId;
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum MerchantEvent {
    /// The account opened a shop.
    MerchantShopOpened {
        /// The shop.
        shop: ShopId,
        /// How many the account opened in all, this one included.
        shops: u32,
    },
}

events!(MerchantEvent {
    MerchantShopOpened "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "merchant",
    stream: "the account's id",
    keeps: "Its shops are counted, one by one.",
    events: &[EventEntry {
        event_type: "MerchantShopOpened",
        version: "1.0",
        when: "The account opened a shop.",
        fields: &[
            ("shop", "id of the shop"),
            ("shops", "shops opened in all, this one included; integer, at least 1"),
        ],
        samples: &[r#"{"MerchantShopOpened":{"shop":811729970,"shops":1}}"#],
    }],
};

//! What happens to a shop's name.

use kernel::ShopId;
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a shop's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ShopNameEvent {
    /// It belongs to a shop from now on.
    ShopNameClaimed {
        /// The shop.
        shop: ShopId,
    },
}

events!(ShopNameEvent {
    ShopNameClaimed "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "shop_name",
    stream: "the name",
    keeps: "It belongs to at most one shop, for ever.",
    events: &[EventEntry {
        event_type: "ShopNameClaimed",
        version: "1.0",
        when: "A shop was opened under the name.",
        fields: &[("shop", "id of the shop")],
        samples: &[r#"{"ShopNameClaimed":{"shop":811729970}}"#],
    }],
};

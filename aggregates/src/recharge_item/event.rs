//! What happens to a recharge item.

use kernel::Money;
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a recharge item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RechargeItemEvent {
    /// It is on offer.
    RechargeItemListed {
        /// Its name.
        name: String,
        /// Its description; may be empty.
        description: String,
        /// What it costs and puts on the balance, in fen.
        money: Money,
        /// What it puts on the coupon balance on top, in fen; may be nothing.
        charge: Money,
    },
    /// It was changed for those who choose it from now on.
    RechargeItemChanged {
        /// Its name.
        name: String,
        /// Its description; may be empty.
        description: String,
        /// What it costs and puts on the balance, in fen.
        money: Money,
        /// What it puts on the coupon balance on top, in fen; may be nothing.
        charge: Money,
    },
    /// It is on offer no longer.
    RechargeItemDelisted {},
}

events!(RechargeItemEvent {
    RechargeItemListed "1.0",
    RechargeItemChanged "1.0",
    RechargeItemDelisted "1.0",
});

const FIELDS: &[(&str, &str)] = &[
    ("name", "text, 1 to 100 characters"),
    ("description", "text, at most 2,000 characters"),
    ("money", "what it costs and puts on the balance; integer, fen, more than 0"),
    ("charge", "what it puts on the coupon balance on top; integer, fen, 0 or more"),
];

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "recharge_item",
    stream: "the recharge item's id",
    keeps: "It is listed once, costs more than nothing, and once delisted never comes back.",
    events: &[
        EventEntry {
            event_type: "RechargeItemListed",
            version: "1.0",
            when: "It is on offer.",
            fields: FIELDS,
            samples: &[
                r#"{"RechargeItemListed":{"name":"充100送20","description":"限时","money":10000,"charge":2000}}"#,
            ],
        },
        EventEntry {
            event_type: "RechargeItemChanged",
            version: "1.0",
            when: "It was changed for those who choose it from now on.",
            fields: FIELDS,
            samples: &[
                r#"{"RechargeItemChanged":{"name":"充100","description":"","money":10000,"charge":0}}"#,
            ],
        },
        EventEntry {
            event_type: "RechargeItemDelisted",
            version: "1.0",
            when: "It is on offer no longer.",
            fields: &[],
            samples: &[r#"{"RechargeItemDelisted":{}}"#],
        },
    ],
};

//! What happens to a cart.

use kernel::{LineId, ProductId, PurchaseId};
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum CartEvent {
    /// A product was put in that was not there.
    CartLineAdded {
        /// The new line.
        line: LineId,
        /// The product.
        product: ProductId,
        /// How many pieces.
        num: u32,
    },
    /// More of a product was put in.
    CartLineIncreased {
        /// The line.
        line: LineId,
        /// The product.
        product: ProductId,
        /// How many pieces there are now.
        num: u32,
    },
    /// A line left the cart.
    CartLineRemoved {
        /// The line.
        line: LineId,
        /// The product.
        product: ProductId,
        /// Why it left.
        reason: RemovalReason,
    },
}

/// Why a line left a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RemovalReason {
    /// It was bought.
    Settled {
        /// The purchase that bought it.
        purchase: PurchaseId,
    },
    /// It was taken out unbought.
    Removed,
}

events!(CartEvent {
    CartLineAdded "1.0",
    CartLineIncreased "1.0",
    CartLineRemoved "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "cart",
    stream: "the account's id",
    keeps: "A product stands on at most one line; at most 200 lines of 1 to 9,999 pieces, in the order of adding.",
    events: &[
        EventEntry {
            event_type: "CartLineAdded",
            version: "1.0",
            when: "A product was put in that was not there.",
            fields: &[
                ("line", "id of the new line"),
                ("product", "id of the product"),
                ("num", "integer, pieces, at least 1"),
            ],
            samples: &[r#"{"CartLineAdded":{"line":51,"product":4,"num":1}}"#],
        },
        EventEntry {
            event_type: "CartLineIncreased",
            version: "1.0",
            when: "More of a product was put in that was there.",
            fields: &[
                ("line", "id of the line"),
                ("product", "id of the product"),
                ("num", "on the line from now on; integer, pieces"),
            ],
            samples: &[r#"{"CartLineIncreased":{"line":51,"product":4,"num":3}}"#],
        },
        EventEntry {
            event_type: "CartLineRemoved",
            version: "1.0",
            when: "A line left the cart.",
            fields: &[
                ("line", "id of the line"),
                ("product", "id of the product"),
                ("reason", "`settled` {purchase: id} when it was bought, `removed` when not"),
            ],
            samples: &[
                r#"{"CartLineRemoved":{"line":51,"product":4,"reason":{"settled":{"purchase":9}}}}"#,
                r#"{"CartLineRemoved":{"line":52,"product":5,"reason":"removed"}}"#,
            ],
        },
    ],
};

//! What happens to a product.

use kernel::{Money, PurchaseId, ShopId};
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ProductEvent {
    /// It went on sale for the first time.
    ProductListed {
        /// The shop that sells it.
        shop: ShopId,
        /// Its name.
        name: String,
        /// Its description; may be empty.
        description: String,
        /// The address of its icon; may be empty.
        icon: String,
        /// The price of a piece, in fen.
        price: Money,
    },
    /// It was described anew.
    ProductChanged {
        /// Its name.
        name: String,
        /// Its description; may be empty.
        description: String,
        /// The address of its icon; may be empty.
        icon: String,
    },
    /// It has another price.
    ProductPriced {
        /// The price of a piece, in fen.
        price: Money,
    },
    /// It is searched by other words.
    ProductKeywordsChanged {
        /// The words; may be empty.
        keywords: String,
    },
    /// Another price is paid instead of the usual one, or the usual one again.
    ProductDiscounted {
        /// The price of a piece, in fen; `None` is the usual one.
        #[serde(deserialize_with = "Option::deserialize")]
        discount: Option<Money>,
    },
    /// It was taken off sale.
    ProductDelisted {},
    /// It is on sale again.
    ProductRelisted {},
    /// It is gone for ever.
    ProductDeleted {},
    /// Some of it was sold.
    ProductSold {
        /// The purchase that took it.
        purchase: PurchaseId,
        /// How many pieces.
        num: u32,
        /// How many pieces were sold in all, these included.
        sold: u64,
    },
}

events!(ProductEvent {
    ProductListed "1.0",
    ProductChanged "1.0",
    ProductPriced "1.0",
    ProductKeywordsChanged "1.0",
    ProductDiscounted "1.0",
    ProductDelisted "1.0",
    ProductRelisted "1.0",
    ProductDeleted "1.0",
    ProductSold "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "product",
    stream: "the product's id",
    keeps: "It is listed once, has a price of more than nothing, and is sold only while it is on sale.",
    events: &[
        EventEntry {
            event_type: "ProductListed",
            version: "1.0",
            when: "A shop put it on sale for the first time.",
            fields: &[
                ("shop", "id of the shop; 0 is the house"),
                ("name", "text, 1 to 100 characters"),
                ("description", "text, at most 2,000 characters"),
                ("icon", "address of the icon; text, at most 1,024 characters"),
                ("price", "of a piece; integer, fen, more than 0"),
            ],
            samples: &[
                r#"{"ProductListed":{"shop":0,"name":"绿茶","description":"一壶","icon":"/icons/tea.png","price":500}}"#,
            ],
        },
        EventEntry {
            event_type: "ProductChanged",
            version: "1.0",
            when: "It was described anew.",
            fields: &[
                ("name", "text, 1 to 100 characters"),
                ("description", "text, at most 2,000 characters"),
                ("icon", "address of the icon; text, at most 1,024 characters"),
            ],
            samples: &[r#"{"ProductChanged":{"name":"龙井","description":"","icon":"/icons/tea.png"}}"#],
        },
        EventEntry {
            event_type: "ProductPriced",
            version: "1.0",
            when: "It has another price.",
            fields: &[("price", "of a piece; integer, fen, more than 0")],
            samples: &[r#"{"ProductPriced":{"price":650}}"#],
        },
        EventEntry {
            event_type: "ProductKeywordsChanged",
            version: "1.0",
            when: "It is searched by other words.",
            fields: &[("keywords", "text, at most 255 characters")],
            samples: &[r#"{"ProductKeywordsChanged":{"keywords":"茶|绿茶"}}"#],
        },
        EventEntry {
            event_type: "ProductDiscounted",
            version: "1.0",
            when: "Another price is paid instead of the usual one, or the usual one again.",
            fields: &[("discount", "paid for a piece; integer, fen, more than 0; null is the usual price")],
            samples: &[
                r#"{"ProductDiscounted":{"discount":450}}"#,
                r#"{"ProductDiscounted":{"discount":null}}"#,
            ],
        },
        EventEntry {
            event_type: "ProductDelisted",
            version: "1.0",
            when: "It was taken off sale.",
            fields: &[],
            samples: &[r#"{"ProductDelisted":{}}"#],
        },
        EventEntry {
            event_type: "ProductRelisted",
            version: "1.0",
            when: "It is on sale again.",
            fields: &[],
            samples: &[r#"{"ProductRelisted":{}}"#],
        },
        EventEntry {
            event_type: "ProductDeleted",
            version: "1.0",
            when: "It was taken away for ever.",
            fields: &[],
            samples: &[r#"{"ProductDeleted":{}}"#],
        },
        EventEntry {
            event_type: "ProductSold",
            version: "1.0",
            when: "Some of it was sold.",
            fields: &[
                ("purchase", "id of the purchase"),
                ("num", "integer, pieces, at least 1"),
                ("sold", "sold in all, these included; integer, pieces"),
            ],
            samples: &[r#"{"ProductSold":{"purchase":9,"num":1,"sold":120}}"#],
        },
    ],
};

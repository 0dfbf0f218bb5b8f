//! What happens to a shop.

use kernel::AccountId;
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum ShopEvent {
    /// It was opened.
    ShopOpened {
        /// The account that owns it; `None` is the house.
        #[serde(deserialize_with = "Option::deserialize")]
        owner: Option<AccountId>,
        /// Its name.
        name: String,
    },
    /// It has another name.
    ShopRenamed {
        /// Its name.
        name: String,
    },
    /// It was described anew.
    ShopDescribed {
        /// What it says of itself; may be empty.
        content: String,
        /// The address of its picture; may be empty.
        picture: String,
    },
}

events!(ShopEvent {
    ShopOpened "1.0",
    ShopRenamed "1.0",
    ShopDescribed "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "shop",
    stream: "the shop's id; 0 is the house's own",
    keeps: "It is opened once, keeps its owner for ever, and only its owner changes it.",
    events: &[
        EventEntry {
            event_type: "ShopOpened",
            version: "1.0",
            when: "It was opened.",
            fields: &[
                ("owner", "id of the account that owns it; null is the house"),
                ("name", "text, 1 to 100 characters"),
            ],
            samples: &[
                r#"{"ShopOpened":{"owner":2,"name":"一号店"}}"#,
                r#"{"ShopOpened":{"owner":null,"name":"自营"}}"#,
            ],
        },
        EventEntry {
            event_type: "ShopRenamed",
            version: "1.0",
            when: "It has another name.",
            fields: &[("name", "text, 1 to 100 characters")],
            samples: &[r#"{"ShopRenamed":{"name":"二号店"}}"#],
        },
        EventEntry {
            event_type: "ShopDescribed",
            version: "1.0",
            when: "It was described, or described anew.",
            fields: &[
                ("content", "what it says of itself; text, at most 2,000 characters"),
                ("picture", "address of its picture; text, at most 512 characters"),
            ],
            samples: &[r#"{"ShopDescribed":{"content":"好茶","picture":"/shop.png"}}"#],
        },
    ],
};

//! What happens to a purchase.

use kernel::{AccountId, Money, ProductId, ShopId};
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum PurchaseEvent {
    /// Something was bought and paid at once.
    PurchaseMade {
        /// Who bought.
        buyer: AccountId,
        /// What was bought.
        product: ProductId,
        /// The shop that sold it.
        shop: ShopId,
        /// The product's name at that time.
        name: String,
        /// The price of a piece at that time, in fen.
        unit_price: Money,
        /// How many pieces.
        num: u32,
        /// What was paid in all, in fen: `unit_price` times `num`.
        total: Money,
        /// What it was paid with.
        method: PaymentMethod,
    },
    /// Something was asked for, to be paid later.
    PurchaseApplied {
        /// Who asked.
        buyer: AccountId,
        /// What was asked for.
        product: ProductId,
        /// The shop that sells it.
        shop: ShopId,
        /// The product's name at that time.
        name: String,
        /// The price of a piece at that time, in fen.
        unit_price: Money,
        /// How many pieces.
        num: u32,
        /// What is to be paid in all, in fen: `unit_price` times `num`.
        total: Money,
    },
    /// What was asked for was paid. It says what that was once more, so that it can be read alone.
    PurchasePaid {
        /// Who bought.
        buyer: AccountId,
        /// What was bought.
        product: ProductId,
        /// The shop that sold it.
        shop: ShopId,
        /// The product's name when it was asked for.
        name: String,
        /// How many pieces.
        num: u32,
        /// What was paid in all, in fen.
        total: Money,
        /// What it was paid with.
        method: PaymentMethod,
    },
    /// What was asked for was given up.
    PurchaseCancelled {
        /// Who asked, and gave it up.
        buyer: AccountId,
    },
}

/// What a purchase is paid with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// Real money from the balance.
    Balance,
    /// Promotional money from the coupon balance.
    Coupon,
}

events!(PurchaseEvent {
    PurchaseMade "1.0",
    PurchaseApplied "1.0",
    PurchasePaid "1.0",
    PurchaseCancelled "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "purchase",
    stream: "the purchase's id",
    keeps: "It is made and paid at once, or applied for and then paid or cancelled once; its total is the price of a piece \
        times the number of pieces.",
    events: &[
        EventEntry {
            event_type: "PurchaseMade",
            version: "1.0",
            when: "Something was bought and paid at once.",
            fields: &[
                ("buyer", "id of the account that bought"),
                ("product", "id of the product"),
                ("shop", "id of the shop that sold it; 0 is the house"),
                ("name", "the product's name at that time; text"),
                ("unit_price", "of a piece at that time; integer, fen, more than 0"),
                ("num", "integer, pieces, at least 1"),
                ("total", "unit_price times num; integer, fen"),
                ("method", "`balance` or `coupon`"),
            ],
            samples: &[
                r#"{"PurchaseMade":{"buyer":1,"product":4,"shop":0,"name":"绿茶","unit_price":500,"num":3,"total":1500,"method":"balance"}}"#,
                r#"{"PurchaseMade":{"buyer":1,"product":4,"shop":0,"name":"绿茶","unit_price":500,"num":1,"total":500,"method":"coupon"}}"#,
            ],
        },
        EventEntry {
            event_type: "PurchaseApplied",
            version: "1.0",
            when: "Something was asked for, to be paid later at the price of that moment.",
            fields: &[
                ("buyer", "id of the account that asked"),
                ("product", "id of the product"),
                ("shop", "id of the shop that sells it; 0 is the house"),
                ("name", "the product's name at that time; text"),
                ("unit_price", "of a piece at that time; integer, fen, more than 0"),
                ("num", "integer, pieces, at least 1"),
                ("total", "unit_price times num; integer, fen"),
            ],
            samples: &[
                r#"{"PurchaseApplied":{"buyer":1,"product":4,"shop":2,"name":"绿茶","unit_price":500,"num":3,"total":1500}}"#,
            ],
        },
        EventEntry {
            event_type: "PurchasePaid",
            version: "1.0",
            when: "What was asked for was paid and sold.",
            fields: &[
                ("buyer", "id of the account that bought"),
                ("product", "id of the product"),
                ("shop", "id of the shop that sold it; 0 is the house"),
                ("name", "the product's name when it was asked for; text"),
                ("num", "integer, pieces, at least 1"),
                ("total", "as it was asked for; integer, fen"),
                ("method", "`balance` or `coupon`"),
            ],
            samples: &[
                r#"{"PurchasePaid":{"buyer":1,"product":4,"shop":2,"name":"绿茶","num":3,"total":1500,"method":"balance"}}"#,
            ],
        },
        EventEntry {
            event_type: "PurchaseCancelled",
            version: "1.0",
            when: "What was asked for was given up by who asked.",
            fields: &[("buyer", "id of the account that had asked")],
            samples: &[r#"{"PurchaseCancelled":{"buyer":1}}"#],
        },
    ],
};

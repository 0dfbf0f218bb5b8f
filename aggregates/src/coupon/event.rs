//! What happens to a coupon balance.

use kernel::{EntryId, Money, ProductId, PurchaseId, RechargeId, RechargeItemId};
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a coupon balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum CouponEvent {
    /// Promotional money was given.
    CouponGranted {
        /// The ledger entry.
        entry: EntryId,
        /// How much was given, in fen.
        amount: Money,
        /// The coupon balance after it, in fen.
        coupon: Money,
        /// Where it came from.
        source: GrantSource,
    },
    /// Promotional money was spent.
    CouponSpent {
        /// The ledger entry.
        entry: EntryId,
        /// How much was spent, in fen.
        amount: Money,
        /// The coupon balance after it, in fen.
        coupon: Money,
        /// What it was for.
        purpose: SpendPurpose,
    },
}

/// Where promotional money comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GrantSource {
    /// What a paid recharge gives on top.
    Recharge {
        /// The recharge.
        recharge: RechargeId,
        /// The item chosen for it.
        item: RechargeItemId,
        /// The item's name at that time.
        name: String,
    },
    /// An operator's adjustment.
    Adjustment {
        /// Why, in the operator's words.
        reason: String,
    },
}

/// What promotional money is spent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SpendPurpose {
    /// A purchase.
    Purchase {
        /// The purchase.
        purchase: PurchaseId,
        /// The product bought.
        product: ProductId,
        /// The product's name at that time.
        name: String,
        /// How many pieces.
        num: u32,
    },
    /// An operator's adjustment.
    Adjustment {
        /// Why, in the operator's words.
        reason: String,
    },
}

events!(CouponEvent {
    CouponGranted "1.0",
    CouponSpent "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "coupon",
    stream: "the account's id",
    keeps: "The coupon balance is never negative, at most 2^53 - 1 fen, and equals its grants less what was spent.",
    events: &[
        EventEntry {
            event_type: "CouponGranted",
            version: "1.0",
            when: "Promotional money was given.",
            fields: &[
                ("entry", "id of the ledger entry"),
                ("amount", "what was given; integer, fen, more than 0"),
                ("coupon", "the coupon balance after it; integer, fen"),
                ("source", "`recharge` {recharge: id, item: id, name: text} or `adjustment` {reason: text}"),
            ],
            samples: &[
                r#"{"CouponGranted":{"entry":41,"amount":2000,"coupon":2000,"source":{"recharge":{"recharge":7,"item":2,"name":"充100送20"}}}}"#,
                r#"{"CouponGranted":{"entry":42,"amount":300,"coupon":2300,"source":{"adjustment":{"reason":"goodwill"}}}}"#,
            ],
        },
        EventEntry {
            event_type: "CouponSpent",
            version: "1.0",
            when: "Promotional money was spent.",
            fields: &[
                ("entry", "id of the ledger entry"),
                ("amount", "what was spent; integer, fen, more than 0"),
                ("coupon", "the coupon balance after it; integer, fen, 0 or more"),
                (
                    "purpose",
                    "`purchase` {purchase: id, product: id, name: text, num: integer, pieces} or `adjustment` {reason: text}",
                ),
            ],
            samples: &[
                r#"{"CouponSpent":{"entry":43,"amount":500,"coupon":1800,"purpose":{"purchase":{"purchase":9,"product":4,"name":"绿茶","num":1}}}}"#,
                r#"{"CouponSpent":{"entry":44,"amount":100,"coupon":1700,"purpose":{"adjustment":{"reason":"granted twice"}}}}"#,
            ],
        },
    ],
};

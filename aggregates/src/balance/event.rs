//! What happens to a balance.

use kernel::{EntryId, Money, ProductId, PurchaseId, RechargeId, RechargeItemId};
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum BalanceEvent {
    /// Money came in.
    BalanceCredited {
        /// The ledger entry.
        entry: EntryId,
        /// How much came in, in fen.
        amount: Money,
        /// The balance after it, in fen.
        balance: Money,
        /// Where it came from.
        source: CreditSource,
    },
    /// Money went out.
    BalanceDebited {
        /// The ledger entry.
        entry: EntryId,
        /// How much went out, in fen.
        amount: Money,
        /// The balance after it, in fen.
        balance: Money,
        /// What it was for.
        purpose: DebitPurpose,
    },
}

/// Where money comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CreditSource {
    /// A recharge that was paid.
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

/// What money is spent on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DebitPurpose {
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

events!(BalanceEvent {
    BalanceCredited "1.0",
    BalanceDebited "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "balance",
    stream: "the account's id",
    keeps: "The balance is never negative, at most 2^53 - 1 fen, and equals its credits less its debits.",
    events: &[
        EventEntry {
            event_type: "BalanceCredited",
            version: "1.0",
            when: "Money came in.",
            fields: &[
                ("entry", "id of the ledger entry"),
                ("amount", "what came in; integer, fen, more than 0"),
                ("balance", "the balance after it; integer, fen"),
                ("source", "`recharge` {recharge: id, item: id, name: text} or `adjustment` {reason: text}"),
            ],
            samples: &[
                r#"{"BalanceCredited":{"entry":31,"amount":10000,"balance":12500,"source":{"recharge":{"recharge":7,"item":2,"name":"充100送20"}}}}"#,
                r#"{"BalanceCredited":{"entry":32,"amount":500,"balance":13000,"source":{"adjustment":{"reason":"goodwill"}}}}"#,
            ],
        },
        EventEntry {
            event_type: "BalanceDebited",
            version: "1.0",
            when: "Money went out.",
            fields: &[
                ("entry", "id of the ledger entry"),
                ("amount", "what went out; integer, fen, more than 0"),
                ("balance", "the balance after it; integer, fen, 0 or more"),
                (
                    "purpose",
                    "`purchase` {purchase: id, product: id, name: text, num: integer, pieces} or `adjustment` {reason: text}",
                ),
            ],
            samples: &[
                r#"{"BalanceDebited":{"entry":33,"amount":500,"balance":12500,"purpose":{"purchase":{"purchase":9,"product":4,"name":"绿茶","num":1}}}}"#,
                r#"{"BalanceDebited":{"entry":34,"amount":100,"balance":12400,"purpose":{"adjustment":{"reason":"booked twice"}}}}"#,
            ],
        },
    ],
};

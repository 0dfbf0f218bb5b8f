//! What happens to a recharge.

use kernel::{AccountId, Money, RechargeItemId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to a recharge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum RechargeEvent {
    /// It was asked for.
    RechargeRequested {
        /// Whose balance the money is for.
        account: AccountId,
        /// The item chosen.
        item: RechargeItemId,
        /// The item's name at that time.
        name: String,
        /// What it costs and puts on the balance, in fen.
        money: Money,
        /// What it puts on the coupon balance on top, in fen; may be nothing.
        charge: Money,
    },
    /// WeChat has an order for it.
    RechargePrepared {
        /// WeChat's id of the order.
        prepay_id: String,
    },
    /// WeChat was paid.
    RechargePaid {
        /// WeChat's id of the payment.
        transaction_id: String,
        /// What was paid, in fen.
        amount: Money,
        /// When it was paid, if WeChat said.
        #[serde(deserialize_with = "Option::deserialize")]
        success_time: Option<Timestamp>,
    },
    /// Nobody waits for it any longer.
    RechargeClosed {},
}

events!(RechargeEvent {
    RechargeRequested "1.0",
    RechargePrepared "1.0",
    RechargePaid "1.0",
    RechargeClosed "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "recharge",
    stream: "the recharge's id",
    keeps: "It is requested once and paid at most once, by one transaction, with exactly the money it costs.",
    events: &[
        EventEntry {
            event_type: "RechargeRequested",
            version: "1.0",
            when: "A customer chose a recharge item.",
            fields: &[
                ("account", "id of the account whose balance the money is for"),
                ("item", "id of the recharge item"),
                ("name", "the item's name at that time; text"),
                ("money", "what it costs and puts on the balance; integer, fen, more than 0"),
                ("charge", "what it puts on the coupon balance on top; integer, fen, 0 or more"),
            ],
            samples: &[
                r#"{"RechargeRequested":{"account":1,"item":2,"name":"充100送20","money":10000,"charge":2000}}"#,
            ],
        },
        EventEntry {
            event_type: "RechargePrepared",
            version: "1.0",
            when: "WeChat has an order for it that can be paid; a later one takes the place of an earlier one.",
            fields: &[("prepay_id", "WeChat's id of the order; text")],
            samples: &[r#"{"RechargePrepared":{"prepay_id":"wx201410272009395522657a690389285100"}}"#],
        },
        EventEntry {
            event_type: "RechargePaid",
            version: "1.0",
            when: "WeChat said that it was paid; the same commit credits the balance and grants the coupon.",
            fields: &[
                ("transaction_id", "WeChat's id of the payment; text"),
                ("amount", "what was paid; integer, fen, equal to the money asked for"),
                ("success_time", "when WeChat was paid; integer, microseconds since 1970-01-01 UTC, or null"),
            ],
            samples: &[
                r#"{"RechargePaid":{"transaction_id":"4200000001201411030000000000","amount":10000,"success_time":1555921062000000}}"#,
                r#"{"RechargePaid":{"transaction_id":"4200000001201411030000000001","amount":10000,"success_time":null}}"#,
            ],
        },
        EventEntry {
            event_type: "RechargeClosed",
            version: "1.0",
            when: "Nobody waits for it any longer; a payment that arrives all the same still counts.",
            fields: &[],
            samples: &[r#"{"RechargeClosed":{}}"#],
        },
    ],
};

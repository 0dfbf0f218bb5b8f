//! What happens to an account.

use kernel::Sealed;
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum AccountEvent {
    /// It was opened.
    AccountOpened {
        /// What it may do; each role once.
        roles: Vec<Role>,
        /// Who it is, sealed.
        profile: Sealed,
    },
    /// The person changed their profile.
    AccountProfileChanged {
        /// Who it is now, sealed.
        profile: Sealed,
    },
    /// It may do more.
    AccountRoleGranted {
        /// The role it has from now on.
        role: Role,
    },
    /// The person is gone; what was sealed cannot be read any more.
    AccountErased {},
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys.
    Customer,
    /// Owns shops.
    Merchant,
    /// Delivers orders of its own shops.
    Supplier,
    /// Runs the house.
    Operator,
    /// Reads the books, changes nothing.
    Auditor,
}

events!(AccountEvent {
    AccountOpened "1.0",
    AccountProfileChanged "1.0",
    AccountRoleGranted "1.0",
    AccountErased "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "account",
    stream: "the account's id",
    keeps: "It is opened once and holds each role at most once; after it was erased nothing happens to it any more.",
    events: &[
        EventEntry {
            event_type: "AccountOpened",
            version: "1.0",
            when: "A person signed up, or the house set up an account.",
            fields: &[
                (
                    "roles",
                    "array of `customer`, `merchant`, `supplier`, `operator`, `auditor`; each at most once",
                ),
                ("profile", "sealed personal data; base64 of nonce and AES-256-GCM ciphertext"),
            ],
            samples: &[r#"{"AccountOpened":{"roles":["customer","merchant"],"profile":"c2VhbGVk"}}"#],
        },
        EventEntry {
            event_type: "AccountProfileChanged",
            version: "1.0",
            when: "The person's profile changed.",
            fields: &[("profile", "sealed personal data; base64 of nonce and AES-256-GCM ciphertext")],
            samples: &[r#"{"AccountProfileChanged":{"profile":"YW5ldw=="}}"#],
        },
        EventEntry {
            event_type: "AccountRoleGranted",
            version: "1.0",
            when: "The account may do more from now on.",
            fields: &[("role", "`customer`, `merchant`, `supplier`, `operator` or `auditor`")],
            samples: &[
                r#"{"AccountRoleGranted":{"role":"supplier"}}"#,
                r#"{"AccountRoleGranted":{"role":"operator"}}"#,
                r#"{"AccountRoleGranted":{"role":"auditor"}}"#,
            ],
        },
        EventEntry {
            event_type: "AccountErased",
            version: "1.0",
            when: "The person is gone: the key of everything sealed for the account was destroyed.",
            fields: &[],
            samples: &[r#"{"AccountErased":{}}"#],
        },
    ],
};

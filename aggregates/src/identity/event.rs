//! What happens to an identity.

use kernel::AccountId;
use serde::{Deserialize, Serialize};

use crate::entry::{AggregateEntry, EventEntry};
use crate::events::events;

/// What happens to an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum IdentityEvent {
    /// It belongs to an account from now on.
    IdentityClaimed {
        /// The account.
        account: AccountId,
    },
    /// Its holder has shown that it is theirs, by a code sent to it, say.
    IdentityProved {
        /// The account that holds it.
        account: AccountId,
    },
    /// It belongs to nobody from now on.
    IdentityReleased {
        /// The account that held it.
        account: AccountId,
    },
}

events!(IdentityEvent {
    IdentityClaimed "1.0",
    IdentityProved "1.0",
    IdentityReleased "1.0",
});

pub(crate) const CATALOGUE: AggregateEntry = AggregateEntry {
    aggregate_type: "identity",
    stream: "`<kind>:<hash>`: the kind of credential and a keyed hash of it, hexadecimal",
    keeps: "It belongs to at most one account at any time, and is proved at most once by each holder.",
    events: &[
        EventEntry {
            event_type: "IdentityClaimed",
            version: "1.0",
            when: "The credential belongs to an account from now on.",
            fields: &[("account", "id of the account")],
            samples: &[r#"{"IdentityClaimed":{"account":1}}"#],
        },
        EventEntry {
            event_type: "IdentityProved",
            version: "1.0",
            when: "Its holder has shown that it is theirs, by a code sent to it or because the house vouches for it.",
            fields: &[("account", "id of the account that holds it")],
            samples: &[r#"{"IdentityProved":{"account":1}}"#],
        },
        EventEntry {
            event_type: "IdentityReleased",
            version: "1.0",
            when: "The credential belongs to nobody from now on.",
            fields: &[("account", "id of the account that held it")],
            samples: &[r#"{"IdentityReleased":{"account":1}}"#],
        },
    ],
};

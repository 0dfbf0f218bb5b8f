//! What can be asked of a notice.

use std::collections::BTreeMap;

use kernel::{AccountId, Sealed, Timestamp};

use super::{NoticeKind, NoticeText};

/// What can be asked of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeCommand {
    /// Put it up.
    Publish {
        /// The account whose notice it is.
        owner: AccountId,
        /// Whether something was lost or found.
        kind: NoticeKind,
        /// 0 while it goes on, 1 when it is over; clients may keep other numbers.
        state: i16,
        /// When the thing was lost or found.
        occurred_at: Timestamp,
        /// When it was published, as its owner says.
        published_at: Timestamp,
        /// Its texts, sealed with the owner's key; those that are empty are left out.
        texts: BTreeMap<NoticeText, Sealed>,
    },
    /// Change some of it.
    Update {
        /// The account that asks.
        by: AccountId,
        /// The new kind, if it changes.
        kind: Option<NoticeKind>,
        /// The new state, if it changes.
        state: Option<i16>,
        /// When the thing was lost or found, if that changes.
        occurred_at: Option<Timestamp>,
        /// When it was updated, as its owner says.
        updated_at: Timestamp,
        /// The texts that change, sealed with the owner's key; `None` empties one.
        texts: BTreeMap<NoticeText, Option<Sealed>>,
    },
    /// Take it down for ever.
    Delete {
        /// The account that asks.
        by: AccountId,
    },
}

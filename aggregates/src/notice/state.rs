//! The state of a notice.

use std::collections::BTreeMap;

use kernel::{AccountId, Sealed, Timestamp};
use serde::{Deserialize, Serialize};

use super::{NoticeCommand, NoticeError, NoticeEvent, NoticeKind, NoticeText};
use crate::shim::aggregate;

/// Where a notice is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeStatus {
    /// It was never published: there is no such notice.
    #[default]
    Unpublished,
    /// It is up.
    Published,
    /// It was taken down for ever.
    Deleted,
}

/// Somebody has lost something, or found it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Where it is in its life; nothing else is left once it was deleted.
    pub status: NoticeStatus,
    /// The account whose notice it is; `None` unless it is up.
    pub owner: Option<AccountId>,
    /// Whether something was lost or found; `None` unless it is up.
    pub kind: Option<NoticeKind>,
    /// 0 while it goes on, 1 when it is over.
    pub state: i16,
    /// When the thing was lost or found.
    pub occurred_at: Timestamp,
    /// When it was published, as its owner says.
    pub published_at: Timestamp,
    /// When it was last updated, as its owner says.
    pub updated_at: Timestamp,
    /// Its texts, sealed; those that are empty are not there.
    pub texts: BTreeMap<NoticeText, Sealed>,
}

aggregate!(Notice, "notice", NoticeCommand, NoticeEvent, NoticeError);

impl Notice {
    /// Makes sure that the notice is up and belongs to `account`.
    ///
    /// # Errors
    /// [`NoticeError::NoticeUnknown`], [`NoticeError::NoticeNotOwned`].
    pub fn require_owner(&self, account: AccountId) -> Result<(), NoticeError> {
        match self.status {
            NoticeStatus::Unpublished | NoticeStatus::Deleted => Err(NoticeError::NoticeUnknown),
            NoticeStatus::Published if self.owner == Some(account) => Ok(()),
            NoticeStatus::Published => Err(NoticeError::NoticeNotOwned),
        }
    }

    fn fold(&mut self, event: NoticeEvent) {
        match event {
            NoticeEvent::NoticePublished { owner, kind, state, occurred_at, published_at, texts } => {
                *self = Self {
                    status: NoticeStatus::Published,
                    owner: Some(owner),
                    kind: Some(kind),
                    state,
                    occurred_at,
                    published_at,
                    updated_at: published_at,
                    texts,
                };
            }
            NoticeEvent::NoticeUpdated { kind, state, occurred_at, updated_at, texts } => {
                self.kind = kind.or(self.kind);
                self.state = state.unwrap_or(self.state);
                self.occurred_at = occurred_at.unwrap_or(self.occurred_at);
                self.updated_at = updated_at;
                for (text, sealed) in texts {
                    match sealed {
                        Some(sealed) => self.texts.insert(text, sealed),
                        None => self.texts.remove(&text),
                    };
                }
            }
            NoticeEvent::NoticeDeleted {} => {
                *self = Self { status: NoticeStatus::Deleted, ..Self::default() };
            }
        }
    }
}

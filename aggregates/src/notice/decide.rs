//! How a notice decides.

use std::collections::BTreeMap;

use kernel::{AccountId, Decide, Sealed, Timestamp};

use super::{Notice, NoticeCommand, NoticeError, NoticeEvent, NoticeKind, NoticeStatus, NoticeText};

type Decision = Result<Vec<NoticeEvent>, NoticeError>;

impl Decide for Notice {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: NoticeCommand) -> Decision {
        match command {
            NoticeCommand::Publish { owner, kind, state, occurred_at, published_at, texts } => {
                self.publish(owner, kind, state, [occurred_at, published_at], texts)
            }
            NoticeCommand::Update { by, kind, state, occurred_at, updated_at, texts } => {
                self.update(by, kind, state, occurred_at, updated_at, texts)
            }
            NoticeCommand::Delete { by } => self.delete(by),
        }
    }

    fn weight(&self) -> usize {
        let text = |sealed: &Sealed| size_of::<(NoticeText, Sealed)>() + sealed.as_base64().len();
        size_of::<Self>() + self.texts.values().map(text).sum::<usize>()
    }
}

impl Notice {
    /// Refuses with `NoticeExists`, then `InvalidParameter`.
    fn publish(
        &self,
        owner: AccountId,
        kind: NoticeKind,
        state: i16,
        [occurred_at, published_at]: [Timestamp; 2],
        texts: BTreeMap<NoticeText, Sealed>,
    ) -> Decision {
        if self.status != NoticeStatus::Unpublished {
            return Err(NoticeError::NoticeExists);
        }
        match NoticeText::REQUIRED.into_iter().find(|text| !texts.contains_key(text)) {
            Some(missing) => Err(NoticeError::InvalidParameter(missing)),
            None => Ok(vec![NoticeEvent::NoticePublished {
                owner,
                kind,
                state,
                occurred_at,
                published_at,
                texts,
            }]),
        }
    }

    /// Refuses with `NoticeUnknown`, then `NoticeNotOwned`, then `InvalidParameter`.
    fn update(
        &self,
        by: AccountId,
        kind: Option<NoticeKind>,
        state: Option<i16>,
        occurred_at: Option<Timestamp>,
        updated_at: Timestamp,
        texts: BTreeMap<NoticeText, Option<Sealed>>,
    ) -> Decision {
        self.require_owner(by)?;
        if let Some(emptied) = NoticeText::REQUIRED.into_iter().find(|text| texts.get(text) == Some(&None)) {
            return Err(NoticeError::InvalidParameter(emptied));
        }
        let kind = kind.filter(|kind| self.kind != Some(*kind));
        let state = state.filter(|state| self.state != *state);
        let occurred_at = occurred_at.filter(|at| self.occurred_at != *at);
        let mut texts = texts;
        texts.retain(|text, sealed| sealed.is_some() || self.texts.contains_key(text));
        let is_same = kind.is_none() && state.is_none() && occurred_at.is_none() && texts.is_empty();
        if is_same && self.updated_at == updated_at {
            return Ok(vec![]);
        }
        Ok(vec![NoticeEvent::NoticeUpdated { kind, state, occurred_at, updated_at, texts }])
    }

    /// Refuses with `NoticeUnknown`, then `NoticeNotOwned`.
    fn delete(&self, by: AccountId) -> Decision {
        self.require_owner(by)?;
        Ok(vec![NoticeEvent::NoticeDeleted {}])
    }
}

//! Notices: published once with what must be there, changed while they are up, gone once deleted.

use aggregates::notice::{NoticeEvent, NoticeText};
use kernel::NoticeId;
use serde::{Deserialize, Serialize};

use crate::breach::{Wrong, ensure};
use crate::stream_number::StreamKey;

/// The first number that is no notice's.
const ID_LIMIT: u64 = 1 << 31;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct NoticeState {
    life: Life,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Life {
    #[default]
    Unpublished,
    Up,
    Deleted,
}

impl Life {
    const fn name(self) -> &'static str {
        match self {
            Self::Unpublished => "no notice",
            Self::Up => "a notice",
            Self::Deleted => "a deleted notice",
        }
    }
}

/// The number of a notice's stream.
pub(super) fn number(stream: &StreamKey) -> Result<NoticeId, Wrong> {
    let id: NoticeId = super::number(stream)?;
    ensure(id.get() < ID_LIMIT, "a notice's number is small", "a number below 2^31", id)?;
    Ok(id)
}

impl NoticeState {
    pub(super) fn take(&mut self, event: &NoticeEvent) -> Result<(), Wrong> {
        match event {
            NoticeEvent::NoticePublished { texts, .. } => {
                self.expect("a notice is published once", Life::Unpublished)?;
                self.life = Life::Up;
                check_needed(|text| texts.contains_key(&text))
            }
            NoticeEvent::NoticeUpdated { texts, .. } => {
                self.expect("only notices that are up change", Life::Up)?;
                check_needed(|text| texts.get(&text).is_none_or(Option::is_some))
            }
            NoticeEvent::NoticeDeleted {} => {
                self.expect("only notices that are up are deleted", Life::Up)?;
                self.life = Life::Deleted;
                Ok(())
            }
        }
    }

    fn expect(self, rule: &'static str, life: Life) -> Result<(), Wrong> {
        ensure(self.life == life, rule, life.name(), self.life.name())
    }
}

fn check_needed(is_there: impl Fn(NoticeText) -> bool) -> Result<(), Wrong> {
    let needed = [NoticeText::Label, NoticeText::Title, NoticeText::Content, NoticeText::OwnerName];
    let missing = needed.into_iter().find(|text| !is_there(*text));
    missing.map_or(Ok(()), |text| Err(Wrong::new("a notice has its texts", text.name(), "nothing")))
}

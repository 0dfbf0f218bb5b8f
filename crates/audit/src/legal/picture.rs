//! Pictures' names: each belongs to one account for ever.

use aggregates::picture::PictureEvent;
use kernel::AccountId;
use serde::{Deserialize, Serialize};

use crate::breach::{Wrong, ensure};
use crate::digest::Digest;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PictureState {
    owner: Option<AccountId>,
    content: Option<Digest>,
}

impl PictureState {
    pub(super) fn take(&mut self, event: &PictureEvent) -> Result<(), Wrong> {
        let PictureEvent::PictureKept { owner, content, .. } = event;
        let rule = "a picture's name belongs to one account";
        let holder = self.owner.unwrap_or(*owner);
        ensure(holder == *owner, rule, format_args!("kept by {holder}"), format_args!("kept by {owner}"))?;
        let new = Some(Digest::of(&[content]));
        ensure(self.content != new, "an event changes something", "another picture", "the same picture")?;
        *self = Self { owner: Some(*owner), content: new };
        Ok(())
    }
}

//! Shops: opened once, renamed to another name.

use aggregates::shop::ShopEvent;
use serde::{Deserialize, Serialize};

use super::text;
use crate::breach::{Wrong, ensure};
use crate::digest::Digest;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ShopState {
    /// `None` until it is opened.
    name: Option<Digest>,
}

impl ShopState {
    pub(super) const fn is_open(&self) -> bool {
        self.name.is_some()
    }

    pub(super) fn take(&mut self, event: &ShopEvent) -> Result<(), Wrong> {
        let (ShopEvent::ShopOpened { name, .. } | ShopEvent::ShopRenamed { name }) = event;
        text::check("a name's length", name, text::NAME)?;
        let new = Digest::of(&[name]);
        match event {
            ShopEvent::ShopOpened { .. } => {
                ensure(self.name.is_none(), "a shop is opened once", "no shop", "an open shop")?;
            }
            ShopEvent::ShopRenamed { .. } => {
                ensure(self.is_open(), "only open shops are renamed", "an open shop", "no shop")?;
                let rule = "an event changes something";
                ensure(self.name != Some(new), rule, "another name", "the same name")?;
            }
        }
        self.name = Some(new);
        Ok(())
    }
}

//! Shops: opened once, renamed to another name, described while open.

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
        match event {
            ShopEvent::ShopOpened { name, .. } => {
                text::check("a name's length", name, text::NAME)?;
                ensure(self.name.is_none(), "a shop is opened once", "no shop", "an open shop")?;
                self.name = Some(Digest::of_name(name));
            }
            ShopEvent::ShopRenamed { name } => {
                text::check("a name's length", name, text::NAME)?;
                let new = Some(Digest::of_name(name));
                ensure(self.is_open(), "only open shops are renamed", "an open shop", "no shop")?;
                let rule = "an event changes something";
                ensure(self.name != new, rule, "another name", "the same name")?;
                self.name = new;
            }
            ShopEvent::ShopDescribed { content, picture } => {
                ensure(self.is_open(), "only open shops are described", "an open shop", "no shop")?;
                text::check("a shop's content", content, text::DESCRIPTION)?;
                text::check("a picture's length", picture, text::PICTURE)?;
            }
        }
        Ok(())
    }
}

//! How a shop decides.

use kernel::{AccountId, Decide};

use super::{Shop, ShopCommand, ShopError, ShopEvent};
use crate::text::{self, DESCRIPTION_CHARS, NAME_CHARS, PICTURE_CHARS};

impl Decide for Shop {
    const SNAPSHOT_VERSION: u32 = 2;

    fn decide(&self, command: ShopCommand) -> Result<Vec<ShopEvent>, ShopError> {
        match command {
            ShopCommand::Open { owner, name } => self.open(owner, name),
            ShopCommand::Rename { by, name } => self.rename(by, name),
            ShopCommand::Describe { by, content, picture } => self.describe(by, content, picture),
        }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.name.capacity() + self.content.capacity() + self.picture.capacity()
    }
}

impl Shop {
    /// Refuses with `ShopExists`, then `InvalidParameter`.
    fn open(&self, owner: Option<AccountId>, name: String) -> Result<Vec<ShopEvent>, ShopError> {
        if self.is_open {
            return Err(ShopError::ShopExists);
        }
        text::check("name", &name, NAME_CHARS)?;
        Ok(vec![ShopEvent::ShopOpened { owner, name }])
    }

    /// Refuses with `ShopUnknown`, then `NotOwner`, then `InvalidParameter`.
    fn rename(&self, by: Option<AccountId>, name: String) -> Result<Vec<ShopEvent>, ShopError> {
        self.require_owner(by)?;
        text::check("name", &name, NAME_CHARS)?;
        if self.name == name {
            return Ok(vec![]);
        }
        Ok(vec![ShopEvent::ShopRenamed { name }])
    }

    /// Refuses with `ShopUnknown`, then `NotOwner`, then `InvalidParameter`.
    fn describe(
        &self,
        by: Option<AccountId>,
        content: String,
        picture: Option<String>,
    ) -> Result<Vec<ShopEvent>, ShopError> {
        self.require_owner(by)?;
        let picture = picture.unwrap_or_else(|| self.picture.clone());
        text::check("content", &content, DESCRIPTION_CHARS)?;
        text::check("picture", &picture, PICTURE_CHARS)?;
        if self.content == content && self.picture == picture {
            return Ok(vec![]);
        }
        Ok(vec![ShopEvent::ShopDescribed { content, picture }])
    }
}

//! How a shop decides.

use kernel::{AccountId, Decide};

use super::{Shop, ShopCommand, ShopError, ShopEvent};
use crate::text::{self, NAME_CHARS};

impl Decide for Shop {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: ShopCommand) -> Result<Vec<ShopEvent>, ShopError> {
        match command {
            ShopCommand::Open { owner, name } => self.open(owner, name),
            ShopCommand::Rename { by, name } => self.rename(by, name),
        }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.name.capacity()
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
}

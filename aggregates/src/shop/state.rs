//! The state of a shop.

use kernel::AccountId;
use serde::{Deserialize, Serialize};

use super::{ShopCommand, ShopError, ShopEvent};
use crate::shim::aggregate;

/// Who sells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Whether it was opened; the other fields mean nothing before.
    pub is_open: bool,
    /// The account that owns it; `None` is the house.
    pub owner: Option<AccountId>,
    /// Its name.
    pub name: String,
    /// What it says of itself; may be empty.
    pub content: String,
    /// The address of its picture; may be empty.
    pub picture: String,
}

aggregate!(Shop, "shop", ShopCommand, ShopEvent, ShopError);

impl Shop {
    /// Makes sure that the shop exists and belongs to `account` (`None` is the house).
    ///
    /// # Errors
    /// [`ShopError::ShopUnknown`], [`ShopError::NotOwner`].
    pub fn require_owner(&self, account: Option<AccountId>) -> Result<(), ShopError> {
        if !self.is_open {
            return Err(ShopError::ShopUnknown);
        }
        if self.owner == account { Ok(()) } else { Err(ShopError::NotOwner) }
    }

    fn fold(&mut self, event: ShopEvent) {
        match event {
            ShopEvent::ShopOpened { owner, name } => {
                *self = Self { is_open: true, owner, name, ..Self::default() };
            }
            ShopEvent::ShopRenamed { name } => self.name = name,
            ShopEvent::ShopDescribed { content, picture } => {
                self.content = content;
                self.picture = picture;
            }
        }
    }
}

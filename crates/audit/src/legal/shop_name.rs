//! Shops' names: of one shop each, for ever.

use aggregates::shop_name::ShopNameEvent;
use kernel::ShopId;
use serde::{Deserialize, Serialize};

use crate::breach::{Wrong, ensure};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ShopNameState {
    shop: Option<ShopId>,
}

impl ShopNameState {
    pub(super) fn take(&mut self, event: &ShopNameEvent) -> Result<(), Wrong> {
        let ShopNameEvent::ShopNameClaimed { shop } = event;
        let found = || self.shop.map_or(String::new(), |holder| format!("held by shop {holder}"));
        ensure(self.shop.is_none(), "a shop's name belongs to one shop", "held by nobody", found())?;
        self.shop = Some(*shop);
        Ok(())
    }
}

//! Merchants: their shops are counted one by one.

use aggregates::merchant::MerchantEvent;
use serde::{Deserialize, Serialize};

use crate::breach::{Wrong, same};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct MerchantState {
    shops: u32,
}

impl MerchantState {
    pub(super) fn take(&mut self, event: &MerchantEvent) -> Result<(), Wrong> {
        let MerchantEvent::MerchantShopOpened { shops, .. } = event;
        same("a merchant's shops are counted", self.shops.saturating_add(1), *shops)?;
        self.shops = *shops;
        Ok(())
    }
}

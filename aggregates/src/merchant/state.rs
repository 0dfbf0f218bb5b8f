//! The state of a merchant.

use serde::{Deserialize, Serialize};

use super::{MerchantCommand, MerchantError, MerchantEvent};
use crate::shim::aggregate;

/// An account that opens shops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merchant {
    /// How many it has opened.
    pub shops: u32,
}

aggregate!(Merchant, "merchant", MerchantCommand, MerchantEvent, MerchantError);

impl Merchant {
    fn fold(&mut self, event: MerchantEvent) {
        match event {
            MerchantEvent::MerchantShopOpened { shops, .. } => self.shops = shops,
        }
    }
}

//! How a merchant decides.

use kernel::Decide;

use super::{Merchant, MerchantCommand, MerchantError, MerchantEvent};

impl Decide for Merchant {
    const SNAPSHOT_VERSION: u32 = 1;

    /// `OpenShop` refuses with `ShopsCapped`.
    fn decide(&self, command: MerchantCommand) -> Result<Vec<MerchantEvent>, MerchantError> {
        match command {
            MerchantCommand::OpenShop { shop, shops_max } => {
                let shops = self.shops.checked_add(1).filter(|shops| *shops <= shops_max);
                let shops = shops.ok_or(MerchantError::ShopsCapped)?;
                Ok(vec![MerchantEvent::MerchantShopOpened { shop, shops }])
            }
        }
    }
}

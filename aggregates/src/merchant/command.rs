//! What can be asked of a merchant.

use kernel::ShopId;

/// What can be asked of a merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MerchantCommand {
    /// Open one more shop.
    OpenShop {
        /// The shop.
        shop: ShopId,
        /// How many shops an account may open in all.
        shops_max: u32,
    },
}

//! What can be asked of a shop's name.

use kernel::ShopId;

/// What can be asked of a shop's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShopNameCommand {
    /// Let it belong to a shop.
    Claim {
        /// The shop.
        shop: ShopId,
    },
}

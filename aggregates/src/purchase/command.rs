//! What can be asked of a purchase.

use kernel::{AccountId, Money, ProductId, ShopId};

use super::PaymentMethod;

/// What can be asked of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PurchaseCommand {
    /// Buy and pay at once.
    Make {
        /// Who buys.
        buyer: AccountId,
        /// What is bought.
        product: ProductId,
        /// The shop that sells it.
        shop: ShopId,
        /// The product's name now.
        name: String,
        /// The price of a piece now, in fen.
        unit_price: Money,
        /// How many pieces; at least one.
        num: u32,
        /// What it is paid with.
        method: PaymentMethod,
    },
}

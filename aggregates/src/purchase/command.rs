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
    /// Ask for it, to be paid later at the price of now.
    Apply {
        /// Who asks.
        buyer: AccountId,
        /// What is asked for.
        product: ProductId,
        /// The shop that sells it.
        shop: ShopId,
        /// The product's name now.
        name: String,
        /// The price of a piece now, in fen.
        unit_price: Money,
        /// How many pieces; at least one.
        num: u32,
        /// What the buyer believes a piece costs.
        told_unit_price: Money,
        /// What the buyer believes all of it costs.
        told_total: Money,
    },
    /// Pay for what was asked for.
    Pay {
        /// The account that pays.
        by: AccountId,
        /// What it is paid with.
        method: PaymentMethod,
    },
    /// Give up what was asked for.
    Cancel {
        /// The account that gives it up.
        by: AccountId,
    },
}

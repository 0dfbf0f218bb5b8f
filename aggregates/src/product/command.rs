//! What can be asked of a product.

use kernel::{Money, PurchaseId, ShopId};

/// What can be asked of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductCommand {
    /// Put it on sale for the first time.
    List {
        /// The shop that sells it.
        shop: ShopId,
        /// Its name, 1 to 100 characters.
        name: String,
        /// Its description, at most 2,000 characters.
        description: String,
        /// The address of its icon, at most 1,024 characters.
        icon: String,
        /// The price of a piece, in fen; more than nothing.
        price: Money,
    },
    /// Describe it anew.
    Change {
        /// Its name, 1 to 100 characters.
        name: String,
        /// Its description, at most 2,000 characters.
        description: String,
        /// The address of its icon, at most 1,024 characters.
        icon: String,
    },
    /// Set another price.
    Price {
        /// The price of a piece, in fen; more than nothing.
        price: Money,
    },
    /// Set the words that it is searched by.
    SetKeywords {
        /// The words, at most 255 characters.
        keywords: String,
    },
    /// Set a price that is paid instead of the usual one, or take it back.
    Discount {
        /// The price of a piece, in fen, more than nothing; `None` is the usual one.
        discount: Option<Money>,
    },
    /// Take it off sale.
    Delist,
    /// Put it on sale again.
    Relist,
    /// Take it away for ever.
    Delete,
    /// Sell some of it.
    Sell {
        /// The purchase that takes it.
        purchase: PurchaseId,
        /// How many pieces; at least one.
        num: u32,
    },
}

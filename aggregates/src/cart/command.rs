//! What can be asked of a cart.

use kernel::{LineId, ProductId, PurchaseId};

/// What can be asked of a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CartCommand {
    /// Put something in, or more of it.
    Add {
        /// The id of the new line; not used when the product has a line already.
        line: LineId,
        /// The product.
        product: ProductId,
        /// How many pieces; at least one.
        num: u32,
    },
    /// Take a line out because it was bought.
    Settle {
        /// The line.
        line: LineId,
        /// The purchase that bought it.
        purchase: PurchaseId,
    },
    /// Take a line out unbought.
    Remove {
        /// The line.
        line: LineId,
    },
}

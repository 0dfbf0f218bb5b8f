//! What can be asked of a recharge item.

use kernel::Money;

/// What can be asked of a recharge item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RechargeItemCommand {
    /// Offer it.
    List {
        /// Its name, 1 to 100 characters.
        name: String,
        /// Its description, at most 2,000 characters.
        description: String,
        /// What it costs and puts on the balance, in fen; more than nothing.
        money: Money,
        /// What it puts on the coupon balance on top, in fen; may be nothing.
        charge: Money,
    },
    /// Change it for those who choose it from now on.
    Change {
        /// Its name, 1 to 100 characters.
        name: String,
        /// Its description, at most 2,000 characters.
        description: String,
        /// What it costs and puts on the balance, in fen; more than nothing.
        money: Money,
        /// What it puts on the coupon balance on top, in fen; may be nothing.
        charge: Money,
    },
    /// Offer it no longer.
    Delist,
}

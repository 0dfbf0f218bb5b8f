//! What can be asked of a coupon balance.

use kernel::{EntryId, Money};

use super::{GrantSource, SpendPurpose};

/// What can be asked of a coupon balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CouponCommand {
    /// Give promotional money.
    Grant {
        /// The new ledger entry.
        entry: EntryId,
        /// How much, in fen; more than nothing.
        amount: Money,
        /// Where it comes from.
        source: GrantSource,
    },
    /// Spend promotional money.
    Spend {
        /// The new ledger entry.
        entry: EntryId,
        /// How much, in fen; more than nothing.
        amount: Money,
        /// What it is for.
        purpose: SpendPurpose,
    },
}

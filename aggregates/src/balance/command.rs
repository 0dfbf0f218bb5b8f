//! What can be asked of a balance.

use kernel::{EntryId, Money};

use super::{CreditSource, DebitPurpose};

/// What can be asked of a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BalanceCommand {
    /// Put money on it.
    Credit {
        /// The new ledger entry.
        entry: EntryId,
        /// How much, in fen; more than nothing.
        amount: Money,
        /// Where it comes from.
        source: CreditSource,
    },
    /// Take money from it.
    Debit {
        /// The new ledger entry.
        entry: EntryId,
        /// How much, in fen; more than nothing.
        amount: Money,
        /// What it is for.
        purpose: DebitPurpose,
    },
}

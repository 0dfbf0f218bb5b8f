//! What can be asked of an identity.

use kernel::AccountId;

/// What can be asked of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityCommand {
    /// Let it belong to an account.
    Claim {
        /// The account that claims it.
        account: AccountId,
    },
    /// Note that the account's person has shown that it is theirs.
    Prove {
        /// The account that holds it.
        account: AccountId,
    },
    /// Let it belong to nobody.
    Release {
        /// The account that holds it.
        account: AccountId,
    },
}

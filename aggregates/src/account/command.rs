//! What can be asked of an account.

use kernel::Sealed;

use super::Role;

/// What can be asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountCommand {
    /// Open it.
    Open {
        /// What it may do; a role named twice counts once.
        roles: Vec<Role>,
        /// Who it is, sealed with the account's own key.
        profile: Sealed,
    },
    /// Replace the profile.
    ChangeProfile {
        /// Who it is now, sealed with the account's own key.
        profile: Sealed,
    },
    /// Let it do more.
    GrantRole {
        /// The role it is to have.
        role: Role,
    },
    /// Say that the person is gone: the account's key was destroyed.
    Erase,
}

//! The state of an account.

use kernel::Sealed;
use serde::{Deserialize, Serialize};

use super::{AccountCommand, AccountError, AccountEvent, Role};
use crate::shim::aggregate;

/// Where an account is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// It was never opened: there is no such account.
    #[default]
    Unopened,
    /// It can be used.
    Open,
    /// The person is gone.
    Erased,
}

/// A person, in all APIs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where it is in its life.
    pub status: AccountStatus,
    /// What it may do; each role once, none once it was erased.
    pub roles: Vec<Role>,
    /// Who it is, sealed; `None` while it is not open.
    pub profile: Option<Sealed>,
}

aggregate!(Account, "account", AccountCommand, AccountEvent, AccountError);

impl Account {
    /// Whether it may do what `role` may.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Makes sure that the account can be used.
    ///
    /// # Errors
    /// [`AccountError::AccountErased`], [`AccountError::AccountUnknown`].
    pub fn require_open(&self) -> Result<(), AccountError> {
        match self.status {
            AccountStatus::Open => Ok(()),
            AccountStatus::Erased => Err(AccountError::AccountErased),
            AccountStatus::Unopened => Err(AccountError::AccountUnknown),
        }
    }

    fn fold(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::AccountOpened { roles, profile } => {
                self.status = AccountStatus::Open;
                self.roles = roles;
                self.profile = Some(profile);
            }
            AccountEvent::AccountProfileChanged { profile } => self.profile = Some(profile),
            AccountEvent::AccountRoleGranted { role } => self.roles.push(role),
            AccountEvent::AccountErased {} => {
                *self = Self { status: AccountStatus::Erased, ..Self::default() };
            }
        }
    }
}

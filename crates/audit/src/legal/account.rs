//! Accounts: opened once, each role once, nothing after the erasure.

use aggregates::account::{AccountEvent, Role};
use serde::{Deserialize, Serialize};

use crate::breach::{Wrong, ensure};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountState {
    life: Life,
    /// A bit a role.
    roles: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Life {
    #[default]
    Unopened,
    Open,
    Erased,
}

impl Life {
    const fn name(self) -> &'static str {
        match self {
            Self::Unopened => "no account",
            Self::Open => "an open account",
            Self::Erased => "an erased account",
        }
    }
}

impl AccountState {
    pub(super) fn take(&mut self, event: &AccountEvent) -> Result<(), Wrong> {
        match event {
            AccountEvent::AccountOpened { roles, .. } => {
                self.expect(Life::Unopened, "an account is opened once")?;
                self.life = Life::Open;
                roles.iter().try_for_each(|role| self.grant(*role))
            }
            AccountEvent::AccountProfileChanged { .. } => {
                self.expect(Life::Open, "only open accounts change")
            }
            AccountEvent::AccountRoleGranted { role } => {
                self.expect(Life::Open, "only open accounts are given roles")?;
                self.grant(*role)
            }
            AccountEvent::AccountErased {} => {
                self.expect(Life::Open, "only open accounts are erased")?;
                self.life = Life::Erased;
                Ok(())
            }
        }
    }

    fn grant(&mut self, role: Role) -> Result<(), Wrong> {
        let bit = match role {
            Role::Customer => 1,
            Role::Merchant => 2,
            Role::Supplier => 4,
            Role::Operator => 8,
            Role::Auditor => 16,
        };
        let rule = "an account holds a role once";
        ensure(self.roles & bit == 0, rule, "a role it does not have", format_args!("{role:?} again"))?;
        self.roles |= bit;
        Ok(())
    }

    fn expect(&self, life: Life, rule: &'static str) -> Result<(), Wrong> {
        ensure(self.life == life, rule, life.name(), self.life.name())
    }
}

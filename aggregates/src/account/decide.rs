//! How an account decides.

use kernel::{Decide, Sealed};

use super::{Account, AccountCommand, AccountError, AccountEvent, AccountStatus, Role};

type Decision = Result<Vec<AccountEvent>, AccountError>;

impl Decide for Account {
    const SNAPSHOT_VERSION: u32 = 1;

    fn decide(&self, command: AccountCommand) -> Decision {
        match command {
            AccountCommand::Open { roles, profile } => self.open(&roles, profile),
            AccountCommand::ChangeProfile { profile } => self.change_profile(profile),
            AccountCommand::GrantRole { role } => self.grant_role(role),
            AccountCommand::Erase => self.erase(),
        }
    }

    fn weight(&self) -> usize {
        let profile = self.profile.as_ref().map_or(0, |sealed| sealed.as_base64().len());
        size_of::<Self>() + self.roles.capacity() * size_of::<Role>() + profile
    }
}

impl Account {
    /// Refuses with `AccountErased`, then `AccountExists`.
    fn open(&self, roles: &[Role], profile: Sealed) -> Decision {
        match self.status {
            AccountStatus::Erased => Err(AccountError::AccountErased),
            AccountStatus::Open => Err(AccountError::AccountExists),
            AccountStatus::Unopened => {
                Ok(vec![AccountEvent::AccountOpened { roles: each_once(roles), profile }])
            }
        }
    }

    /// Refuses with `AccountErased`, then `AccountUnknown`.
    fn change_profile(&self, profile: Sealed) -> Decision {
        self.require_open()?;
        if self.profile.as_ref() == Some(&profile) {
            return Ok(vec![]);
        }
        Ok(vec![AccountEvent::AccountProfileChanged { profile }])
    }

    /// Refuses with `AccountErased`, then `AccountUnknown`.
    fn grant_role(&self, role: Role) -> Decision {
        self.require_open()?;
        if self.has_role(role) {
            return Ok(vec![]);
        }
        Ok(vec![AccountEvent::AccountRoleGranted { role }])
    }

    /// Refuses with `AccountErased`, then `AccountUnknown`.
    fn erase(&self) -> Decision {
        self.require_open()?;
        Ok(vec![AccountEvent::AccountErased {}])
    }
}

fn each_once(roles: &[Role]) -> Vec<Role> {
    let mut once = Vec::new();
    for role in roles {
        if !once.contains(role) {
            once.push(*role);
        }
    }
    once
}

//! How an identity decides.

use kernel::{AccountId, Decide};

use super::{Identity, IdentityCommand, IdentityError, IdentityEvent};

impl Decide for Identity {
    const SNAPSHOT_VERSION: u32 = 2;

    fn decide(&self, command: IdentityCommand) -> Result<Vec<IdentityEvent>, IdentityError> {
        match command {
            IdentityCommand::Claim { account } => self.claim(account),
            IdentityCommand::Prove { account } => self.prove(account),
            IdentityCommand::Release { account } => self.release(account),
        }
    }
}

impl Identity {
    /// Refuses with `IdentityTaken`.
    fn claim(self, account: AccountId) -> Result<Vec<IdentityEvent>, IdentityError> {
        match self.holder {
            Some(holder) if holder == account => Ok(vec![]),
            Some(_) => Err(IdentityError::IdentityTaken),
            None => Ok(vec![IdentityEvent::IdentityClaimed { account }]),
        }
    }

    /// Refuses with `IdentityNotHeld`.
    fn prove(self, account: AccountId) -> Result<Vec<IdentityEvent>, IdentityError> {
        if self.holder != Some(account) {
            return Err(IdentityError::IdentityNotHeld);
        }
        Ok(if self.is_proved { vec![] } else { vec![IdentityEvent::IdentityProved { account }] })
    }

    /// Refuses with `IdentityNotHeld`.
    fn release(self, account: AccountId) -> Result<Vec<IdentityEvent>, IdentityError> {
        if self.holder != Some(account) {
            return Err(IdentityError::IdentityNotHeld);
        }
        Ok(vec![IdentityEvent::IdentityReleased { account }])
    }
}

//! The state of an identity.

use kernel::AccountId;
use serde::{Deserialize, Serialize};

use super::{IdentityCommand, IdentityError, IdentityEvent};
use crate::shim::aggregate;

/// One credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account that it belongs to, if any.
    pub holder: Option<AccountId>,
    /// Whether the holder has shown that it is theirs.
    pub is_proved: bool,
}

aggregate!(Identity, "identity", IdentityCommand, IdentityEvent, IdentityError);

impl Identity {
    fn fold(&mut self, event: IdentityEvent) {
        match event {
            IdentityEvent::IdentityClaimed { account } => self.holder = Some(account),
            IdentityEvent::IdentityProved { .. } => self.is_proved = true,
            IdentityEvent::IdentityReleased { .. } => *self = Self::default(),
        }
    }
}

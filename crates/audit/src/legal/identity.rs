//! Identities: held by one account at any time.

use aggregates::identity::IdentityEvent;
use kernel::AccountId;
use serde::{Deserialize, Serialize};

use crate::breach::{Wrong, ensure};

const HASH_DIGITS: usize = 64;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityState {
    holder: Option<AccountId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_proved: bool,
}

impl IdentityState {
    pub(super) fn take(&mut self, event: &IdentityEvent) -> Result<(), Wrong> {
        let held = || self.holder.map_or("held by nobody".to_owned(), |holder| format!("held by {holder}"));
        match event {
            IdentityEvent::IdentityClaimed { account } => {
                let rule = "an identity belongs to one account";
                ensure(self.holder.is_none(), rule, "held by nobody", held())?;
                self.holder = Some(*account);
            }
            IdentityEvent::IdentityProved { account } => {
                let rule = "an identity is proved by its holder";
                ensure(self.holder == Some(*account), rule, format_args!("held by {account}"), held())?;
                ensure(!self.is_proved, "an event changes something", "not proved", "proved already")?;
                self.is_proved = true;
            }
            IdentityEvent::IdentityReleased { account } => {
                let rule = "an identity is released by its holder";
                ensure(self.holder == Some(*account), rule, format_args!("held by {account}"), held())?;
                *self = Self::default();
            }
        }
        Ok(())
    }
}

/// An identity, and a picture's name, is known by its kind and a keyed hash, so that nobody's phone can stand there in clear.
pub(super) fn check_id(id: &str) -> Result<(), Wrong> {
    let is_hex = |hash: &str| {
        hash.len() == HASH_DIGITS && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_kind = |kind: &str| !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    let fits = id.split_once(':').is_some_and(|(kind, hash)| is_kind(kind) && is_hex(hash));
    // What stands there instead may be personal: it is not told.
    ensure(fits, "an identity is a kind and a keyed hash", "kind:64 hexadecimal digits", "something else")
}

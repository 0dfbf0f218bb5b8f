//! Who works with the books: sessions that may be for reading alone, and the roles behind them.

use aggregates::account::{Account, Role};
use kernel::{AccountId, Timestamp};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::sessions::{SessionToken, SignedIn};

/// What the token of a session for reading alone begins with. It makes the token longer than any other session's, and is part
/// of what is hashed: without it, or where sessions of that length are not known, the token is nobody's.
const READ_ONLY: &str = "ro.";

/// Whose token it is, and what it is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Whose.
    pub account: AccountId,
    /// Whether it is for reading alone.
    pub is_read_only: bool,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Commerce {
    /// Opens a session for reading alone: [`Commerce::session`] does not know it.
    ///
    /// # Errors
    /// As [`Commerce::open_session`].
    pub async fn open_read_only_session(
        &self,
        whose: impl Into<SignedIn>,
        lifetime_s: i64,
    ) -> Result<SessionToken, Error> {
        self.open_session_with(READ_ONLY, whose.into(), lifetime_s).await
    }

    /// Whose token it is, be it for reading alone or not; `None` if there is no such session or it is over.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn bearer(&self, token: &str) -> Result<Option<Bearer>, Error> {
        let secret = token.strip_prefix(READ_ONLY);
        if !SessionToken::is_one(secret.unwrap_or(token)) {
            return Ok(None);
        }
        let session = self.find_session(token).await?;
        Ok(session.map(|session| Bearer {
            account: session.account,
            is_read_only: secret.is_some(),
            expires_at: session.expires_at,
        }))
    }

    /// What an account may do.
    ///
    /// # Errors
    /// [`kernel::ErrorCode::AccountUnknown`], [`kernel::ErrorCode::AccountErased`].
    pub async fn roles(&self, caller: &Caller, account: AccountId) -> Result<Vec<Role>, Error> {
        let read = move |tx: &mut engine::Tx<'_>| {
            let state = tx.state::<Account>(account)?;
            state.require_open()?;
            Ok(state.roles.clone())
        };
        self.commit(caller.context_of_step(), read).await
    }
}

//! Sessions: opaque random tokens, kept hashed, revocable.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::{Session, StoreError};
use kernel::{AccountId, ErrorCode, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use crate::commerce::{Commerce, Inner};
use crate::error::Error;
use crate::session_cache::{AHEAD_TIMEOUT, Question, Seen};
use crate::sign_in::wrong_credentials;
use crate::to_the_end::to_the_end;

const TOKEN_BYTES: usize = 32;
/// A token as text: 32 bytes in base64.
pub(crate) const TOKEN_CHARS: usize = 43;
/// A session's token: whoever has it is the account.
pub struct SessionToken(String);

impl SessionToken {
    /// Whether a text can be a token at all.
    #[must_use]
    pub const fn is_one(text: &str) -> bool {
        text.len() == TOKEN_CHARS
    }

    /// The token as text, for the client alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Who has just shown who they are: whom a session may be opened for.
pub struct SignedIn {
    /// Whose account it is.
    pub account: AccountId,
    /// The hash of the password that was right, if it was one: it must still be the account's when the session is opened.
    pub(crate) password_hash: Option<String>,
}

impl From<AccountId> for SignedIn {
    fn from(account: AccountId) -> Self {
        Self { account, password_hash: None }
    }
}

impl Commerce {
    /// Opens a session that lasts `lifetime_s` seconds.
    ///
    /// # Errors
    /// [`ErrorCode::WrongCredentials`] if the password was changed since it was right, [`ErrorCode::AccountErased`].
    pub async fn open_session(
        &self,
        whose: impl Into<SignedIn>,
        lifetime_s: i64,
    ) -> Result<SessionToken, Error> {
        self.open_session_with("", whose.into(), lifetime_s).await
    }

    /// Opens a session whose token begins with `prefix`.
    pub(crate) async fn open_session_with(
        &self,
        prefix: &str,
        SignedIn { account, password_hash }: SignedIn,
        lifetime_s: i64,
    ) -> Result<SessionToken, Error> {
        let mut bytes = [0; TOKEN_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| Error::internal("no random numbers"))?;
        let token = SessionToken(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)));
        let now = self.inner.engine.now();
        let session = Session { account, expires_at: now.plus_seconds(lifetime_s) };
        let (hash, password_hash) = (hash(token.reveal()), password_hash.as_deref());
        if self.inner.vault.open_session(&hash, session, password_hash, now).await? {
            return Ok(token);
        }
        Err(match password_hash {
            Some(_) => wrong_credentials(),
            None => Error::new(ErrorCode::AccountErased, "the account was erased"),
        })
    }

    /// The account a token stands for; `None` if there is no such session or it is over.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn session(&self, token: &str) -> Result<Option<AccountId>, Error> {
        if !SessionToken::is_one(token) {
            return Ok(None);
        }
        Ok(self.find_session(token).await?.map(|session| session.account))
    }

    /// The session of a token of whatever form.
    pub(crate) async fn find_session(&self, token: &str) -> Result<Option<Session>, Error> {
        let (hash, now) = (hash(token), self.inner.engine.now());
        if let Some(Seen { session, ahead }) = self.inner.sessions.get(&hash, now) {
            if let Some(question) = ahead {
                tokio::spawn(read_ahead(Arc::clone(&self.inner), question, now));
            }
            return Ok(Some(session));
        }
        let question = self.inner.sessions.ask(hash);
        let found = self.inner.vault.sessions(&question.hashes, now).await?;
        self.inner.sessions.put(&question, &found);
        Ok(found.into_iter().find(|(other, _)| *other == hash).map(|(_, session)| session))
    }

    /// Ends a session; one that does not exist is over already.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn end_session(&self, token: &str) -> Result<(), Error> {
        let (inner, hash) = (Arc::clone(&self.inner), hash(token));
        // Ended in the vault alone, it would be believed until what is remembered of it is old.
        to_the_end(async move {
            inner.vault.end_session(&hash).await?;
            inner.sessions.end(&hash);
            Ok::<_, StoreError>(())
        })
        .await
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn end_sessions(&self, account: AccountId) -> Result<(), Error> {
        let inner = Arc::clone(&self.inner);
        to_the_end(async move {
            inner.vault.end_sessions(account).await?;
            inner.sessions.end_account(account);
            Ok::<_, StoreError>(())
        })
        .await
    }
}

async fn read_ahead(inner: Arc<Inner>, question: Question, now: Timestamp) {
    let reading = ReadingAhead(inner);
    let sessions = &reading.0.sessions;
    // Whoever comes when a session is too old reads it, and is told of failures.
    match timeout(AHEAD_TIMEOUT, reading.0.vault.sessions(&question.hashes, now)).await {
        Ok(Ok(found)) => sessions.put(&question, &found),
        Ok(Err(error)) => tracing::debug!(%error, "sessions could not be read ahead"),
        Err(_) => tracing::debug!("sessions could not be read ahead in time"),
    }
}

/// However it ends, others may read ahead then.
struct ReadingAhead(Arc<Inner>);

impl Drop for ReadingAhead {
    fn drop(&mut self) {
        self.0.sessions.has_read_ahead();
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

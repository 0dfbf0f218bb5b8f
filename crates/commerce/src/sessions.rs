//! Sessions: opaque random tokens, kept hashed, revocable.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::Session;
use hashlink::LruCache;
use kernel::{AccountId, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::house::Commerce;

const TOKEN_BYTES: usize = 32;
/// A token as text: 32 bytes in base64.
pub(crate) const TOKEN_CHARS: usize = 43;
/// Sessions kept in memory at the most.
const CACHED_MAX: usize = 50_000;
/// How long a session read from the vault is believed where other processes may end it.
const SHARED_AGE_MAX: Duration = Duration::from_secs(2);
/// And where none can.
const OWN_AGE_MAX: Duration = Duration::from_secs(600);

/// A session's token: whoever has it is the account.
pub struct SessionToken(String);

impl SessionToken {
    /// The token as text, for the client alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Sessions seen lately.
pub(crate) struct SessionCache {
    entries: Mutex<LruCache<[u8; 32], (Instant, Session)>>,
    age_max: Duration,
}

impl SessionCache {
    pub(crate) fn new(is_shared: bool) -> Self {
        let age_max = if is_shared { SHARED_AGE_MAX } else { OWN_AGE_MAX };
        Self { entries: Mutex::new(LruCache::new(CACHED_MAX)), age_max }
    }

    fn get(&self, hash: &[u8; 32], now: Timestamp) -> Option<Session> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, session) = entries.get(hash)?;
        (read_at.elapsed() < self.age_max && session.expires_at > now).then_some(*session)
    }

    fn put(&self, hash: [u8; 32], session: Session) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(hash, (Instant::now(), session));
    }

    fn remove(&self, hash: &[u8; 32]) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }

    fn remove_account(&self, account: AccountId) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let is_theirs = |(_, (_, session)): &(&[u8; 32], &(Instant, Session))| session.account == account;
        let hashes: Vec<[u8; 32]> = entries.iter().filter(is_theirs).map(|(hash, _)| *hash).collect();
        for hash in hashes {
            entries.remove(&hash);
        }
    }
}

impl Commerce {
    /// Opens a session that lasts `lifetime_s` seconds.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn open_session(&self, account: AccountId, lifetime_s: i64) -> Result<SessionToken, Error> {
        self.open_session_with("", account, lifetime_s).await
    }

    /// Opens a session whose token begins with `prefix`.
    pub(crate) async fn open_session_with(
        &self,
        prefix: &str,
        account: AccountId,
        lifetime_s: i64,
    ) -> Result<SessionToken, Error> {
        let mut bytes = [0; TOKEN_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| Error::internal("no random numbers"))?;
        let token = SessionToken(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes)));
        let now = self.house.engine.now();
        let session = Session { account, expires_at: now.plus_seconds(lifetime_s) };
        self.house.vault.open_session(&hash(token.reveal()), session, now).await?;
        Ok(token)
    }

    /// The account a token stands for; `None` if there is no such session or it is over.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn session(&self, token: &str) -> Result<Option<AccountId>, Error> {
        if token.len() != TOKEN_CHARS {
            return Ok(None);
        }
        Ok(self.find_session(token).await?.map(|session| session.account))
    }

    /// The session of a token of whatever form.
    pub(crate) async fn find_session(&self, token: &str) -> Result<Option<Session>, Error> {
        let (hash, now) = (hash(token), self.house.engine.now());
        if let Some(session) = self.house.sessions.get(&hash, now) {
            return Ok(Some(session));
        }
        let session = self.house.vault.session(&hash, now).await?;
        match session {
            Some(session) => self.house.sessions.put(hash, session),
            None => self.house.sessions.remove(&hash),
        }
        Ok(session)
    }

    /// Ends a session; one that does not exist is over already.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn end_session(&self, token: &str) -> Result<(), Error> {
        let hash = hash(token);
        self.house.vault.end_session(&hash).await?;
        self.house.sessions.remove(&hash);
        Ok(())
    }

    /// Ends every session of an account.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn end_sessions(&self, account: AccountId) -> Result<(), Error> {
        self.house.vault.end_sessions(account).await?;
        self.house.sessions.remove_account(account);
        Ok(())
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

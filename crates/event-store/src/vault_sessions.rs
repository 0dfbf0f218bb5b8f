//! The vault's sessions: kept under the hashes of their tokens.

use std::collections::HashSet;

use kernel::{AccountId, Timestamp};
use sqlx::types::Json;

use crate::error::StoreError;
use crate::sql::Db;
use crate::vault::Vault;
use crate::{execute, fetch_all};

// As a password is kept: in one statement with the look at what it rests on.
const OPEN_OWN_SESSION: &str =
    "INSERT INTO sessions (token_hash, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
const OPEN_SESSION_SQLITE: &str = "INSERT INTO sessions (token_hash, account_id, created_at, expires_at)
    SELECT $1, account_id, $3, $4 FROM data_keys WHERE account_id = $2";
const OPEN_SESSION_POSTGRES: &str = "INSERT INTO sessions (token_hash, account_id, created_at, expires_at)
    SELECT $1, account_id, $3, $4 FROM data_keys WHERE account_id = $2 FOR SHARE";
const OPEN_SESSION_BY_PASSWORD_SQLITE: &str =
    "INSERT INTO sessions (token_hash, account_id, created_at, expires_at)
    SELECT $1, account_id, $3, $4 FROM passwords WHERE account_id = $2 AND hash = $5";
const OPEN_SESSION_BY_PASSWORD_POSTGRES: &str =
    "INSERT INTO sessions (token_hash, account_id, created_at, expires_at)
    SELECT $1, account_id, $3, $4 FROM passwords WHERE account_id = $2 AND hash = $5 FOR SHARE";
/// The hashes come as a JSON array of hexadecimal texts.
const SESSIONS_SQLITE: &str = "SELECT token_hash, account_id, expires_at FROM sessions
    WHERE token_hash IN (SELECT unhex(value) FROM json_each($1)) AND expires_at > $2";
// As an array, for a plan by the key: joined with what the function gives, of which PostgreSQL expects a hundred rows, it reads all of a
// table of ten thousand sessions for one of them.
const SESSIONS_POSTGRES: &str = "SELECT token_hash, account_id, expires_at FROM sessions
    WHERE token_hash = ANY (ARRAY(SELECT decode(value, 'hex') FROM jsonb_array_elements_text($1))) AND expires_at > $2";
const END_SESSION: &str = "DELETE FROM sessions WHERE token_hash = $1";
const END_SESSIONS: &str = "DELETE FROM sessions WHERE account_id = $1";
const SWEEP_SESSIONS: &str = "DELETE FROM sessions WHERE expires_at <= $1";

/// Who a session belongs to and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: AccountId,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Vault {
    /// Keeps a session under the hash of its token, on the strength of the account's password, whose hash is given, or of its data
    /// key alone; `false`, and no session, if that is no longer the account's password, or the account was erased. Beside stores that are
    /// only read it is kept in any case.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn open_session(
        &self,
        token_hash: &[u8; 32],
        session: Session,
        password_hash: Option<&str>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        macro_rules! open {
            ($sql:expr $(, $hash:expr)?) => {
                execute!(
                    self.db(), $sql, token_hash.as_slice(), i64::from(session.account), at.micros(),
                    session.expires_at.micros() $(, $hash)?
                )?
            };
        }
        let opened = match (self.is_beside(), password_hash) {
            (true, _) => open!(OPEN_OWN_SESSION),
            (false, None) => open!(self.db().pick(OPEN_SESSION_SQLITE, OPEN_SESSION_POSTGRES)),
            (false, Some(hash)) => {
                open!(
                    self.db().pick(OPEN_SESSION_BY_PASSWORD_SQLITE, OPEN_SESSION_BY_PASSWORD_POSTGRES),
                    hash
                )
            }
        };
        Ok(opened > 0)
    }

    /// The session under that hash, if it has not expired at `now`.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn session(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Session>, StoreError> {
        Ok(self.sessions(&[*token_hash], now).await?.pop().map(|(_, session)| session))
    }

    /// Those of the sessions under these hashes that have not expired at `now`, in no order.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn sessions(
        &self,
        token_hashes: &[[u8; 32]],
        now: Timestamp,
    ) -> Result<Vec<([u8; 32], Session)>, StoreError> {
        let mut found = read_sessions(self.db(), token_hashes, now).await?;
        if let Some(stores) = self.elsewhere() {
            let own: HashSet<_> = found.iter().map(|(hash, _)| *hash).collect();
            let missing: Vec<_> = token_hashes.iter().filter(|hash| !own.contains(*hash)).copied().collect();
            if !missing.is_empty() {
                found.extend(read_sessions(stores, &missing, now).await?);
            }
        }
        Ok(found)
    }

    /// Ends one session.
    ///
    /// # Errors
    /// The vault cannot be written: [`StoreError::ReadOnly`] if the session is of stores that are only read.
    pub async fn end_session(&self, token_hash: &[u8; 32]) -> Result<(), StoreError> {
        let ended = execute!(self.db(), END_SESSION, token_hash.as_slice())?;
        let Some(stores) = self.elsewhere().filter(|_| ended == 0) else { return Ok(()) };
        let found = read_sessions(stores, &[*token_hash], Timestamp::from_micros(i64::MIN)).await?;
        if found.is_empty() { Ok(()) } else { Err(StoreError::ReadOnly) }
    }

    /// Ends all sessions of an account.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn end_sessions(&self, account: AccountId) -> Result<(), StoreError> {
        execute!(self.writable_keys()?, END_SESSIONS, i64::from(account))?;
        Ok(())
    }

    /// Removes sessions that have expired.
    pub(crate) async fn sweep_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        execute!(self.db(), SWEEP_SESSIONS, now.micros())?;
        Ok(())
    }
}

async fn read_sessions(
    db: &Db,
    token_hashes: &[[u8; 32]],
    now: Timestamp,
) -> Result<Vec<([u8; 32], Session)>, StoreError> {
    let hashes: Vec<_> = token_hashes.iter().map(hex::encode).collect();
    let statement = db.pick(SESSIONS_SQLITE, SESSIONS_POSTGRES);
    let rows = fetch_all!(db, (Vec<u8>, i64, i64), statement, Json(&hashes), now.micros())?;
    rows.into_iter().map(read_session).collect()
}

fn read_session(
    (token_hash, account, expires_at): (Vec<u8>, i64, i64),
) -> Result<([u8; 32], Session), StoreError> {
    let damaged = |_| StoreError::Damaged("a session".to_owned());
    let session = Session { account: account_id(account)?, expires_at: Timestamp::from_micros(expires_at) };
    Ok((token_hash.try_into().map_err(damaged)?, session))
}

fn account_id(number: i64) -> Result<AccountId, StoreError> {
    AccountId::try_from(number).map_err(|_| StoreError::Damaged("an account id".to_owned()))
}

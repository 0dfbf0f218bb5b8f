//! The vault: password hashes, session hashes, data keys, one-time codes, counts of wrong attempts. Durable and erasable, never in the log.

use kernel::{AccountId, Timestamp};

use crate::error::StoreError;
use crate::sql::Db;
use crate::{execute, fetch_optional, write_returning};

// What rests on an account's key or password is written in one statement with the look at it; on PostgreSQL the lock keeps that
// row as it is until the statement is done. So nothing comes back once an account was erased or its password was changed.
const SAVE_PASSWORD_SQLITE: &str = "INSERT INTO passwords (account_id, hash, changed_at)
    SELECT account_id, $2, $3 FROM data_keys WHERE account_id = $1
    ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
const SAVE_PASSWORD_POSTGRES: &str = "INSERT INTO passwords (account_id, hash, changed_at)
    SELECT account_id, $2, $3 FROM data_keys WHERE account_id = $1 FOR SHARE
    ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at";
const PASSWORD: &str = "SELECT hash FROM passwords WHERE account_id = $1";
const SAVE_DATA_KEY: &str = "INSERT INTO data_keys (account_id, key, created_at) VALUES ($1, $2, $3) ON CONFLICT (account_id) DO NOTHING";
const DATA_KEY: &str = "SELECT key FROM data_keys WHERE account_id = $1";
const ERASE_DATA_KEY: &str = "DELETE FROM data_keys WHERE account_id = $1";
const ERASE_PASSWORD: &str = "DELETE FROM passwords WHERE account_id = $1";
const OFFER_HOUSE_KEY: &str =
    "INSERT INTO house_keys (name, key) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
const ANY_HOUSE_KEY: &str = "SELECT 1 FROM house_keys LIMIT 1";
const HOUSE_KEY: &str = "SELECT key FROM house_keys WHERE name = $1";
const ATTEMPTS: &str = "SELECT failures, locked_until FROM attempts WHERE subject = $1";
/// A lock that has ended, or a last failure that is forgotten while there is no lock, begins the count again.
const COUNT_FAILURE: &str = "INSERT INTO attempts (subject, failures, locked_until, last_at)
    VALUES ($1, 1, CASE WHEN $4 <= 1 THEN $5 ELSE 0 END, $2)
    ON CONFLICT (subject) DO UPDATE SET
        failures = CASE
            WHEN attempts.locked_until <= $2 AND (attempts.last_at < $3 OR attempts.locked_until > 0) THEN 1
            ELSE attempts.failures + 1 END,
        locked_until = CASE
            WHEN attempts.locked_until <= $2 AND (attempts.last_at < $3 OR attempts.locked_until > 0)
            THEN CASE WHEN $4 <= 1 THEN $5 ELSE 0 END
            WHEN attempts.failures + 1 >= $4 THEN $5
            ELSE attempts.locked_until END,
        last_at = $2
    RETURNING failures, locked_until";
/// The lock that began with it is gone with it.
const TAKE_FAILURE_BACK: &str = "UPDATE attempts SET failures = failures - 1,
        locked_until = CASE WHEN failures <= $2 THEN 0 ELSE locked_until END
    WHERE subject = $1 AND failures > 0";
const FORGET_FAILURES: &str = "DELETE FROM attempts WHERE subject = $1";
const SWEEP_ATTEMPTS: &str = "DELETE FROM attempts WHERE last_at <= $1 AND locked_until <= $2";

/// How often somebody was wrong lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Wrong attempts in a row.
    pub failures: u64,
    /// No further attempt before this moment.
    pub locked_until: Timestamp,
}

/// The vault's tables. Nothing in here is ever logged.
#[derive(Clone, Debug)]
pub struct Vault {
    /// Where what is written goes.
    db: Db,
    beside: Beside,
}

/// What a vault stands beside.
#[derive(Clone, Debug)]
enum Beside {
    /// Nothing: it is the vault.
    Nothing,
    /// Stores that are only read: sessions and attempts are its own; keys and passwords, and sessions opened elsewhere, are
    /// those of the stores, if they have any.
    Stores(Option<Db>),
}

impl Vault {
    pub(crate) const fn new(db: Db) -> Self {
        Self { db, beside: Beside::Nothing }
    }

    /// A vault of one process, which forgets it, beside the vault of stores that are only read.
    pub(crate) const fn beside(own: Db, stores: Option<Db>) -> Self {
        Self { db: own, beside: Beside::Stores(stores) }
    }

    /// Whether it knows any keys and passwords at all: stores that are only read may have left theirs behind.
    #[must_use]
    pub const fn knows_people(&self) -> bool {
        !matches!(self.beside, Beside::Stores(None))
    }

    /// Where keys and passwords are.
    const fn keys(&self) -> &Db {
        match &self.beside {
            Beside::Stores(Some(stores)) => stores,
            Beside::Nothing | Beside::Stores(None) => &self.db,
        }
    }

    /// Keys and passwords of stores that are only read stay as they are.
    pub(crate) const fn writable_keys(&self) -> Result<&Db, StoreError> {
        match self.beside {
            Beside::Nothing => Ok(&self.db),
            Beside::Stores(_) => Err(StoreError::ReadOnly),
        }
    }

    /// The other vault, whose sessions count here, too.
    pub(crate) const fn elsewhere(&self) -> Option<&Db> {
        match &self.beside {
            Beside::Stores(stores) => stores.as_ref(),
            Beside::Nothing => None,
        }
    }

    /// Whether it stands beside stores that are only read.
    pub(crate) const fn is_beside(&self) -> bool {
        matches!(self.beside, Beside::Stores(_))
    }

    pub(crate) const fn db(&self) -> &Db {
        &self.db
    }

    /// Whether no server ever worked with it: the first thing that one does is to make the house's keys.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn is_new(&self) -> Result<bool, StoreError> {
        Ok(fetch_optional!(self.keys(), (i32,), ANY_HOUSE_KEY)?.is_none())
    }

    /// Keeps an account's password hash in place of any older one; `false` if the account has no data key: it was erased.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn save_password(
        &self,
        account: AccountId,
        hash: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let keys = self.writable_keys()?;
        let statement = keys.pick(SAVE_PASSWORD_SQLITE, SAVE_PASSWORD_POSTGRES);
        Ok(execute!(keys, statement, i64::from(account), hash, at.micros())? > 0)
    }

    /// An account's password hash.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn password(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        Ok(fetch_optional!(self.keys(), (String,), PASSWORD, i64::from(account))?.map(|(hash,)| hash))
    }

    /// Keeps the key that seals an account's personal data; `false` if the account has one, which stays: what is sealed with it would
    /// be lost.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn save_data_key(
        &self,
        account: AccountId,
        key: &[u8; 32],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let keys = self.writable_keys()?;
        Ok(execute!(keys, SAVE_DATA_KEY, i64::from(account), key.as_slice(), at.micros())? > 0)
    }

    /// The key that seals an account's personal data; `None` once it is erased.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn data_key(&self, account: AccountId) -> Result<Option<[u8; 32]>, StoreError> {
        let row = fetch_optional!(self.keys(), (Vec<u8>,), DATA_KEY, i64::from(account))?;
        row.map(|(key,)| key.try_into().map_err(|_| StoreError::Damaged("a data key".to_owned()))).transpose()
    }

    /// Removes key and password of an account that was never opened: nobody's, so their bytes may stay until others take their room.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn forget_unopened(&self, account: AccountId) -> Result<(), StoreError> {
        let keys = self.writable_keys()?;
        execute!(keys, ERASE_DATA_KEY, i64::from(account))?;
        execute!(keys, ERASE_PASSWORD, i64::from(account))?;
        Ok(())
    }

    /// Destroys everything secret about an account: data key, password, sessions. On SQLite no file of the folder holds
    /// them any more; PostgreSQL overwrites them in its own time.
    ///
    /// # Errors
    /// The vault cannot be written; what is left is destroyed by trying again.
    pub async fn erase_account(&self, account: AccountId) -> Result<(), StoreError> {
        let keys = self.writable_keys()?;
        execute!(keys, ERASE_DATA_KEY, i64::from(account))?;
        execute!(keys, ERASE_PASSWORD, i64::from(account))?;
        self.end_sessions(account).await?;
        keys.purge().await?;
        Ok(())
    }

    /// A key of the house by name; `fresh` becomes it if there is none yet. All servers get the same.
    ///
    /// # Errors
    /// The vault cannot be read or written.
    pub async fn house_key(&self, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32], StoreError> {
        if self.elsewhere().is_none() {
            execute!(&self.db, OFFER_HOUSE_KEY, name, fresh.as_slice())?;
        }
        let row = fetch_optional!(self.keys(), (Vec<u8>,), HOUSE_KEY, name)?;
        row.and_then(|(key,)| key.try_into().ok())
            .ok_or_else(|| StoreError::Damaged(format!("the house key {name}")))
    }

    /// How often `subject` (a keyed hash, never the phone itself) was wrong.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn attempts(&self, subject: &str) -> Result<Attempts, StoreError> {
        let read = async |db: &Db| -> Result<Attempts, StoreError> {
            let row = fetch_optional!(db, (i64, i64), ATTEMPTS, subject)?;
            Ok(row.map(read_attempts).unwrap_or_default())
        };
        let own = read(&self.db).await?;
        let Some(stores) = self.elsewhere() else { return Ok(own) };
        let theirs = read(stores).await?;
        Ok(Attempts {
            failures: own.failures.max(theirs.failures),
            locked_until: own.locked_until.max(theirs.locked_until),
        })
    }

    /// Counts a wrong attempt at `now`; at `limit` in a row the subject is locked until `lock_until`, and
    /// each further one while it is locked moves the end there. Failures before `forget_before`, or before a lock that
    /// has ended, no longer count.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn count_failure(
        &self,
        subject: &str,
        now: Timestamp,
        forget_before: Timestamp,
        limit: u32,
        lock_until: Timestamp,
    ) -> Result<Attempts, StoreError> {
        let row = write_returning!(
            &self.db,
            (i64, i64),
            COUNT_FAILURE,
            subject,
            now.micros(),
            forget_before.micros(),
            i64::from(limit),
            lock_until.micros()
        )?;
        Ok(row.map(read_attempts).unwrap_or_default())
    }

    /// Takes one attempt that was counted back: it could not be made. `limit` is the one it was counted with.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn take_failure_back(&self, subject: &str, limit: u32) -> Result<(), StoreError> {
        execute!(&self.db, TAKE_FAILURE_BACK, subject, i64::from(limit))?;
        Ok(())
    }

    /// Forgets the wrong attempts of `subject`: it was right.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn forget_failures(&self, subject: &str) -> Result<(), StoreError> {
        execute!(&self.db, FORGET_FAILURES, subject)?;
        Ok(())
    }

    /// Removes sessions and codes that have expired and attempts older than `attempts_before`.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn sweep(&self, now: Timestamp, attempts_before: Timestamp) -> Result<(), StoreError> {
        self.sweep_sessions(now).await?;
        self.sweep_codes(now, attempts_before).await?;
        execute!(&self.db, SWEEP_ATTEMPTS, attempts_before.micros(), now.micros())?;
        Ok(())
    }

    /// Closes the vault's connections.
    pub async fn close(&self) {
        self.db.close().await;
        if let Some(stores) = self.elsewhere() {
            stores.close().await;
        }
    }
}

fn read_attempts((failures, locked_until): (i64, i64)) -> Attempts {
    Attempts { failures: failures.cast_unsigned(), locked_until: Timestamp::from_micros(locked_until) }
}

//! The vault's codes that work once: what a picture shows, what a phone got, and how often a phone got something.

use kernel::Timestamp;

use crate::error::StoreError;
use crate::vault::Vault;
use crate::{execute, fetch_optional, write_returning};

const SAVE: &str = "INSERT INTO codes (kind, subject, code, rand, expires_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (kind, subject) DO UPDATE SET
        code = excluded.code, rand = excluded.rand, expires_at = excluded.expires_at";
const FIND: &str =
    "SELECT code, rand, expires_at FROM codes WHERE kind = $1 AND subject = $2 AND expires_at > $3";
const TAKE: &str =
    "DELETE FROM codes WHERE kind = $1 AND subject = $2 AND code = $3 AND rand = $4 AND expires_at > $5";
const SWEEP: &str = "DELETE FROM codes WHERE expires_at <= $1";
const COUNT_SENDING: &str = "INSERT INTO sendings (subject, last, second, third, fourth, fifth)
    VALUES ($1, $2, 0, 0, 0, 0)
    ON CONFLICT (subject) DO UPDATE SET
        last = excluded.last, second = sendings.last, third = sendings.second, fourth = sendings.third,
        fifth = sendings.fourth
    WHERE sendings.fifth <= $3
    RETURNING last";
const SWEEP_SENDINGS: &str = "DELETE FROM sendings WHERE last <= $1";

/// A code that works once.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode {
    /// The code.
    pub code: String,
    /// A text that was given out with it; says nothing about the code.
    pub rand: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// Hides the code.
impl std::fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimeCode").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Vault {
    /// Keeps the code of `subject` (a keyed or salted hash, never the phone itself) in place of an earlier one of its kind.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn save_code(&self, kind: &str, subject: &str, code: &OneTimeCode) -> Result<(), StoreError> {
        execute!(
            self.db(),
            SAVE,
            kind,
            subject,
            code.code.as_str(),
            code.rand.as_str(),
            code.expires_at.micros()
        )?;
        Ok(())
    }

    /// The code of `subject`, if there is one that has not expired at `now`.
    ///
    /// # Errors
    /// The vault cannot be read.
    pub async fn code(
        &self,
        kind: &str,
        subject: &str,
        now: Timestamp,
    ) -> Result<Option<OneTimeCode>, StoreError> {
        let row = fetch_optional!(self.db(), (String, String, i64), FIND, kind, subject, now.micros())?;
        Ok(row.map(|(code, rand, expires_at)| OneTimeCode {
            code,
            rand,
            expires_at: Timestamp::from_micros(expires_at),
        }))
    }

    /// Uses the code of `subject` up; says whether it was there, not expired at `now`. Of several who try at once one succeeds.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn take_code(
        &self,
        kind: &str,
        subject: &str,
        code: &OneTimeCode,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (code, rand) = (code.code.as_str(), code.rand.as_str());
        Ok(execute!(self.db(), TAKE, kind, subject, code, rand, now.micros())? == 1)
    }

    /// Notes that something is sent to `subject` (a keyed hash) at `now`, unless five were sent after `since`. Says whether it may
    /// be sent.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn count_sending(
        &self,
        subject: &str,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let counted =
            write_returning!(self.db(), (i64,), COUNT_SENDING, subject, now.micros(), since.micros())?;
        Ok(counted.is_some())
    }

    /// Removes codes that have expired, and counts of what was sent before `sent_before`.
    pub(crate) async fn sweep_codes(&self, now: Timestamp, sent_before: Timestamp) -> Result<(), StoreError> {
        execute!(self.db(), SWEEP, now.micros())?;
        execute!(self.db(), SWEEP_SENDINGS, sent_before.micros())?;
        Ok(())
    }
}

//! Guessing is bounded: ten wrong attempts in a row lock what was guessed at for a while.

use kernel::{ErrorCode, Timestamp};

use crate::commerce::Commerce;
use crate::error::Error;

const FAILURES_MAX: u32 = 10;
/// How long a lock holds, and after how long without failures they are forgotten: 15 minutes.
const LOCK_S: i64 = 15 * 60;
/// Counts older than a day say nothing.
const SWEEP_AGE_S: i64 = 24 * 3600;

impl Commerce {
    /// Counts an attempt at `subject` before it is known whether it is right, so that attempts made at the same time
    /// are all counted. [`Commerce::attempt_succeeded`] takes the count back.
    pub(crate) async fn count_attempt(&self, subject: &str) -> Result<(), Error> {
        self.count_attempt_of(subject, FAILURES_MAX).await
    }

    /// As [`Self::count_attempt`], with another number of wrong ones that lock.
    pub(crate) async fn count_attempt_of(&self, subject: &str, failures_max: u32) -> Result<(), Error> {
        let now = self.inner.engine.now();
        let locked = || Error::new(ErrorCode::TooManyAttempts, "too many wrong attempts; try again later");
        if self.inner.vault.attempts(subject).await?.locked_until > now {
            return Err(locked());
        }
        let (forget_before, lock_until) = (now.plus_seconds(-LOCK_S), now.plus_seconds(LOCK_S));
        let counted =
            self.inner.vault.count_failure(subject, now, forget_before, failures_max, lock_until).await?;
        if counted.failures > u64::from(failures_max) { Err(locked()) } else { Ok(()) }
    }

    /// The attempt was right: earlier wrong ones are forgotten.
    pub(crate) async fn attempt_succeeded(&self, subject: &str) -> Result<(), Error> {
        Ok(self.inner.vault.forget_failures(subject).await?)
    }

    /// Removes what has expired from the vault: sessions, codes and counts.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now: Timestamp = self.inner.engine.now();
        Ok(self.inner.vault.sweep(now, now.plus_seconds(-SWEEP_AGE_S)).await?)
    }
}

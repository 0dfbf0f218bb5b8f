//! Guessing is bounded: ten wrong attempts in a row lock what was guessed at for a while.

use std::net::{IpAddr, Ipv6Addr};

use kernel::{Coded as _, ErrorCode, Timestamp};

use crate::commerce::Commerce;
use crate::error::Error;
use crate::to_the_end::to_the_end;

/// Wrong passwords, or codes of a text message, that lock.
pub(crate) const FAILURES_MAX: u32 = 10;
/// How long a lock holds, and after how long without failures they are forgotten: 15 minutes.
const LOCK_S: i64 = 15 * 60;
/// Counts older than a day say nothing.
const SWEEP_AGE_S: i64 = 24 * 3600;

/// An address as it is counted: of IPv6 the first 64 bits, for one subscriber has all that follow.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

impl Commerce {
    /// Makes an attempt at `subject`: what `check` finds was right, `None` was wrong, and `failures_max` wrong ones lock.
    ///
    /// It counts before it is known whether it is right, so that attempts made at the same time all count. Therefore it is made to
    /// its end, also if nobody waits for it any more: a client that hung up ten times would be locked out. One that
    /// cannot be made told nobody anything, and counts no longer.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyAttempts`]; what `check` fails with.
    pub(crate) async fn attempt<T: Send + 'static>(
        &self,
        subject: String,
        failures_max: u32,
        check: impl Future<Output = Result<Option<T>, Error>> + Send + 'static,
    ) -> Result<Option<T>, Error> {
        let commerce = self.clone();
        to_the_end(async move {
            commerce.count_attempt(&subject, failures_max).await?;
            let checked = check.await;
            let vault = &commerce.inner.vault;
            match &checked {
                Ok(Some(_)) => vault.forget_failures(&subject).await?,
                Ok(None) => {}
                Err(_) => vault.take_failure_back(&subject, failures_max).await?,
            }
            checked
        })
        .await
    }

    async fn count_attempt(&self, subject: &str, failures_max: u32) -> Result<(), Error> {
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

    /// Removes what has expired from the vault: sessions, codes and counts.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now: Timestamp = self.inner.engine.now();
        Ok(self.inner.vault.sweep(now, now.plus_seconds(-SWEEP_AGE_S)).await?)
    }
}

/// What an attempt came to, for those who are not to learn whether it was wrong or too many came before it: `refused` either way.
pub(crate) fn right_or(
    made: Result<Option<()>, Error>,
    refused: impl FnOnce() -> Error,
) -> Result<(), Error> {
    match made {
        Err(error) if error.code() != ErrorCode::TooManyAttempts => Err(error),
        made => made.ok().flatten().ok_or_else(refused),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::network;

    #[test]
    fn one_subscriber_is_one_address() {
        let counted = |text: &str| network(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(counted("203.0.113.7"), "203.0.113.7");
        assert_eq!(counted("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:2::1"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:3::1"), "2001:db8:1:3::");
    }
}

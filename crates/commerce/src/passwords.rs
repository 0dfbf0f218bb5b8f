//! Passwords: argon2id, off the async threads, a few at a time.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{OnceCell, Semaphore};

use crate::error::Error;

/// Shortest and longest password, in characters.
const CHARS: std::ops::RangeInclusive<usize> = 6..=128;
/// Hashes computed at the same time; each takes 19 MiB.
const AT_ONCE: usize = 4;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    /// The hash of a password that nobody has, checked for accounts that do not exist: it takes as long.
    decoy: OnceCell<String>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), decoy: OnceCell::new() }
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        self.compute(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| Error::internal("argon2 failed"))
        })
        .await?
    }

    /// Whether `password` belongs to `hash`; with no hash, no, after the same time.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        let exists = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy.get_or_try_init(|| self.hash("a password that nobody has")).await?.clone(),
        };
        let password = password.to_owned();
        let fits = self
            .compute(move || {
                PasswordHash::new(&hash)
                    .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(fits && exists)
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _place = self.places.acquire().await;
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::internal("argon2 was cut off"))
    }
}

/// Refuses a password of a length that cannot be accepted.
pub(crate) fn check_password(password: &str) -> Result<(), Error> {
    if CHARS.contains(&password.chars().count()) && !password.contains('\0') {
        Ok(())
    } else {
        Err(Error::parameter("password", "6 to 128 characters are meant"))
    }
}

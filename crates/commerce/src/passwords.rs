//! Passwords: argon2id, off the async threads, a few at a time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::turns::Turns;

/// Shortest and longest password, in characters.
const CHARS: std::ops::RangeInclusive<usize> = 6..=128;
/// Hashes computed at the same time; each takes 19 MiB.
const AT_ONCE: usize = 4;
/// Hashes that wait: some five seconds of work. Who comes then is told so, instead of waiting for longer than a request may take.
const WAITING_MAX: usize = 512;

/// Hashes and checks passwords.
pub(crate) struct Passwords {
    turns: Turns,
    /// The hash of a password that nobody has, checked for accounts that do not exist: it takes as long.
    decoy: OnceCell<String>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { turns: Turns::new(AT_ONCE, WAITING_MAX), decoy: OnceCell::new() }
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Error> {
        let password = password.to_owned();
        let hashing = move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| Error::internal("argon2 failed"))
        };
        self.turns.take(hashing).await?
    }

    /// Whether `password` belongs to `hash`; with no hash, no, after the same time.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, Error> {
        let exists = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy.get_or_try_init(|| self.hash("a password that nobody has")).await?.clone(),
        };
        let password = password.to_owned();
        let checking = move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        };
        Ok(self.turns.take(checking).await? && exists)
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

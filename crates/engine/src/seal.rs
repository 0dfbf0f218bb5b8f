//! Sealing personal data with its account's own key, and telling equal values apart by keyed hash.

use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event_store::{StoreError, Vault};
use hashlink::LruCache;
use kernel::{AccountId, Sealed, Timestamp};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

/// The house key under which identities are hashed.
const IDENTITY_KEY: &str = "identity";
/// Data keys kept in memory at the most.
const KEYS_MAX: usize = 10_000;
/// How long a data key is believed to exist: another process may erase the account.
const KEY_AGE_MAX: Duration = Duration::from_secs(2);
/// AES-GCM's nonce, in bytes.
const NONCE_LENGTH: usize = 12;

/// Why personal data could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The vault cannot be used.
    #[error(transparent)]
    Vault(#[from] StoreError),
    /// The account's key is gone: it was erased.
    #[error("the account was erased")]
    Erased,
    /// The sealed text was damaged or belongs to another account or field.
    #[error("the sealed data does not open")]
    Damaged,
    /// The system has no randomness.
    #[error("no random numbers")]
    NoRandomness,
}

/// Data keys in memory.
struct Keys {
    /// With the moment each was asked for.
    known: LruCache<AccountId, (Instant, [u8; 32])>,
    /// How often a key was forgotten: what was read before that is not kept.
    forgotten: u64,
}

/// Seals and opens personal data.
#[derive(Clone)]
pub struct Sealer {
    vault: Vault,
    identity_key: Arc<hmac::Key>,
    keys: Arc<Mutex<Keys>>,
}

impl Sealer {
    /// Opens the house's keys, making them on first use.
    ///
    /// # Errors
    /// The vault cannot be used.
    pub async fn open(vault: Vault) -> Result<Self, SealError> {
        let identity_key = vault.house_key(IDENTITY_KEY, &random_key()?).await?;
        Ok(Self {
            vault,
            identity_key: Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &identity_key)),
            keys: Arc::new(Mutex::new(Keys { known: LruCache::new_unbounded(), forgotten: 0 })),
        })
    }

    /// Makes the data key of a new account; `false` if the number has one already, which stays. An account that is never opened leaves
    /// its key as a harmless orphan.
    ///
    /// # Errors
    /// The vault cannot be written.
    pub async fn make_key(&self, account: AccountId, at: Timestamp) -> Result<bool, SealError> {
        Ok(self.vault.save_data_key(account, &random_key()?, at).await?)
    }

    /// Seals `text` for one field of one account; it opens there only.
    ///
    /// # Errors
    /// [`SealError::Erased`] if the account has no key.
    pub async fn seal(&self, account: AccountId, field: &str, text: &str) -> Result<Sealed, SealError> {
        let key = self.key(account).await?.ok_or(SealError::Erased)?;
        let mut nonce = [0; NONCE_LENGTH];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let associated = associated_data(account, field);
        let payload = Payload { msg: text.as_bytes(), aad: associated.as_bytes() };
        let ciphertext =
            cipher(&key)?.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)?;
        let mut sealed = nonce.to_vec();
        sealed.extend(ciphertext);
        Ok(Sealed::from_base64(STANDARD.encode(sealed)))
    }

    /// Opens what [`Sealer::seal`] sealed; `None` if the account was erased.
    ///
    /// # Errors
    /// [`SealError::Damaged`] if the text is not what was sealed for this account and field.
    pub async fn open_sealed(
        &self,
        account: AccountId,
        field: &str,
        sealed: &Sealed,
    ) -> Result<Option<String>, SealError> {
        let Some(key) = self.key(account).await? else { return Ok(None) };
        let bytes = STANDARD.decode(sealed.as_base64()).map_err(|_| SealError::Damaged)?;
        let (nonce, ciphertext) = bytes.split_at_checked(NONCE_LENGTH).ok_or(SealError::Damaged)?;
        let nonce: [u8; NONCE_LENGTH] = nonce.try_into().map_err(|_| SealError::Damaged)?;
        let associated = associated_data(account, field);
        let payload = Payload { msg: ciphertext, aad: associated.as_bytes() };
        let text = cipher(&key)?.decrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)?;
        String::from_utf8(text).map(Some).map_err(|_| SealError::Damaged)
    }

    /// A keyed hash of a personal value: equal for equal values, telling nothing else to whoever lacks the key.
    #[must_use]
    pub fn identity_hash(&self, kind: impl Display, value: &str) -> String {
        let tag = hmac::sign(&self.identity_key, format!("{kind}:{value}").as_bytes());
        hex::encode(tag)
    }

    /// Forgets an account's key, so that an erasure counts at once.
    pub fn forget(&self, account: AccountId) {
        let mut keys = self.lock();
        keys.known.remove(&account);
        keys.forgotten += 1;
    }

    async fn key(&self, account: AccountId) -> Result<Option<[u8; 32]>, SealError> {
        let asked_at = Instant::now();
        let forgotten = {
            let mut keys = self.lock();
            if let Some((read_at, key)) = keys.known.get(&account)
                && asked_at.duration_since(*read_at) < KEY_AGE_MAX
            {
                return Ok(Some(*key));
            }
            keys.forgotten
        };
        let key = self.vault.data_key(account).await?;
        let mut keys = self.lock();
        match key {
            // An erasure meanwhile may have come after the key was read.
            Some(key) if keys.forgotten == forgotten => {
                keys.known.insert(account, (asked_at, key));
            }
            Some(_) => {}
            None => {
                keys.known.remove(&account);
            }
        }
        while keys.known.len() > KEYS_MAX {
            keys.known.remove_lru();
        }
        Ok(key)
    }

    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cipher(key: &[u8; 32]) -> Result<Aes256Gcm, SealError> {
    Aes256Gcm::new_from_slice(key).map_err(|_| SealError::Damaged)
}

fn associated_data(account: AccountId, field: &str) -> String {
    format!("suanpan:{account}:{field}")
}

fn random_key() -> Result<[u8; 32], SealError> {
    let mut key = [0; 32];
    SystemRandom::new().fill(&mut key).map_err(|_| SealError::NoRandomness)?;
    Ok(key)
}

//! The keys of WeChat Pay: RSA to sign and to verify, AES-256-GCM to open notices.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};

use super::der::{RsaPublic, pem};
use crate::wechat::{ConfigError, KeyError};

/// A private RSA key that signs.
pub(crate) struct SigningKey(KeyPair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a private key in PEM.
    pub(crate) fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) = pem(text, &["PRIVATE KEY", "RSA PRIVATE KEY"])?;
        let pair = if label == "PRIVATE KEY" { KeyPair::from_pkcs8(&der) } else { KeyPair::from_der(&der) };
        pair.map(Self).map_err(|rejected| match rejected.to_string().as_str() {
            "WrongAlgorithm" => KeyError::NotRsa,
            "TooSmall" | "TooLarge" => KeyError::Size,
            _ => KeyError::Invalid,
        })
    }

    /// The base64 signature (RSA PKCS#1 v1.5, SHA-256) over `message`, or `None` if the system has no randomness to give.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<String> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(STANDARD.encode(signature))
    }
}

/// A public RSA key that verifies.
pub(crate) struct VerifyingKey(PublicKeyComponents<Vec<u8>>);

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").finish_non_exhaustive()
    }
}

impl VerifyingKey {
    /// Reads a public key, or the one in a certificate, in PEM.
    pub(crate) fn from_pem(text: &str) -> Result<Self, KeyError> {
        let (label, der) = pem(text, &["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"])?;
        let key = match label {
            "PUBLIC KEY" => RsaPublic::from_public_key_info(&der),
            "CERTIFICATE" => RsaPublic::from_certificate(&der),
            _ => RsaPublic::from_pkcs1(&der),
        };
        let RsaPublic { n, e } = key.ok_or(KeyError::NotRsa)?;
        // In bytes: 2048 to 8192 bits, as ring verifies them.
        if !(256..=1024).contains(&n.len()) {
            return Err(KeyError::Size);
        }
        Ok(Self(PublicKeyComponents { n, e }))
    }

    /// Whether `signature` (base64) is this key's over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        STANDARD
            .decode(signature)
            .is_ok_and(|bytes| self.0.verify(&RSA_PKCS1_2048_8192_SHA256, message, &bytes).is_ok())
    }
}

/// The merchant's APIv3 key.
pub(crate) struct ApiKey(LessSafeKey);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").finish_non_exhaustive()
    }
}

impl ApiKey {
    /// The key of 32 bytes.
    pub(crate) fn new(key: &str) -> Result<Self, ConfigError> {
        let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).map_err(|_| ConfigError::ApiV3Key)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// What was sealed into `ciphertext` (base64), or `None` if it does not open.
    pub(crate) fn open(&self, nonce: &str, associated_data: &str, ciphertext: &str) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = nonce.as_bytes().try_into().ok()?;
        let mut bytes = STANDARD.decode(ciphertext).ok()?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain_bytes =
            self.0.open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut bytes).ok()?.len();
        bytes.truncate(plain_bytes);
        Some(bytes)
    }

    /// Seals as WeChat Pay does, into base64. `nonce` is 12 ASCII characters, never used before.
    pub(crate) fn seal(&self, nonce: &str, associated_data: &str, plain: &[u8]) -> Option<String> {
        let nonce: [u8; NONCE_LEN] = nonce.as_bytes().try_into().ok()?;
        let mut bytes = plain.to_vec();
        let aad = Aad::from(associated_data.as_bytes());
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut bytes).ok()?;
        Some(STANDARD.encode(bytes))
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;

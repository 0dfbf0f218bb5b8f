//! Personal data as it may be written down: sealed with its account's own key.

use serde::{Deserialize, Serialize};

/// Text encrypted with an account's data key: base64 of a 96-bit nonce and the AES-256-GCM ciphertext.
/// When the key is destroyed nobody can read it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// Wraps what a vault has sealed.
    #[must_use]
    pub const fn from_base64(text: String) -> Self {
        Self(text)
    }

    /// The base64 text.
    #[must_use]
    pub fn as_base64(&self) -> &str {
        &self.0
    }
}

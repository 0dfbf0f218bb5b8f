//! The hash chain: each event's hash covers its stored bytes and the hash before it (`docs/log-format.md`).

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::batch::AnswerKey;
use crate::event::{EventRef, RecordedEvent};

/// A SHA-256 hash. Printed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

/// What stands before the first event's hash: 32 zero bytes.
pub const GENESIS: Hash = Hash([0; 32]);

impl Hash {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash from its 32 bytes; `None` if there are more or fewer.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hash: 64 hexadecimal digits are meant")]
pub struct HashError;

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let bytes = hex::decode(text).map_err(|_| HashError)?;
        Self::from_slice(&bytes).ok_or(HashError)
    }
}

/// The hash of `event` standing after `previous`: SHA-256 over `previous` and then, for each field in the order below,
/// its length in bytes as eight big-endian bytes and its bytes. The event's own `hash` field plays no part.
///
/// Fields: position (8 bytes, big-endian), aggregate type, aggregate id, sequence (8 bytes), event type, event version,
/// payload, metadata (the stored text of each), commit id (16 bytes), recorded at (8 bytes, microseconds).
#[must_use]
pub fn event_hash(previous: &Hash, event: &RecordedEvent) -> Hash {
    EventRef::from(event).hash_after(previous)
}

/// Room for what is hashed that a thread keeps from one event to the next.
const TEXT_BYTES_KEPT: usize = 16_384;

thread_local! {
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl EventRef<'_> {
    /// As [`event_hash`].
    #[must_use]
    pub fn hash_after(&self, previous: &Hash) -> Hash {
        let fields: [&[u8]; 10] = [
            &self.position.number().to_be_bytes(),
            self.aggregate_type.as_bytes(),
            self.aggregate_id.as_bytes(),
            &self.sequence.to_be_bytes(),
            self.event_type.as_bytes(),
            self.event_version.as_bytes(),
            self.payload.as_bytes(),
            self.metadata.as_bytes(),
            self.commit_id.as_bytes(),
            &self.recorded_at.micros().to_be_bytes(),
        ];
        // In one go: whole blocks at a time instead of twenty calls for a few bytes each.
        TEXT.with_borrow_mut(|text| {
            text.clear();
            text.extend_from_slice(&previous.0);
            for field in fields {
                text.extend_from_slice(&(field.len() as u64).to_be_bytes());
                text.extend_from_slice(field);
            }
            let hash = Hash(Sha256::digest(&*text).into());
            text.shrink_to(TEXT_BYTES_KEPT);
            hash
        })
    }
}

/// The digest by which a commit's metadata tells of the answer that was kept with it. Printed as 32 lower-case hexadecimal
/// digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerDigest([u8; 16]);

impl fmt::Display for AnswerDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The first half of the SHA-256 over account (8 bytes, big-endian), key, request hash and body, each behind its length as
/// in [`event_hash`].
pub(crate) fn answer_digest(key: &AnswerKey, request_hash: &[u8; 32], body: &[u8]) -> AnswerDigest {
    let mut hasher = Sha256::new();
    for field in [&key.account.to_be_bytes(), key.key.as_bytes(), request_hash.as_slice(), body] {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field);
    }
    let mut half = [0; 16];
    half.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
    AnswerDigest(half)
}

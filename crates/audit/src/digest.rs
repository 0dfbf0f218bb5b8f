//! Short digests, so that texts can be compared without being kept.

use std::cell::RefCell;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

const BYTES: usize = 16;

/// The first half of a SHA-256 over texts. In JSON it is 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Digest([u8; BYTES]);

impl Digest {
    /// The digest of these texts, one after another, with their borders.
    pub(crate) fn of(texts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for text in texts {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        let whole = hasher.finalize();
        let mut half = [0; BYTES];
        half.iter_mut().zip(whole.iter()).for_each(|(to, from)| *to = *from);
        Self(half)
    }

    /// The digest of one text. A name stands in several events of a commit, so the last digest is kept.
    pub(crate) fn of_name(name: &str) -> Self {
        thread_local! {
            static LAST: RefCell<Option<(String, Digest)>> = const { RefCell::new(None) };
        }
        LAST.with_borrow_mut(|last| match last {
            Some((known, digest)) if known == name => *digest,
            other => {
                let digest = Self::of(&[name]);
                *other = Some((name.to_owned(), digest));
                digest
            }
        })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut half = [0; BYTES];
        hex::decode_to_slice(&text, &mut half).map_err(de::Error::custom)?;
        Ok(Self(half))
    }
}

//! Short names by which the index of a SQLite log knows the keys of answers: of one length, so that many share a page and many more can
//! wait in memory. Two keys may have the same; what is found is compared.

use std::fmt;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher24;

use crate::batch::AnswerKey;

/// Makes the fingerprints of one log: the SipHash-2-4 of account (8 bytes, big-endian) and key, under a key of the file's own. Who
/// chooses the keys of answers cannot choose many that have the same.
#[derive(Clone, Copy)]
pub(crate) struct Fingerprints {
    key: [u8; 16],
}

/// Without the key, by which equal ones could be looked for.
impl fmt::Debug for Fingerprints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprints").finish_non_exhaustive()
    }
}

impl Fingerprints {
    /// By the key that a log keeps, which is 16 bytes.
    pub(crate) fn from_slice(key: &[u8]) -> Option<Self> {
        Some(Self { key: key.try_into().ok()? })
    }

    /// The fingerprint of an answer's key, as the database holds it.
    pub(crate) fn answer(&self, key: &AnswerKey) -> i64 {
        self.of(key.account, key.key.as_bytes())
    }

    /// The same of an account and a key.
    pub(crate) fn of(&self, account: u64, key: &[u8]) -> i64 {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(&account.to_be_bytes());
        hasher.write(key);
        hasher.finish().cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprints;
    use crate::batch::AnswerKey;

    const KEY: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// The vector of the authors' paper: the bytes 0 to 14 under the key of the bytes 0 to 15.
    #[test]
    fn a_fingerprint_is_the_siphash_of_account_and_key() {
        let made = Fingerprints { key: KEY };
        let key = AnswerKey { account: 0x0001_0203_0405_0607, key: "\u{8}\t\n\u{b}\u{c}\r\u{e}".into() };
        assert_eq!(made.answer(&key).cast_unsigned(), 0xa129_ca61_49be_45e5);
        assert_ne!(made.answer(&AnswerKey { account: 1, ..key.clone() }), made.answer(&key));
        assert_ne!(Fingerprints { key: [0; 16] }.answer(&key), made.answer(&key));
    }
}

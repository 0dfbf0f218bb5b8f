//! The codes that people would read in a picture or on their phone, remembered so that tests can ask for them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::SandboxError;
use super::journal::Memory;
use super::world::World;

/// So many codes of each kind are remembered; beyond that the one noted longest ago is forgotten.
pub(super) const CODES_MAX: usize = 100_000;
/// Nothing longer is noted.
const TEXT_BYTES_MAX: usize = 128;

/// A code that somebody can now read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Note {
    Captcha { rand: String, code: String },
    Sms { phone: String, code: String },
}

/// All remembered codes.
#[derive(Debug)]
pub(super) struct Codes {
    captchas: LastCodes,
    messages: LastCodes,
}

impl Codes {
    pub(super) fn new(max: usize) -> Self {
        Self { captchas: LastCodes::new(max), messages: LastCodes::new(max) }
    }

    /// What the picture of `rand` shows.
    pub(super) fn captcha(&self, rand: &str) -> Option<&str> {
        self.captchas.get(rand)
    }

    /// What the phone (11 digits) got last.
    pub(super) fn sms(&self, phone: &str) -> Option<&str> {
        self.messages.get(phone)
    }
}

impl Memory for Codes {
    const FILE: &'static str = "codes.jsonl";
    type Entry = Note;

    fn apply(&mut self, note: Note) {
        match note {
            Note::Captcha { rand, code } => self.captchas.note(rand, code),
            Note::Sms { phone, code } => self.messages.note(phone, code),
        }
    }
}

/// The last code of each key.
#[derive(Debug)]
struct LastCodes {
    max: usize,
    codes: HashMap<String, String>,
    /// The keys in the order of their first noting.
    order: VecDeque<String>,
}

impl LastCodes {
    fn new(max: usize) -> Self {
        Self { max, codes: HashMap::new(), order: VecDeque::new() }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.codes.get(key).map(String::as_str)
    }

    fn note(&mut self, key: String, code: String) {
        if self.codes.insert(key.clone(), code).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > self.max
            && let Some(oldest) = self.order.pop_front()
        {
            self.codes.remove(&oldest);
        }
    }
}

/// Where the product notes what its pictures show, so that `GET /sandbox/captcha/{rand}` can tell. It exists only where a
/// sandbox does: without one nobody may learn what a picture shows.
#[derive(Clone, Debug)]
pub struct CaptchaBook(Arc<World>);

impl CaptchaBook {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self(world)
    }

    /// Notes that the picture of `rand` shows `code` (each 128 bytes at most). 100,000 are remembered.
    ///
    /// # Errors
    /// [`SandboxError`] if it cannot be written down.
    pub async fn note(&self, rand: &str, code: &str) -> Result<(), SandboxError> {
        for (field, text) in [("rand", rand), ("code", code)] {
            if text.len() > TEXT_BYTES_MAX {
                return Err(SandboxError::TooLong { field });
            }
        }
        let note = Note::Captcha { rand: rand.to_owned(), code: code.to_owned() };
        self.0.codes(move |_| (Some(note), ())).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Codes, Note};
    use crate::sandbox::journal::Memory;

    fn captcha(rand: &str, code: &str) -> Note {
        Note::Captcha { rand: rand.to_owned(), code: code.to_owned() }
    }

    fn sms(phone: &str, code: &str) -> Note {
        Note::Sms { phone: phone.to_owned(), code: code.to_owned() }
    }

    #[test]
    fn the_last_code_counts_and_kinds_are_apart() {
        let mut codes = Codes::new(10);
        for note in [captcha("a", "1"), sms("a", "2"), sms("a", "3")] {
            codes.apply(note);
        }
        assert_eq!((codes.captcha("a"), codes.sms("a")), (Some("1"), Some("3")));
        assert_eq!((codes.captcha("b"), codes.sms("b")), (None, None));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut codes = Codes::new(2);
        for note in [captcha("a", "1"), captcha("b", "2"), captcha("a", "3"), captcha("c", "4")] {
            codes.apply(note);
        }
        assert_eq!(
            (codes.captcha("a"), codes.captcha("b"), codes.captcha("c")),
            (None, Some("2"), Some("4"))
        );
        codes.apply(sms("p", "5"));
        assert_eq!(codes.captcha("b"), Some("2"), "messages do not push captchas out");
    }
}

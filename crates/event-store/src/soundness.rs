//! What stands around the events: whether tables, guards and indexes are as they were made and lead to what is there.

use crate::error::StoreError;
use crate::read_only::{Backend, ReadOnlyLog};

/// Something around the events that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What it is about, such as `trigger events_no_update`.
    pub of: String,
    /// What must hold.
    pub rule: &'static str,
    /// What should be there.
    pub expected: String,
    /// What there is.
    pub found: String,
}

/// A part of a schema, by its kind and name, and how it was made.
pub(crate) type Part = (String, String);

pub(crate) const AS_MADE: &str = "the log's tables and guards are as they were made";

impl ReadOnlyLog {
    /// The first table or column that is missing, without which the log cannot be read to its end.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn missing(&self) -> Result<Option<Flaw>, StoreError> {
        match self.backend() {
            Backend::Sqlite(reader) => reader.missing().await,
            Backend::Postgres(log) => log.missing().await,
        }
    }

    /// The first part of the schema, of its guards or of the store's own indexes that is not as it must be.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn flaw(&self) -> Result<Option<Flaw>, StoreError> {
        match self.backend() {
            Backend::Sqlite(reader) => reader.flaw().await,
            Backend::Postgres(log) => log.flaw().await,
        }
    }
}

/// The first of the parts that were made and are not there, or not so; then the first that nobody made.
pub(crate) fn compare(made: &[Part], found: &[Part]) -> Option<Flaw> {
    let told = |of: &str, expected: &str, found: &str| {
        let (of, expected, found) = (of.to_owned(), expected.to_owned(), found.to_owned());
        Some(Flaw { of, rule: AS_MADE, expected, found })
    };
    for (of, text) in made {
        match found.iter().find(|(other, _)| other == of) {
            Some((_, other)) if other == text => {}
            Some((_, other)) => return told(of, text, other),
            None => return told(of, text, "none"),
        }
    }
    let stranger = found.iter().find(|(of, _)| !made.iter().any(|(own, _)| own == of));
    stranger.and_then(|(of, text)| told(of, "none", text))
}

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

/// What is gone from a log: the first of the tables and columns that were made and are not there, beside what version it is.
/// `None` if none of its tables is there with all columns: it is no log of ours.
pub(crate) fn gone(made: &[Part], found: &[Part], has_version: bool) -> Option<Flaw> {
    let is_there = |table: &str| {
        let prefix = format!("column {table}.");
        made.iter()
            .filter(|(of, _)| of.starts_with(&prefix))
            .all(|(of, _)| found.iter().any(|(other, _)| other == of))
    };
    ["events", "head", "answers"].into_iter().any(is_there).then_some(())?;
    let found: Vec<Part> = found.iter().filter(|part| made.contains(part)).cloned().collect();
    compare(made, &found).or_else(|| (!has_version).then(no_version))
}

/// A log that does not say which version made it.
pub(crate) fn no_version() -> Flaw {
    let (expected, found) = ("the versions that made the log".to_owned(), "none".to_owned());
    Flaw { of: "table _sqlx_migrations".to_owned(), rule: AS_MADE, expected, found }
}

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

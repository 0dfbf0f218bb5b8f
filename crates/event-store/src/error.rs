//! What can go wrong with a store.

use std::fmt;

use crate::soundness::Flaw;

/// A store did not do what was asked: it is away, full, damaged.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("store: {0}")]
    Database(#[from] sqlx::Error),
    /// The SQLite writer said no.
    #[error("store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row holds what it never should.
    #[error("damaged store: {0}")]
    Damaged(String),
    /// It was closed.
    #[error("the store is closed")]
    Closed,
    /// The thread that alone writes has ended, and nobody asked it to.
    #[error("the thread that writes the log has ended: start the server again")]
    WriterEnded,
    /// What was to be written lately was not.
    #[error("the log could not be written a moment ago")]
    Unwritten,
    /// Its files were removed or replaced under it.
    #[error(
        "the store's files were removed or replaced; nothing more is written to them: start the server again"
    )]
    Replaced,
    /// No answer came in time.
    #[error("the store does not answer")]
    TimedOut,
    /// The store is open for reading alone.
    #[error("the store is open for reading alone")]
    ReadOnly,
}

/// Why a batch was not, or perhaps not, written.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Another writer moved the head. Nothing was written.
    #[error("the head of the log has moved")]
    HeadMoved,
    /// A stream already holds one of the sequences. Nothing was written.
    #[error("a stream has moved")]
    StreamConflict,
    /// One of the idempotency keys has an answer already. Nothing was written.
    #[error("an idempotency key is taken")]
    KeyTaken,
    /// The store cannot write just now. Nothing was written.
    #[error("{0}")]
    Unavailable(StoreError),
    /// The connection broke at a moment when the batch may have been written. Append the same batch again:
    /// [`AppendError::HeadMoved`] then means that somebody was first, perhaps this batch itself.
    #[error("it is unknown whether the batch was written: {0}")]
    Unknown(StoreError),
}

/// Why a store could not be opened. One plain line each.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the files open.
    #[error("{0} is in use by another process")]
    Locked(String),
    /// The log or vault was written by a newer program.
    #[error("{store} was written by a newer version of suanpan (schema {found}); use that version")]
    Newer {
        /// Which store.
        store: &'static str,
        /// The schema version found.
        found: i64,
    },
    /// The log was written by an older program, and may only be read.
    #[error(
        "{store} was written by an older version of suanpan (schema {found}); start the server on it once"
    )]
    Older {
        /// Which store.
        store: &'static str,
        /// The schema version found.
        found: i64,
    },
    /// The database cannot hold every character.
    #[error("the database is encoded in {0}, which lacks characters: make one with ENCODING 'UTF8'")]
    Encoding(String),
    /// There is no store at that place.
    #[error("there is no store at {0}")]
    Missing(String),
    /// What is there was not made by this program.
    #[error("{0} is no log of suanpan")]
    Foreign(String),
    /// A file of a folder cannot be read as a database.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: Redacted,
    },
    /// It is a log of this program's, and something is gone without which it cannot be read.
    #[error("the log is not whole: {}: expected {}, found {}", .0.of, .0.expected, .0.found)]
    Incomplete(Flaw),
    /// What is there is a moment of the past, which nothing may be added to.
    #[error("{0} holds a moment of the past, which can only be read: suanpan serve --read-only")]
    Past(String),
    /// The address of the store is not understood.
    #[error("not a store: {0}")]
    Address(String),
    /// The schema could not be brought up to date.
    #[error("{store}: cannot bring the schema up to date: {source}")]
    Migration {
        /// Which store.
        store: &'static str,
        /// Why.
        source: Box<sqlx::migrate::MigrateError>,
    },
    /// The folder or a file cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("cannot open {store}: {source}")]
    Database {
        /// Which store.
        store: &'static str,
        /// Why.
        source: Redacted,
    },
}

/// A database error told without the address, which may hold a password.
#[derive(Debug)]
pub struct Redacted(pub(crate) StoreError);

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl std::error::Error for Redacted {}

impl OpenError {
    pub(crate) fn database(store: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |error| Self::Database { store, source: Redacted(error.into()) }
    }
}

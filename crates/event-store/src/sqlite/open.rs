//! Opening SQLite files: the log with its writer, and the plain databases beside it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{ErrorCode, OpenFlags};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqlitePool};

use super::lock::DirectoryLock;
use super::read_only::SqliteReader;
use super::standing::Standing;
use super::tail::Tail;
use super::writer::Writer;
use crate::error::{OpenError, Redacted, StoreError};
use crate::fingerprint::Fingerprints;
use crate::open::migrate;
use crate::sql::{Db, close_pool};

/// A page that changes often is moved into the database once for all its changes.
const PAGES_BEFORE_CHECKPOINT: &str = "8000";
const READERS_MAX: u32 = 4;
const FINGERPRINT_KEY: &str = "SELECT key FROM indexed WHERE id = 1";

/// The log of one folder.
#[derive(Debug)]
pub(crate) struct SqliteLog {
    pub(super) writer: Writer,
    pub(super) read: SqlitePool,
    /// Reads the events one after another: the pool copies every value of a row.
    pub(super) reader: SqliteReader,
    /// Where the newest events and answers stand.
    pub(super) tail: Arc<Tail>,
    pub(super) standing: Arc<Standing>,
}

impl SqliteLog {
    /// Opens `log.db`, creating it and bringing its schema up to date.
    pub(crate) async fn open(path: &Path, lock: Arc<DirectoryLock>) -> Result<Self, OpenError> {
        let setup = one_writer(path).await.map_err(OpenError::database("the log"))?;
        migrate(&setup, "the log", crate::open::SQLITE_LOG).await?;
        let key = sqlx::query_as(FINGERPRINT_KEY).fetch_one(&setup).await;
        let (key,): (Vec<u8>,) = key.map_err(OpenError::database("the log"))?;
        close_pool(&setup).await;
        let fingerprints = Fingerprints::from_slice(&key).ok_or_else(|| OpenError::Database {
            store: "the log",
            source: Redacted(StoreError::Damaged("the key of the indexes".to_owned())),
        })?;
        let tail = Arc::new(Tail::new(fingerprints));
        let standing = Standing::of([path.to_path_buf(), path.with_file_name(super::lock::FILE)]);
        let standing =
            standing.map_err(|source| OpenError::File { path: path.display().to_string(), source })?;
        let standing = Arc::new(standing);
        let writer = Writer::start(path, lock, Arc::clone(&tail), Arc::clone(&standing))?;
        let read = readers(path).await.map_err(OpenError::database("the log"))?;
        Ok(Self { writer, read, reader: SqliteReader::beside_writer(path), tail, standing })
    }

    /// From now on nothing is written, either, once this file was removed or replaced.
    pub(crate) fn stands_beside(&self, path: &Path) -> io::Result<()> {
        self.standing.beside(path.to_path_buf())
    }
}

/// Whether a file holds what is not ours: tables, and neither the schema's versions nor all that a log has.
const IS_FOREIGN: &str = "SELECT count(*) > 0 AND count(*) FILTER (WHERE name = '_sqlx_migrations') = 0
    AND count(*) FILTER (WHERE name IN ('events', 'head', 'answers')) < 3 FROM sqlite_schema WHERE type = 'table'";

/// Whether another program has made the file; nothing in it is changed.
pub(crate) fn is_foreign(path: &Path) -> Result<bool, OpenError> {
    if !path.exists() {
        return Ok(false);
    }
    let look = || -> Result<bool, rusqlite::Error> {
        let connection = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.query_row(IS_FOREIGN, [], |row| row.get(0))
    };
    let unreadable = |error: rusqlite::Error| OpenError::Unreadable {
        path: path.display().to_string(),
        source: Redacted(error.into()),
    };
    match look() {
        // What a crash has left must be put back first, by whoever opens it for writing.
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == ErrorCode::ReadOnly => Ok(false),
        found => found.map_err(unreadable),
    }
}

/// Opens a database whose rows are read and written with the statements of [`Db`].
pub(crate) async fn open_db(path: &Path, store: &'static str) -> Result<Db, OpenError> {
    let write = one_writer(path).await.map_err(OpenError::database(store))?;
    let read = readers(path).await.map_err(OpenError::database(store))?;
    Ok(Db::Sqlite { write, read })
}

/// A pool of one connection, so that no two ever write or checkpoint the same file.
///
/// It is opened at once and never closed for idleness, so no minimum is asked for.
///
/// Every commit is durable, also where it need not be, in the views: pages that nobody asks to be written lie in memory until
/// a checkpoint sends all of them to the disk at once, and the commits of the log would wait behind them.
///
/// When a disk is full or fails, SQLite may end a transaction by itself, and sqlx, whose own rollback then fails, believes
/// that it is still within one: what follows would be nested in it and seem to be committed without ever being so. Such a
/// connection is closed and another opened.
async fn one_writer(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .pragma("cache_size", crate::sql::CACHE_KIB)
        .pragma("wal_autocheckpoint", PAGES_BEFORE_CHECKPOINT)
        .busy_timeout(Duration::from_secs(5));
    SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_release(|connection, _| {
            Box::pin(async move {
                // A rollback may be under way; whoever is answered now is answered after it.
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_with(options)
        .await
}

/// A database in memory, gone with the process. It grows to so many pages of 4 KiB and no further.
pub(crate) async fn memory_db(store: &'static str, pages_max: u32) -> Result<Db, OpenError> {
    let options = SqliteConnectOptions::new()
        .pragma("page_size", "4096")
        .pragma("max_page_count", pages_max.to_string());
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(OpenError::database(store))?;
    Ok(Db::Sqlite { write: pool.clone(), read: pool })
}

async fn readers(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(5));
    SqlitePoolOptions::new().max_connections(READERS_MAX).connect_with(options).await
}

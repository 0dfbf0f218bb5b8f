//! Beside the live views on SQLite: a file of its own, whose tables the one writing connection copies in one transaction.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use event_store::sql::{SMALL_CACHE, USUAL_CACHE, close_pool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Acquire, SqliteConnection, SqlitePool};

use super::{RebuildError, catch_up};
use crate::checkpoint;
use crate::lane::Lane;
use crate::source::Source;
use crate::writer::{Tx, Writer};

const FILE: &str = "views-rebuild.db";
const LOCK: &str = "views-rebuild.lock";
const ATTACH: &str = "ATTACH DATABASE $1 AS rebuild";
const DETACH: &str = "DETACH DATABASE rebuild";
const LIVE_POSITION: &str = "SELECT position FROM main.checkpoints WHERE name = $1";

/// The file beside.
pub(super) struct Beside {
    pub(super) writer: Writer,
    file: SqlitePool,
    live: SqlitePool,
    path: PathBuf,
    _lock: File,
}

impl Beside {
    /// Makes an empty file beside the one that `live` writes.
    pub(super) async fn open(live: &SqlitePool) -> Result<Self, RebuildError> {
        let options = live.connect_options();
        let folder = options.get_filename().parent().unwrap_or(Path::new("."));
        let lock = lock(&folder.join(LOCK))?;
        let path = folder.join(FILE);
        remove(&path);
        // It is thrown away after any failure, so nothing about it need be durable, and nothing is ever taken back: a journal
        // would hold a copy of every page that a transaction changes, more and more of them as the tables grow.
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off);
        let file = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        Ok(Self { writer: Writer::Sqlite(file.clone()), file, live: live.clone(), path, _lock: lock })
    }

    /// Copies the tables of `lane`. The live projector waits for the connection meanwhile; readers read on.
    pub(super) async fn swap(&mut self, lane: &mut Lane, source: &mut Source) -> Result<(), RebuildError> {
        let mut live = self.live.acquire().await?;
        loop {
            let stored: Option<(i64,)> =
                sqlx::query_as(LIVE_POSITION).bind(lane.projection.name()).fetch_optional(&mut *live).await?;
            let is_behind =
                stored.is_some_and(|(position,)| lane.at.position.number() < position.cast_unsigned());
            if !is_behind || !catch_up(&mut self.writer, std::slice::from_mut(lane), source).await? {
                break;
            }
        }
        // One that an earlier rebuild left behind when it was given up.
        sqlx::query(DETACH).execute(&mut *live).await.ok();
        sqlx::query(ATTACH).bind(self.path.display().to_string()).execute(&mut *live).await?;
        // Rows are copied in the order of their keys, so no page is needed twice; kept, they would grow with the table.
        sqlx::query(SMALL_CACHE).execute(&mut *live).await?;
        let copied = copy(&mut live, lane).await;
        sqlx::query(USUAL_CACHE).execute(&mut *live).await?;
        sqlx::query(DETACH).execute(&mut *live).await?;
        copied.map_err(RebuildError::from)
    }

    /// Removes the file.
    pub(super) async fn close(self) {
        close_pool(&self.file).await;
        remove(&self.path);
    }
}

async fn copy(live: &mut SqliteConnection, lane: &Lane) -> Result<(), sqlx::Error> {
    let mut tx = Tx::Sqlite(live.begin().await?);
    for table in lane.projection.tables() {
        tx.run(table.drop).await?;
        tx.run(table.create).await?;
        tx.run(crate::statements::Sql::same(table.copy)).await?;
        for index in table.indexes {
            tx.run(crate::statements::Sql::same(index)).await?;
        }
    }
    checkpoint::put_live(&mut tx, lane.projection.as_ref(), lane.at).await?;
    tx.commit().await
}

/// One rebuild at a time: the lock goes with the file handle.
fn lock(path: &Path) -> Result<File, RebuildError> {
    let told = |source| RebuildError::File { path: path.display().to_string(), source };
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(told)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RebuildError::Busy),
        Err(TryLockError::Error(source)) => Err(told(source)),
    }
}

/// Removes what is there; what cannot be removed shows when the file is opened.
fn remove(path: &Path) {
    std::fs::remove_file(path).ok();
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    std::fs::remove_file(journal).ok();
}

//! Stores for the tests: a folder each, written through the store's own front door and changed through the back.

use std::path::Path;
use std::sync::Arc;

use audit::{Report, Verifier, VerifyError};
use event_store::{Batch, Commit, Location, ReadOnlyLog, Stores};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tempfile::TempDir;

use crate::history::History;

/// Commits written in one transaction.
const BATCH: usize = 512;

/// A folder with a log in it.
pub(crate) struct Store {
    folder: TempDir,
}

impl Store {
    /// One that holds these commits.
    pub(crate) async fn of(commits: impl IntoIterator<Item = Commit>) -> Self {
        let store = Self { folder: tempfile::tempdir().unwrap() };
        store.append(commits).await;
        store
    }

    /// One with a random history of so many commits.
    pub(crate) async fn random(seed: u64, commits: usize) -> Self {
        Self::of(History::new(seed, 20, 3_600).commits(commits)).await
    }

    pub(crate) async fn append(&self, commits: impl IntoIterator<Item = Commit>) {
        let stores = Stores::open(&self.location()).await.unwrap();
        let mut commits = commits.into_iter().peekable();
        while commits.peek().is_some() {
            let batch = Batch::seal(stores.log.head().await.unwrap(), commits.by_ref().take(BATCH));
            stores.log.append(&batch).await.unwrap();
        }
        stores.close().await;
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn location(&self) -> Location {
        Location::Folder(self.path().to_owned())
    }

    pub(crate) async fn log(&self) -> Arc<ReadOnlyLog> {
        Arc::new(ReadOnlyLog::open(&self.location()).await.unwrap())
    }

    pub(crate) async fn verify(&self) -> Result<Report, VerifyError> {
        Verifier::new(self.log().await).finish(None, &mut |_| {}).await
    }

    /// A copy of the log alone.
    pub(crate) fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(self.path().join("log.db"), folder.path().join("log.db")).unwrap();
        Self { folder }
    }

    /// A connection past all locks and guards: whoever owns the file can switch them off and on again.
    pub(crate) fn back_door(&self) -> Connection {
        let connection = Connection::open(self.path().join("log.db")).unwrap();
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
        connection
    }
}

//! The two stores that are measured, and fresh places of each kind.

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use event_store::Location;
use tests::{Database, Place};

use crate::options::Surroundings;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Files in a folder.
    Sqlite,
    /// A database server.
    Postgres,
}

impl Kind {
    pub(crate) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// A fresh place on the disk that is measured.
    pub(crate) fn place(self, surroundings: &Surroundings) -> Result<Place> {
        let folder = folder(surroundings)?;
        Ok(match self {
            Self::Sqlite => Place::Folder(folder),
            Self::Postgres => Place::Postgres(database(surroundings)?, folder),
        })
    }
}

/// A fresh folder on the disk that is measured.
pub(crate) fn folder(surroundings: &Surroundings) -> Result<tempfile::TempDir> {
    let made = tempfile::Builder::new().prefix("suanpan-bench-").tempdir_in(&surroundings.folder);
    made.with_context(|| format!("a folder in {}", surroundings.folder.display()))
}

/// A fresh database.
pub(crate) fn database(surroundings: &Surroundings) -> Result<Database> {
    block_on(async { Ok(Database::create_on(surroundings.postgres.clone()).await) })
}

/// The place as the stores call it.
pub(crate) fn location(place: &Place) -> Result<Location> {
    match place {
        Place::Folder(folder) => Ok(Location::Folder(folder.path().to_path_buf())),
        Place::Postgres(database, _) => Location::postgres(&database.url()).context("the database's address"),
    }
}

/// Runs something on a runtime of its own, which is gone afterwards: nothing of it disturbs a run.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

//! A folder for one test.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};
use tempfile::TempDir;

/// A folder of its own, removed with this value.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// An empty one.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another folder")]
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("suanpan-").tempdir().unwrap())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A connection of its own to the file of `log`, `vault` or `views`.
    pub async fn connect(&self, store: &str) -> SqliteConnection {
        let file = self.path().join(format!("{store}.db"));
        SqliteConnectOptions::new().filename(file).connect().await.unwrap()
    }
}

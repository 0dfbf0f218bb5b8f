//! One static SQL text for both databases: a handle on either, and macros that run a statement on whichever it is.
//!
//! Statements use `$1`, `$2` … and types both know; where the dialects part, [`Db::pick`] chooses between two texts.

use std::time::{Duration, Instant};

use sqlx::{Database, PgPool, Pool, SqlitePool};

/// Pages kept in memory by the connection that writes, as SQLite writes KiB.
pub(crate) const CACHE_KIB: &str = "-16384";
/// Gives the writing connection of a SQLite file its usual memory for pages.
pub const USUAL_CACHE: &str = "PRAGMA main.cache_size = -16384";
/// Lets it keep few pages: for what writes each page once.
pub const SMALL_CACHE: &str = "PRAGMA main.cache_size = -2048";

/// A database of rows that are read and written with the same statements on SQLite and on PostgreSQL.
#[derive(Clone, Debug)]
pub enum Db {
    /// A SQLite file: one connection writes, others read.
    Sqlite {
        /// The one connection that writes and checkpoints.
        write: SqlitePool,
        /// Read-only connections.
        read: SqlitePool,
    },
    /// A schema of a PostgreSQL database (the connections' `search_path`).
    Postgres(PgPool),
}

impl Db {
    /// The text for the database at hand.
    #[must_use]
    pub const fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite { .. } => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    /// Sees to it that deleted rows are gone from the write-ahead file of SQLite, too. PostgreSQL overwrites them when it vacuums.
    pub(crate) async fn purge(&self) -> Result<(), sqlx::Error> {
        let Self::Sqlite { write, .. } = self else { return Ok(()) };
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(write).await?;
        if busy == 0 {
            return Ok(());
        }
        let kept = "a reader keeps the write-ahead file in use";
        Err(std::io::Error::new(std::io::ErrorKind::ResourceBusy, kept).into())
    }

    /// Closes every connection after what is under way.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                close_pool(read).await;
                close_pool(write).await;
            }
            Self::Postgres(pool) => close_pool(pool).await,
        }
    }
}

/// How long those that use a pool may take to give their connections back when it is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Closes every connection of a pool after what is under way. sqlx 0.8 closes those that lie idle, but neither waits for all the
/// others nor closes one that came back meanwhile; closed again, the pool has it idle.
pub async fn close_pool<D: Database>(pool: &Pool<D>) {
    let until = Instant::now() + CLOSE_TIMEOUT;
    loop {
        pool.close().await;
        if pool.size() == 0 || Instant::now() >= until {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Runs a statement; gives the number of rows it touched: `execute!(db, SQL, a, b)`.
#[macro_export]
macro_rules! execute {
    ($db:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $db {
            $crate::sql::Db::Sqlite { write, .. } => {
                ::sqlx::query($sql)$(.bind($arg))*.execute(write).await.map(|done| done.rows_affected())
            }
            $crate::sql::Db::Postgres(pool) => {
                ::sqlx::query($sql)$(.bind($arg))*.execute(pool).await.map(|done| done.rows_affected())
            }
        }
    };
}

/// Reads all rows as tuples: `fetch_all!(db, (i64, String), SQL, a, b)`.
#[macro_export]
macro_rules! fetch_all {
    ($db:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $db {
            $crate::sql::Db::Sqlite { read, .. } => {
                ::sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(read).await
            }
            $crate::sql::Db::Postgres(pool) => {
                ::sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(pool).await
            }
        }
    };
}

/// Reads one row or none as a tuple: `fetch_optional!(db, (i64,), SQL, a)`.
#[macro_export]
macro_rules! fetch_optional {
    ($db:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $db {
            $crate::sql::Db::Sqlite { read, .. } => {
                ::sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(read).await
            }
            $crate::sql::Db::Postgres(pool) => {
                ::sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(pool).await
            }
        }
    };
}

/// Runs a statement that writes and gives a row back (`RETURNING`), on the connection that writes.
#[macro_export]
macro_rules! write_returning {
    ($db:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $db {
            $crate::sql::Db::Sqlite { write, .. } => {
                ::sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(write).await
            }
            $crate::sql::Db::Postgres(pool) => {
                ::sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(pool).await
            }
        }
    };
}

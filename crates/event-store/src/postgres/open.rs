//! Opening the three schemas of a PostgreSQL database.

use std::io;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::error::OpenError;
use crate::open::{POSTGRES_LOG, POSTGRES_VAULT, migrate};
use crate::postgres::kept::Kept;
use crate::snapshot;
use crate::sql::{Db, close_pool};

const READERS_MAX: u32 = 8;
const DATABASE_CONNECTIONS_MAX: u32 = 8;
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a server waits for another that is setting up.
const SETUP_WAIT: &str = "60s";
/// A connection that was idle for longer is tried before it is used: the database may have ended it meanwhile.
pub(super) const IDLE_BEFORE_TEST: Duration = Duration::from_secs(1);
/// How long a connection that is given back may take to answer before it is closed.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(2);
/// Guards the creation of schemas and tables among servers that start together ("suanpan" in ASCII).
const SETUP_LOCK: i64 = 0x0073_7561_6e70_616e;

/// The log of one database.
#[derive(Debug)]
pub(crate) struct PostgresLog {
    pub(super) write: Kept,
    pub(super) read: PgPool,
}

impl PostgresLog {
    /// Opens the log; [`prepare`] must have run.
    pub(crate) async fn open(address: &PgConnectOptions) -> Result<Self, OpenError> {
        // One statement at a time is ever appended; the second connection replaces a broken first without waiting. The head's row
        // orders them; a database whose default isolation is stricter would refuse some for nothing.
        let address = &address
            .clone()
            .options([("synchronous_commit", "on"), ("default_transaction_isolation", "read\\ committed")]);
        Ok(Self {
            write: Kept::new(pool(address, "log", 2).await.map_err(OpenError::database("the log"))?),
            read: pool(address, "log", READERS_MAX).await.map_err(OpenError::database("the log"))?,
        })
    }
}

/// Whether a log of ours is there, which need not be whole.
const IS_OURS: &str = "SELECT to_regclass('log._sqlx_migrations') IS NOT NULL";
/// Whether a schema of ours holds what is not ours.
const IS_FOREIGN: &str =
    "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(schema) AND relkind <> 'i')
    AND to_regclass(schema || '._sqlx_migrations') IS NULL AND (to_regclass(schema || '.events') IS NULL
    OR to_regclass(schema || '.head') IS NULL OR to_regclass(schema || '.answers') IS NULL)
    FROM unnest(ARRAY['log', 'vault']) AS schema ORDER BY 1 DESC LIMIT 1";

/// Whether the database holds a log of ours.
pub(crate) async fn holds_log(address: &PgConnectOptions) -> Result<bool, OpenError> {
    let mut connection = connect(address).await?;
    let refused = || OpenError::database("the database");
    let (is_ours,): (bool,) = sqlx::query_as(IS_OURS).fetch_one(&mut connection).await.map_err(refused())?;
    connection.close().await.map_err(refused())?;
    Ok(is_ours)
}

pub(super) async fn connect(address: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(address))
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer").into()))
        .map_err(OpenError::database("the database"))
}

/// Creates the schemas and brings log and vault up to date, one server at a time.
pub(crate) async fn prepare(address: &PgConnectOptions) -> Result<(), OpenError> {
    let refused = || OpenError::database("the database");
    let mut connection = connect(&address.clone().options([("lock_timeout", SETUP_WAIT)])).await?;
    let (encoding,): (String,) =
        sqlx::query_as("SHOW server_encoding").fetch_one(&mut connection).await.map_err(refused())?;
    // Without an encoding bytes are kept as they come.
    if !matches!(encoding.as_str(), "UTF8" | "SQL_ASCII") {
        return Err(OpenError::Encoding(encoding));
    }
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(SETUP_LOCK)
        .execute(&mut connection)
        .await
        .map_err(refused())?;
    let (is_foreign,): (bool,) =
        sqlx::query_as(IS_FOREIGN).fetch_one(&mut connection).await.map_err(refused())?;
    if is_foreign {
        let database = address.get_database().unwrap_or_default();
        return Err(OpenError::Foreign(format!("the database {database}")));
    }
    for statement in [
        "CREATE SCHEMA IF NOT EXISTS log",
        "CREATE SCHEMA IF NOT EXISTS vault",
        "CREATE SCHEMA IF NOT EXISTS views",
    ] {
        sqlx::query(statement).execute(&mut connection).await.map_err(refused())?;
    }
    for (schema, store, files) in [("log", "the log", POSTGRES_LOG), ("vault", "the vault", POSTGRES_VAULT)] {
        let setup = pool(address, schema, 1).await.map_err(OpenError::database(store))?;
        migrate(&setup, store, files).await?;
        close_pool(&setup).await;
    }
    let setup = pool(address, "views", 1).await.map_err(OpenError::database("the views"))?;
    sqlx::query(snapshot::CREATE).execute(&setup).await.map_err(OpenError::database("the views"))?;
    close_pool(&setup).await;
    // Closing the connection gives the lock back.
    connection.close().await.map_err(refused())
}

/// Opens one schema as a [`Db`].
pub(crate) async fn open_db(
    address: &PgConnectOptions,
    schema: &'static str,
    synchronous_commit: bool,
) -> Result<Db, OpenError> {
    let value = if synchronous_commit { "on" } else { "off" };
    let options = address.clone().options([("synchronous_commit", value)]);
    let pool = pool(&options, schema, DATABASE_CONNECTIONS_MAX)
        .await
        .map_err(OpenError::database("the database"))?;
    Ok(Db::Postgres(pool))
}

pub(super) async fn pool(
    address: &PgConnectOptions,
    schema: &'static str,
    size: u32,
) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, found| {
            Box::pin(async move {
                if found.idle_for > IDLE_BEFORE_TEST {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                // sqlx tries it as well, without end: whoever gave up waiting for an answer would keep its place in the pool until the
                // kernel gives the connection up.
                tokio::time::timeout(RELEASE_TIMEOUT, connection.ping())
                    .await
                    .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))?;
                Ok(true)
            })
        })
        .connect_with(address.clone().options([("search_path", schema)]))
        .await
}

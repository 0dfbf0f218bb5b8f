//! The stock peers, each as a process of its own on a fresh store.

mod shell;
mod till;

use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr as _;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use cqrs_es::CqrsFramework;
use cqrs_es::persist::{GenericQuery, PersistedEventStore};
use postgres_es::{PostgresEventRepository, PostgresViewRepository};
use sqlite_es::SqliteEventRepository;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;
use tests::{Database, Server};

use self::till::{Till, TillCommand, TillView};
use crate::options::{PeerOptions, Surroundings};
use crate::store::{block_on, database, folder};

/// The tables that postgres-es documents, for one view.
const POSTGRES_TABLES: &str = "
    CREATE TABLE events (
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        sequence bigint CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL,
        event_version text NOT NULL,
        payload json NOT NULL,
        metadata json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    );
    CREATE TABLE till_view (
        view_id text NOT NULL,
        version bigint CHECK (version >= 0) NOT NULL,
        payload json NOT NULL,
        PRIMARY KEY (view_id)
    );";

/// The table that sqlite-es documents.
const SQLITE_TABLES: &str = "
    CREATE TABLE events (
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        sequence integer CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL,
        event_version text NOT NULL,
        payload text NOT NULL,
        metadata text NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    ) STRICT;";

const COUNT_EVENTS: &str = "SELECT count(*) FROM events";

/// A peer with its empty store.
pub(crate) struct Peer {
    store: Store,
    connections: u32,
}

enum Store {
    Postgres(Database),
    Sqlite(PathBuf, #[expect(dead_code, reason = "removes the file's folder when it is dropped")] TempDir),
}

impl Peer {
    /// cqrs-es with postgres-es: three events a command and one view.
    pub(crate) fn postgres(surroundings: &Surroundings, connections: u32) -> Result<Self> {
        let database = database(surroundings)?;
        block_on(async {
            let mut connection = PgConnection::connect(&database.url()).await?;
            connection.execute(POSTGRES_TABLES).await?;
            Ok(connection.close().await?)
        })?;
        Ok(Self { store: Store::Postgres(database), connections })
    }

    /// cqrs-es with sqlite-es: one event a command.
    pub(crate) fn sqlite(surroundings: &Surroundings, connections: u32) -> Result<Self> {
        let folder = folder(surroundings)?;
        let file = folder.path().join("events.db");
        block_on(async {
            let mut connection =
                SqliteConnection::connect_with(&sqlite_options(&file.display().to_string())?).await?;
            connection.execute(SQLITE_TABLES).await?;
            Ok(connection.close().await?)
        })?;
        Ok(Self { store: Store::Sqlite(file, folder), connections })
    }

    /// Starts its process.
    pub(crate) fn start(&self) -> Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["peer", "--store", &self.address(), "--connections", &self.connections.to_string()]);
        Server::start_command(command).map_err(|told| anyhow!("the peer did not start:\n{told}"))
    }

    /// Sees that every command wrote what it had to.
    pub(crate) fn check_written(&self, commands: u64) -> Result<()> {
        let (written, expected) = block_on(async {
            Ok(match &self.store {
                Store::Postgres(database) => {
                    let mut connection = PgConnection::connect(&database.url()).await?;
                    let written: i64 = sqlx::query_scalar(COUNT_EVENTS).fetch_one(&mut connection).await?;
                    (written, commands * TillCommand::buying().events())
                }
                Store::Sqlite(file, _) => {
                    let options = sqlite_options(&file.display().to_string())?;
                    let mut connection = SqliteConnection::connect_with(&options).await?;
                    let written: i64 = sqlx::query_scalar(COUNT_EVENTS).fetch_one(&mut connection).await?;
                    (written, commands * TillCommand::debiting().events())
                }
            })
        })?;
        ensure!(u64::try_from(written)? == expected, "{commands} commands wrote {written} events");
        Ok(())
    }

    fn address(&self) -> String {
        match &self.store {
            Store::Postgres(database) => database.url(),
            Store::Sqlite(file, _) => file.display().to_string(),
        }
    }
}

/// Is a peer, until it is killed.
pub(crate) fn serve(options: &PeerOptions) -> Result<()> {
    if options.store.starts_with("postgres://") {
        block_on(serve_postgres(options))
    } else {
        block_on(serve_sqlite(options))
    }
}

async fn serve_postgres(options: &PeerOptions) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(options.connections).connect(&options.store).await?;
    let views = PostgresViewRepository::<TillView, Till>::new("till_view", pool.clone());
    let mut query = GenericQuery::new(Arc::new(views));
    let trouble = shell::Trouble::default();
    query.use_error_handler(trouble.handler());
    let store = PersistedEventStore::new_event_store(PostgresEventRepository::new(pool));
    let framework = CqrsFramework::new(store, vec![Box::new(query)], ());
    shell::serve(framework, TillCommand::buying(), trouble).await
}

async fn serve_sqlite(options: &PeerOptions) -> Result<()> {
    let pool = SqlitePoolOptions::new().max_connections(options.connections);
    let pool = pool.connect_with(sqlite_options(&options.store)?).await?;
    let store = PersistedEventStore::new_event_store(SqliteEventRepository::new(pool));
    let framework = CqrsFramework::new(store, Vec::new(), ());
    shell::serve(framework, TillCommand::debiting(), shell::Trouble::default()).await
}

/// As sqlite-es makes its own pool, but durable: its default may lose commits when the power goes.
fn sqlite_options(file: &str) -> Result<SqliteConnectOptions> {
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{file}")).context("the file's name")?;
    Ok(options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true))
}

//! PostgreSQL's own benchmark: one event row a transaction, into a table like ours.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use event_store::{Location, Stores};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;
use tests::Database;

use crate::load::Sample;
use crate::options::{Options, Surroundings};
use crate::store::{block_on, database, folder};

/// Our own table with its columns, checks, primary key and unique position, but without the hash's computation and
/// without a head to move.
const TABLE: &str = "
    CREATE TABLE public.events (LIKE log.events INCLUDING ALL);
    CREATE SEQUENCE public.positions CACHE 100;";

/// One event, as long as the debit of a purchase. The colons are followed by spaces, or pgbench would take what follows
/// for variables.
const SCRIPT: &str = r#"\set account random(1, 1000)
INSERT INTO public.events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position, commit_id, recorded_at, hash) SELECT 'balance', :account, n, 'BalanceDebited', '1.0', '{"BalanceDebited": {"entry": 4503599627370496,"amount": 1,"balance": 999999,"purpose": {"purchase": {"purchase": 4503599627370497,"product": 500,"name": "商品 500","num": 1}}}}', '{"actor": "549755813888","api": "wallet","correlation": "01890a5d-ac96-774b-bcce-b302099a8057"}', n, '01890a5d-ac96-774b-bcce-b302099a8057', 1700000000000000, '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' FROM nextval('public.positions') AS n;
"#;

/// How statements are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Statements {
    /// Parsed once a connection.
    Prepared,
    /// As text each time.
    Text,
}

/// A database with the table, and the script.
pub(crate) struct Pgbench {
    program: PathBuf,
    database: Database,
    folder: TempDir,
}

impl Pgbench {
    pub(crate) fn prepare(surroundings: &Surroundings) -> Result<Self> {
        let database = database(surroundings)?;
        block_on(async {
            // Opening makes our tables, which this one is to be like.
            Stores::open(&Location::postgres(&database.url())?).await?.close().await;
            let mut connection = PgConnection::connect(&database.url()).await?;
            connection.execute(TABLE).await?;
            Ok(connection.close().await?)
        })?;
        let folder = folder(surroundings)?;
        std::fs::write(folder.path().join("insert.sql"), SCRIPT)?;
        Ok(Self { program: surroundings.postgres_programs.join("pgbench"), database, folder })
    }

    /// Warms up, then counts transactions.
    pub(crate) fn run(&self, clients: usize, statements: Statements, options: &Options) -> Result<Sample> {
        self.transactions_per_s(clients, statements, 1)?;
        let rate_per_s = self.transactions_per_s(clients, statements, options.seconds())?;
        Ok(Sample { rate_per_s, ..Sample::default() })
    }

    fn transactions_per_s(&self, clients: usize, statements: Statements, seconds: u64) -> Result<u64> {
        let mode = match statements {
            Statements::Prepared => "prepared",
            Statements::Text => "simple",
        };
        let mut command = Command::new(&self.program);
        command
            .args(["--no-vacuum", "--protocol", mode])
            .arg("--file")
            .arg(self.folder.path().join("insert.sql"));
        command.args(["--client", &clients.to_string(), "--jobs", &clients.min(2).to_string()]);
        command.args(["--time", &seconds.to_string(), &self.database.url()]);
        let output = command.output().with_context(|| format!("{}", self.program.display()))?;
        let told = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pgbench: {}\n{told}\n{errors}", output.status);
        let rate = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split('.').next()?.parse().ok());
        rate.with_context(|| format!("pgbench told no rate:\n{told}\n{errors}"))
    }
}

/// Does at once what autovacuum would do within a minute: afterwards the planner knows the tables.
pub(crate) fn vacuum(database: &str) -> Result<()> {
    block_on(async {
        let mut connection = PgConnection::connect(database).await?;
        connection.execute("VACUUM (ANALYZE)").await?;
        Ok(connection.close().await?)
    })
}

/// Writes everything that waits to be written, in all databases.
pub(crate) fn checkpoint(database: &str) -> Result<()> {
    block_on(async {
        let mut connection = PgConnection::connect(database).await?;
        connection.execute("CHECKPOINT").await?;
        Ok(connection.close().await?)
    })
}

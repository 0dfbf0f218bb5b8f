//! The one connection that writes views, and the lease that makes it the only one among servers.

use std::time::Duration;

use event_store::sql::Db;
use event_store::{StoreError, in_time};
use sqlx::postgres::PgArguments;
use sqlx::postgres::PgDatabaseError;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Connection, PgConnection, Postgres, Sqlite, SqlitePool, Transaction};

use tokio::time::{Instant, timeout};

use crate::changes::Write;
use crate::copied::copied_rows;
use crate::statements::{PostgresRows, SIZES, Sql};
use crate::table::Column;

/// The lock whose holder folds ("views" in ASCII).
const LEASE: i64 = 0x0076_6965_7773;
/// How long giving back may take: a database that says nothing notices by itself when the connection is gone.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The lock under which tables are created ("tables" in ASCII).
const TABLES: i64 = 0x7461_626c_6573;
/// Rows are always found by their key. Plans made while a table was small would else read all of it for ever.
const BY_KEY: [&str; 3] =
    ["SET enable_seqscan = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off"];

/// A session that says nothing for so long is ended by PostgreSQL, and its lease with it: a server whose network fell silent cannot give
/// it back, and PostgreSQL by itself would notice after hours. The last four are for one in the middle of a statement.
const EXPIRY: [&str; 6] = [
    "SET idle_session_timeout = '15s'",
    "SET idle_in_transaction_session_timeout = '15s'",
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 2",
    "SET tcp_user_timeout = '15s'",
];
/// How long a session that is not used is left alone.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Who may write.
pub(crate) enum Writer {
    /// SQLite: the pool of the one connection that writes; the folder's lock keeps other processes away.
    Sqlite(SqlitePool),
    /// PostgreSQL: a connection of its own, and when it was last used. What holds a lease loses it with the connection, and cannot
    /// write without.
    Postgres(PgConnection, Instant),
}

impl Writer {
    /// A connection that writes, without the lease. It leaves the pool first: a lock taken on it then ends with it, even if
    /// whoever asked for the lock is gone before the answer comes.
    pub(crate) async fn connect(db: &Db) -> Result<Self, sqlx::Error> {
        match db {
            Db::Sqlite { write, .. } => Ok(Self::Sqlite(write.clone())),
            Db::Postgres(pool) => {
                let mut connection = pool.acquire().await?.detach();
                for setting in BY_KEY {
                    sqlx::query(setting).execute(&mut connection).await?;
                }
                expire(&mut connection).await?;
                Ok(Self::Postgres(connection, Instant::now()))
            }
        }
    }

    /// Tries to take the lease; `false` if another server holds it.
    pub(crate) async fn take_lease(&mut self) -> Result<bool, StoreError> {
        let Self::Postgres(connection, used_at) = self else { return Ok(true) };
        *used_at = Instant::now();
        in_time(async { Ok(try_lock(connection, LEASE).await?) }).await
    }

    /// Lets PostgreSQL hear from a session that was not used for a while.
    pub(crate) async fn keep_alive(&mut self) -> Result<(), StoreError> {
        let Self::Postgres(connection, used_at) = self else { return Ok(()) };
        if used_at.elapsed() < KEEP_ALIVE {
            return Ok(());
        }
        *used_at = Instant::now();
        in_time(async { Ok(connection.ping().await?) }).await
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<Tx<'_>, sqlx::Error> {
        match self {
            Self::Sqlite(pool) => Ok(Tx::Sqlite(pool.begin().await?)),
            Self::Postgres(connection, used_at) => {
                *used_at = Instant::now();
                Ok(Tx::Postgres(connection.begin().await?))
            }
        }
    }

    /// Gives locks and connection back. The locks first: the server notices the end of a connection only a little later.
    pub(crate) async fn close(self) {
        if let Self::Postgres(mut connection, _) = self {
            let closing = async {
                sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut connection).await.ok();
                connection.close().await.ok();
            };
            timeout(CLOSE_TIMEOUT, closing).await.ok();
        }
    }
}

/// Lets PostgreSQL end the session when it is not heard of any more.
pub(crate) async fn expire(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    for setting in EXPIRY {
        sqlx::query(setting).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Tries to take a lock that the connection holds until it ends.
pub(crate) async fn try_lock(connection: &mut PgConnection, lock: i64) -> Result<bool, sqlx::Error> {
    let statement = "SELECT pg_try_advisory_lock($1)";
    let (taken,): (bool,) = sqlx::query_as(statement).bind(lock).fetch_one(connection).await?;
    Ok(taken)
}

/// A transaction on the views.
pub(crate) enum Tx<'a> {
    /// On SQLite.
    Sqlite(Transaction<'a, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'a, Postgres>),
}

impl Tx<'_> {
    /// Runs a statement without parameters.
    pub(crate) async fn run(&mut self, sql: Sql) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => {
                sqlx::query(sql.sqlite).persistent(false).execute(&mut **tx).await?;
            }
            Self::Postgres(tx) => {
                sqlx::query(sql.postgres).persistent(false).execute(&mut **tx).await?;
            }
        }
        Ok(())
    }

    /// Runs a statement for a JSON array of rows; gives the number of rows touched.
    pub(crate) async fn run_json(&mut self, sql: Sql, rows: &str) -> Result<u64, sqlx::Error> {
        match self {
            Self::Sqlite(tx) => {
                Ok(sqlx::query(sql.sqlite).bind(rows).execute(&mut **tx).await?.rows_affected())
            }
            Self::Postgres(tx) => {
                Ok(sqlx::query(sql.postgres).bind(rows).execute(&mut **tx).await?.rows_affected())
            }
        }
    }

    /// Writes rows.
    pub(crate) async fn write(&mut self, write: &Write) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => {
                let mut from = 0;
                for (text, size) in write.sql.sqlite.into_iter().zip(SIZES) {
                    while write.count - from >= size {
                        let mut query = sqlx::query(text);
                        for row in from..from + size {
                            query = write
                                .columns
                                .iter()
                                .fold(query, |query, column| bind_value(query, column, row));
                        }
                        query.execute(&mut **tx).await?;
                        from += size;
                    }
                }
            }
            Self::Postgres(tx) => match write.sql.postgres {
                PostgresRows::Bound(text) => {
                    let query = write.columns.iter().fold(sqlx::query(text), bind_column);
                    query.execute(&mut **tx).await?;
                }
                PostgresRows::Copied(text) => {
                    let mut copy = tx.copy_in_raw(text).await?;
                    copy.send(copied_rows(&write.columns, write.count)).await?;
                    copy.finish().await?;
                }
            },
        }
        Ok(())
    }

    /// Keeps other servers from creating tables until this transaction ends.
    pub(crate) async fn lock_tables(&mut self) -> Result<(), sqlx::Error> {
        if let Self::Postgres(tx) = self {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(TABLES).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Makes it all durable, or at least sure to be seen whole or not at all.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

/// Binds the value of one row.
fn bind_value<'q>(
    query: Query<'q, Sqlite, SqliteArguments<'q>>,
    column: &'q Column,
    row: usize,
) -> Query<'q, Sqlite, SqliteArguments<'q>> {
    match column {
        Column::Int(values) => query.bind(values.get(row).copied()),
        Column::Text(values) => query.bind(values.get(row).map(String::as_str)),
        Column::MaybeInt(values) => query.bind(values.get(row).copied().flatten()),
        Column::MaybeText(values) => query.bind(values.get(row).and_then(Option::as_deref)),
    }
}

/// Binds the values of all rows.
fn bind_column<'q>(
    query: Query<'q, Postgres, PgArguments>,
    column: &'q Column,
) -> Query<'q, Postgres, PgArguments> {
    match column {
        Column::Int(values) => query.bind(values),
        Column::Text(values) => query.bind(values),
        Column::MaybeInt(values) => query.bind(values),
        Column::MaybeText(values) => query.bind(values),
    }
}

/// If the database refuses the rows themselves, as it would every time: the code it gives. Anything else may pass.
pub(crate) fn refusal(error: &sqlx::Error) -> Option<String> {
    let refused = error.as_database_error()?;
    let code = refused.code()?;
    let is_lasting = if refused.try_downcast_ref::<PgDatabaseError>().is_some() {
        // Data, integrity, syntax or an unknown table, a limit of the program.
        matches!(code.get(..2), Some("22" | "23" | "42" | "54"))
    } else {
        // ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE; the low byte is the kind.
        matches!(code.parse::<i32>().map(|code| code & 0xff), Ok(1 | 18 | 19 | 20 | 25))
    };
    is_lasting.then(|| format!("the database refuses its rows (code {code})"))
}

//! The log and the views of a PostgreSQL database in sessions that the server itself keeps from writing.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgPool};

use super::PostgresLog;
use super::kept::Kept;
use super::open::{connect, pool};
use super::read::{read_answer, show_event};
use crate::batch::{Answer, AnswerKey};
use crate::error::{OpenError, Redacted, StoreError};
use crate::gather::{Gather, Gathered, Stretch};
use crate::open::POSTGRES_LOG;
use crate::position::Position;
use crate::soundness::no_version;

const READERS: u32 = 4;
const TABLES: &str = "SELECT count(*) FROM information_schema.tables
    WHERE table_schema = 'log' AND table_name IN ('events', 'head', 'answers', '_sqlx_migrations')";
const VAULT_TABLES: &str = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'vault'
    AND table_name IN ('passwords', 'sessions', 'data_keys', 'house_keys', 'attempts')";
const VERSION: &str = "SELECT max(version) FROM _sqlx_migrations";
const ANSWERS: &str = "SELECT account_id, key, request_hash, body, commit_id, recorded_at FROM answers
    WHERE (account_id, key) > ($1, $2) ORDER BY account_id, key LIMIT $3";
const STRETCH: &str =
    "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload::text,
    metadata::text, position, commit_id, recorded_at, hash FROM events
    WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3";
const COUNT: &str =
    "SELECT head.position, count(*) FILTER (WHERE events.position BETWEEN 1 AND greatest(head.position, $1)),
    count(events.position) FROM head LEFT JOIN events ON true WHERE head.id = 1 GROUP BY head.position";

/// Opens the log for reading alone. Nothing is created or brought up to date.
pub(crate) async fn open_read_only(address: &PgConnectOptions) -> Result<PostgresLog, OpenError> {
    // A pool would only say that it has waited.
    connect(address).await?.close().await.ok();
    let read = read_only(address, "log", "the log").await?;
    let refused = || OpenError::database("the log");
    let (tables,): (i64,) = sqlx::query_as(TABLES).fetch_one(&read).await.map_err(refused())?;
    if tables < 4 {
        let log = PostgresLog { write: Kept::new(read.clone()), read };
        let database = address.get_database().unwrap_or_default();
        let gone = log
            .gone()
            .await
            .map_err(|source| OpenError::Database { store: "the log", source: Redacted(source) })?;
        return Err(gone
            .map_or_else(|| OpenError::Foreign(format!("the database {database}")), OpenError::Incomplete));
    }
    let (found,): (Option<i64>,) = sqlx::query_as(VERSION).fetch_one(&read).await.map_err(refused())?;
    let known = POSTGRES_LOG.last().map_or(0, |(version, _)| *version);
    match found {
        Some(found) if found > known => Err(OpenError::Newer { store: "the log", found }),
        Some(found) if found < known => Err(OpenError::Older { store: "the log", found }),
        Some(_) => Ok(PostgresLog { write: Kept::new(read.clone()), read }),
        None => Err(OpenError::Incomplete(no_version())),
    }
}

/// Opens the vault for reading alone; `None` where this role is shown none.
pub(crate) async fn vault_read_only(address: &PgConnectOptions) -> Result<Option<PgPool>, OpenError> {
    let pool = read_only(address, "vault", "the vault").await?;
    let (tables,): (i64,) =
        sqlx::query_as(VAULT_TABLES).fetch_one(&pool).await.map_err(OpenError::database("the vault"))?;
    Ok((tables == 5).then_some(pool))
}

/// Opens the views for reading alone.
pub(crate) async fn views_read_only(address: &PgConnectOptions) -> Result<PgPool, OpenError> {
    read_only(address, "views", "the views").await
}

async fn read_only(
    address: &PgConnectOptions,
    schema: &'static str,
    store: &'static str,
) -> Result<PgPool, OpenError> {
    let address = address.clone().options([("default_transaction_read_only", "on")]);
    pool(&address, schema, READERS).await.map_err(OpenError::database(store))
}

impl PostgresLog {
    /// Shows the events of a stretch to `made`, on a thread that may be busy.
    pub(crate) async fn gather<G: Gather>(
        &self,
        stretch: Stretch,
        mut made: G,
    ) -> Result<Gathered<G>, StoreError> {
        let rows = sqlx::query(STRETCH)
            .bind(stretch.after.to_sql())
            .bind(stretch.until.to_sql())
            .bind(i64::from(stretch.limit))
            .fetch_all(&self.read)
            .await?;
        let show = move || {
            for row in &rows {
                match show_event(row) {
                    Ok(event) => made.take(&event),
                    Err(damage @ StoreError::Damaged(_)) => {
                        return Ok(Gathered { made, damage: Some(damage) });
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(Gathered { made, damage: None })
        };
        tokio::task::spawn_blocking(show).await.map_err(|_| StoreError::Closed)?
    }

    pub(crate) async fn read_answers(
        &self,
        after: Option<&AnswerKey>,
        limit: u32,
    ) -> Result<Vec<Answer>, StoreError> {
        let (account, key) = after.map_or((-1, ""), |key| (key.account.cast_signed(), key.key.as_ref()));
        let rows =
            sqlx::query(ANSWERS).bind(account).bind(key).bind(i64::from(limit)).fetch_all(&self.read).await?;
        rows.iter().map(read_answer).collect()
    }

    /// Rows at positions from 1 to `last`, and rows elsewhere up to the end of the log as it is now.
    pub(crate) async fn count(&self, last: Position) -> Result<(u64, u64), StoreError> {
        let (head, within, all): (i64, i64, i64) =
            sqlx::query_as(COUNT).bind(last.to_sql()).fetch_one(&self.read).await?;
        let newer = head.max(last.to_sql()).abs_diff(last.to_sql());
        Ok((within.unsigned_abs().saturating_sub(newer), all.abs_diff(within)))
    }
}

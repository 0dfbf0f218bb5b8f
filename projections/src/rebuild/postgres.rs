//! Beside the live views on PostgreSQL: a schema of its own, whose tables move into the live schema in one transaction.

use std::sync::Arc;
use std::time::Duration;

use event_store::Position;
use sqlx::{PgConnection, PgPool};
use tokio::time::{Instant, sleep};

use super::{RebuildError, refuse_stopped};
use crate::checkpoint::{self, Checkpoint};
use crate::lane::{self, Lane};
use crate::source::Source;
use crate::statements::Sql;
use crate::writer::{Tx, Writer, expire, try_lock};

/// One rebuild at a time ("rebuild" in ASCII).
const LOCK: i64 = 0x0072_6562_7569_6c64;
const CLEAN: &str = "DROP SCHEMA IF EXISTS views_rebuild CASCADE";
/// Readers hold tables in orders of their own. Giving up before PostgreSQL looks for deadlocks (1 s) spares them.
const PATIENCE: &str = "SET LOCAL lock_timeout = '500ms'";
const HOLD_PROJECTOR: &str = "LOCK TABLE views.checkpoints IN EXCLUSIVE MODE";
const LIVE_POSITION: &str = "SELECT position FROM views.checkpoints WHERE name = $1";
const SWAPS_MAX: u32 = 60;
const SWAP_PAUSE: Duration = Duration::from_millis(100);

/// The schema beside.
pub(super) struct Beside {
    pub(super) writer: Writer,
}

impl Beside {
    /// Makes an empty schema and a connection that works in it.
    pub(super) async fn open(pool: &PgPool) -> Result<Self, RebuildError> {
        let mut connection = pool.acquire().await?.detach();
        expire(&mut connection).await?;
        if !try_lock(&mut connection, LOCK).await? {
            return Err(RebuildError::Busy);
        }
        for statement in [CLEAN, "CREATE SCHEMA views_rebuild", "SET search_path TO views_rebuild"] {
            sqlx::query(statement).execute(&mut connection).await?;
        }
        Ok(Self { writer: Writer::Postgres(connection, Instant::now()) })
    }

    /// Moves the tables of `lane` into the live schema.
    pub(super) async fn swap(&mut self, lane: &mut Lane, source: &mut Source) -> Result<(), RebuildError> {
        for _ in 1..SWAPS_MAX {
            match self.try_swap(lane, source).await {
                Err(RebuildError::Store(error)) if is_patience_at_end(&error) => sleep(SWAP_PAUSE).await,
                done => return done,
            }
        }
        self.try_swap(lane, source).await
    }

    async fn try_swap(&mut self, lane: &mut Lane, source: &mut Source) -> Result<(), RebuildError> {
        let began_at = lane.at;
        let swapped = swap_once(&mut self.writer, lane, source).await;
        if swapped.is_err() {
            // The transaction is undone, and with it what it folded.
            *lane = Lane::new(Arc::clone(&lane.projection), began_at);
        }
        swapped
    }

    /// Removes the schema, and gives up the lock with the connection.
    pub(super) async fn close(self) {
        let Writer::Postgres(mut connection, used_at) = self.writer else { return };
        clean(&mut connection).await;
        Writer::Postgres(connection, used_at).close().await;
    }
}

async fn clean(connection: &mut PgConnection) {
    if let Err(error) = sqlx::query(CLEAN).execute(connection).await {
        tracing::warn!(%error, "what was built beside the views is left for the next rebuild to remove");
    }
}

async fn swap_once(writer: &mut Writer, lane: &mut Lane, source: &mut Source) -> Result<(), RebuildError> {
    let mut tx = writer.begin().await?;
    tx.run(Sql::same(PATIENCE)).await?;
    tx.run(Sql::same(HOLD_PROJECTOR)).await?;
    let live = live_position(&mut tx, lane.projection.name()).await?;
    while lane.at.position < live {
        let Some(page) = source.page(lane.at).await? else { break };
        let lanes = std::slice::from_mut(lane);
        lane::fold(lanes, &page)?;
        drop(page);
        lane::write_all_in(&mut tx, lanes).await?;
        refuse_stopped(lanes)?;
    }
    for table in lane.projection.tables() {
        for statement in table.replace {
            tx.run(Sql::same(statement)).await?;
        }
    }
    checkpoint::put_live(&mut tx, lane.projection.as_ref(), lane.at).await?;
    Ok(tx.commit().await?)
}

async fn live_position(tx: &mut Tx<'_>, name: &str) -> Result<Position, sqlx::Error> {
    let Tx::Postgres(tx) = tx else { return Ok(Checkpoint::START.position) };
    let row: Option<(i64,)> = sqlx::query_as(LIVE_POSITION).bind(name).fetch_optional(&mut **tx).await?;
    Ok(row.map_or(Position::START, |(position,)| Position::from_number(position.cast_unsigned())))
}

/// A lock was not to be had in time, or a deadlock was resolved at this transaction's expense.
fn is_patience_at_end(error: &event_store::StoreError) -> bool {
    let event_store::StoreError::Database(error) = error else { return false };
    let code = error.as_database_error().and_then(|refused| refused.code());
    matches!(code.as_deref(), Some("55P03" | "40P01"))
}

//! The connection that appends, kept from one batch to the next. A pool tries each connection that is given back: a round
//! trip, and the next batch finds another connection while that is on its way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgPool, Postgres};
use tokio::time::timeout;

use super::open::{ACQUIRE_TIMEOUT, IDLE_BEFORE_TEST};
use crate::sql::close_pool;

/// A pool of which one connection stays out while nobody uses it.
#[derive(Debug)]
pub(super) struct Kept {
    pool: PgPool,
    idle: Mutex<Option<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Kept {
    pub(super) const fn new(pool: PgPool) -> Self {
        Self { pool, idle: Mutex::new(None) }
    }

    /// The connection that is kept, or another if there is none, it is in use or it is broken.
    pub(super) async fn take(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        let kept = self.lock().take();
        if let Some(Idle { mut connection, since }) = kept
            && (since.elapsed() <= IDLE_BEFORE_TEST || is_sound(&mut connection).await)
        {
            return Ok(connection);
        }
        self.pool.acquire().await
    }

    /// Keeps a connection that did what it should.
    pub(super) fn keep(&self, connection: PoolConnection<Postgres>) {
        let mut idle = self.lock();
        // A closing pool waits for its connections.
        if !self.pool.is_closed() {
            *idle = Some(Idle { connection, since: Instant::now() });
        }
    }

    /// Closes all connections.
    pub(super) async fn close(&self) {
        let closing = self.pool.close();
        drop(self.lock().take());
        closing.await;
        close_pool(&self.pool).await;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Giving a connection back takes a runtime, which may be gone by now; closing it does not.
impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(Idle { connection, .. }) = self.lock().take() {
            drop(connection.detach());
        }
    }
}

async fn is_sound(connection: &mut PoolConnection<Postgres>) -> bool {
    matches!(timeout(ACQUIRE_TIMEOUT, connection.ping()).await, Ok(Ok(())))
}

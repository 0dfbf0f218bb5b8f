//! How a server whose readers wait lets the one that folds know: by a notification of their database. On SQLite nobody else reads what
//! this process appends, and nothing is sent.

use std::sync::Arc;
use std::time::Duration;

use event_store::in_time;
use event_store::sql::Db;
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::board::Demand;

/// Each database has channels of its own.
const CHANNEL: &str = "suanpan_views";
const ASK: &str = "SELECT pg_notify($1, '')";
/// A server asks no more often: each time costs the one that folds a transaction.
const ASK_INTERVAL: Duration = Duration::from_millis(20);
/// Between two tries to listen.
const RETRY: Duration = Duration::from_secs(1);

/// Asks whoever folds to write what there is.
pub(crate) struct Asking {
    again_at: Instant,
}

impl Asking {
    pub(crate) fn new() -> Self {
        Self { again_at: Instant::now() }
    }

    /// Asks on behalf of a reader that waits, unless that was done just now. If nobody hears it, the reader waits as long as rows
    /// gather.
    pub(crate) async fn ask(&mut self, db: &Db) {
        let Db::Postgres(pool) = db else { return };
        if Instant::now() < self.again_at {
            return;
        }
        self.again_at = Instant::now() + ASK_INTERVAL;
        let asked = in_time(async { Ok(sqlx::query(ASK).bind(CHANNEL).execute(pool).await?) }).await;
        if let Err(error) = asked {
            tracing::debug!(%error, "whoever folds cannot be asked to write");
        }
    }
}

/// Hears the readers of other servers until it is dropped.
pub(crate) struct Listening(JoinHandle<()>);

impl Listening {
    /// Begins to hear, and to tell `demand`.
    pub(crate) fn start(db: &Db, demand: &Arc<Demand>) -> Self {
        let (db, demand) = (db.clone(), Arc::clone(demand));
        Self(tokio::spawn(async move {
            let Db::Postgres(pool) = db else { return };
            // A pool of its own, for a listener keeps its connection, and whoever closes the other pool would wait for it.
            let options = pool.connect_options().as_ref().clone();
            let own = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
            loop {
                if let Err(error) = listen(&own, &demand).await {
                    tracing::debug!(%error, "the readers of other servers are not heard");
                }
                sleep(RETRY).await;
            }
        }))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen(pool: &PgPool, demand: &Demand) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // What was asked before is not known.
    demand.hear_others();
    loop {
        listener.recv().await?;
        demand.hear_others();
    }
}

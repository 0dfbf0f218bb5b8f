//! When a state is kept as a snapshot, and the task that keeps it off everybody's path.

use std::time::Duration;

use event_store::{Snapshot, Snapshots};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

/// Events between two snapshots of one stream: so many are read at the most when a state is loaded.
const EVENTS_BETWEEN: u64 = 256;
/// Snapshots that may wait to be gathered, and about so many are written together; more are dropped, for they are only a convenience.
const QUEUE: usize = 1_024;
/// How long snapshots gather: streams that grow alike are due together, and a transaction each would keep the views waiting.
const GATHER: Duration = Duration::from_millis(200);

/// How long the end of an engine waits for snapshots to be kept.
const LAST_KEEPING: Duration = Duration::from_secs(2);

/// Whether a stream that grew from one sequence to the other is due for a snapshot.
pub(crate) const fn is_due(before: u64, after: u64) -> bool {
    after / EVENTS_BETWEEN > before / EVENTS_BETWEEN
}

/// Hands snapshots to a task that writes them.
#[derive(Clone)]
pub(crate) struct SnapshotKeeper {
    queue: mpsc::Sender<Snapshot>,
}

impl SnapshotKeeper {
    /// Starts the task. The receiver hears of its end, which comes when all keepers are gone and what they handed over is kept.
    pub(crate) fn start(runtime: &Handle, snapshots: Snapshots) -> (Self, watch::Receiver<()>) {
        let (queue, mut waiting) = mpsc::channel::<Snapshot>(QUEUE);
        let (at_work, ended) = watch::channel(());
        runtime.spawn(async move {
            let _at_work = at_work;
            let mut gathered = Vec::new();
            while waiting.recv_many(&mut gathered, QUEUE).await > 0 {
                let end = Instant::now() + GATHER;
                // Nothing more comes at the end of time, of room, or of those who hand them over.
                while gathered.len() < QUEUE {
                    match timeout_at(end, waiting.recv_many(&mut gathered, QUEUE)).await {
                        Ok(1..) => {}
                        Ok(0) | Err(_) => break,
                    }
                }
                if let Err(error) = snapshots.save(&gathered).await {
                    tracing::warn!(%error, snapshots = gathered.len(), "snapshots were not kept");
                }
                gathered.clear();
            }
        });
        (Self { queue }, ended)
    }

    pub(crate) fn keep(&self, snapshot: Snapshot) {
        if self.queue.try_send(snapshot).is_err() {
            metrics::counter!("suanpan_snapshots_dropped_total").increment(1);
        }
    }
}

/// Returns when the task has kept what it was handed, or is taking too long.
pub(crate) async fn last_kept(mut ended: watch::Receiver<()>) {
    timeout(LAST_KEEPING, ended.changed()).await.ok();
}

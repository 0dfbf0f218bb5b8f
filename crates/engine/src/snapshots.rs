//! When a state is kept as a snapshot, and the task that keeps it off everybody's path.

use event_store::{Snapshot, Snapshots};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Events between two snapshots of one stream: so many are read at the most when a state is loaded.
const EVENTS_BETWEEN: u64 = 256;
/// Snapshots that may wait to be written; more are dropped, for they are only a convenience.
const QUEUE: usize = 256;

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
    pub(crate) fn start(runtime: &Handle, snapshots: Snapshots) -> Self {
        let (queue, mut waiting) = mpsc::channel::<Snapshot>(QUEUE);
        runtime.spawn(async move {
            while let Some(snapshot) = waiting.recv().await {
                if let Err(error) = snapshots.save(&snapshot).await {
                    tracing::warn!(%error, stream = %snapshot.stream, "a snapshot was not kept");
                }
            }
        });
        Self { queue }
    }

    pub(crate) fn keep(&self, snapshot: Snapshot) {
        if self.queue.try_send(snapshot).is_err() {
            metrics::counter!("suanpan_snapshots_dropped_total").increment(1);
        }
    }
}

//! The thread that owns the one writing connection. It checkpoints when nobody waits for it, so that a commit does
//! not pay for moving pages from the write-ahead file into the database.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::append::append;
use crate::batch::Batch;
use crate::error::{AppendError, OpenError, Redacted, StoreError};

/// Idle for this long, the writer checkpoints.
const IDLE_BEFORE_CHECKPOINT: Duration = Duration::from_millis(20);
/// Never idle, it checkpoints after this many events: enough to spread the cost, few enough to keep one short.
const EVENTS_BEFORE_CHECKPOINT: usize = 8_192;
/// Batches that may wait for the writer; the sequencer sends one at a time.
const QUEUE: usize = 8;

enum Task {
    Append(Batch, oneshot::Sender<Result<(), AppendError>>),
    Stop(oneshot::Sender<()>),
}

/// A handle on the writer thread.
#[derive(Debug)]
pub(super) struct Writer {
    tasks: mpsc::SyncSender<Task>,
}

impl Writer {
    /// Opens the writing connection on `path` (created if missing) and starts its thread.
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let refused = |error: rusqlite::Error| OpenError::Database {
            store: "the log",
            source: Redacted(StoreError::from(error)),
        };
        let connection = Connection::open(path).map_err(refused)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(refused)?;
        for (pragma, value) in [
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
            ("wal_autocheckpoint", "0"),
            ("cache_size", "-32768"),
        ] {
            connection.pragma_update(None, pragma, value).map_err(refused)?;
        }
        let (tasks, queue) = mpsc::sync_channel(QUEUE);
        thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || run(connection, &queue))
            .map_err(|source| OpenError::File { path: path.display().to_string(), source })?;
        Ok(Self { tasks })
    }

    /// Writes a batch; returns when it is durable.
    pub(super) async fn append(&self, batch: &Batch) -> Result<(), AppendError> {
        let (reply, written) = oneshot::channel();
        self.tasks
            .try_send(Task::Append(batch.clone(), reply))
            .map_err(|_| AppendError::Unavailable(StoreError::Closed))?;
        written.await.unwrap_or(Err(AppendError::Unknown(StoreError::Closed)))
    }

    /// Ends the thread after what waits, leaving everything in the database file.
    pub(super) async fn stop(&self) {
        let (reply, stopped) = oneshot::channel();
        if self.tasks.try_send(Task::Stop(reply)).is_ok() {
            stopped.await.ok();
        }
    }
}

fn run(mut connection: Connection, queue: &mpsc::Receiver<Task>) {
    let mut events_waiting = 0;
    while let Some(task) = next(queue, &connection, &mut events_waiting) {
        match task {
            Task::Append(batch, reply) => {
                let count = batch.events().len();
                reply.send(append(&mut connection, &batch)).ok();
                // At least one: a batch of answers alone leaves pages behind, too.
                events_waiting += count.max(1);
                if events_waiting >= EVENTS_BEFORE_CHECKPOINT {
                    checkpoint(&connection);
                    events_waiting = 0;
                }
            }
            Task::Stop(reply) => {
                checkpoint(&connection);
                drop(connection);
                reply.send(()).ok();
                return;
            }
        }
    }
}

/// Waits for the next task, checkpointing once if none comes for a while. `None` when the handle is gone.
fn next(queue: &mpsc::Receiver<Task>, connection: &Connection, events_waiting: &mut usize) -> Option<Task> {
    if *events_waiting > 0 {
        match queue.recv_timeout(IDLE_BEFORE_CHECKPOINT) {
            Ok(task) => return Some(task),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                checkpoint(connection);
                *events_waiting = 0;
            }
        }
    }
    queue.recv().ok()
}

/// Moves what no reader needs from the write-ahead file into the database. What cannot be moved now is moved later.
fn checkpoint(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(%error, "the log's checkpoint failed; it is tried again later");
    }
}

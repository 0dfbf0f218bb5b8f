//! The thread that owns the one writing connection. It checkpoints when nobody waits for it, so that a commit does
//! not pay for moving pages from the write-ahead file into the database.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::append::append;
use super::index::{Index, entries};
use super::lock::DirectoryLock;
use super::standing::Standing;
use super::tail::Tail;
use crate::batch::Batch;
use crate::error::{AppendError, OpenError, Redacted, StoreError};

/// Idle for this long, the writer checkpoints.
const IDLE_BEFORE_CHECKPOINT: Duration = Duration::from_millis(20);
/// Idle for this long, it completes the indexes, too.
const IDLE_BEFORE_INDEXES: Duration = Duration::from_secs(1);
/// Never idle, it checkpoints after about this many pages of 4 KiB: so few that whoever waits for a commit hardly notices, for
/// pages of a log seldom change twice, so that moving more of them at a time spares little.
const PAGES_BEFORE_CHECKPOINT: usize = 256;
/// Pages that a batch writes besides those of its events: the head, the ends of tables and indexes.
const PAGES_A_BATCH: usize = 6;
/// Entries of a batch for each page of the indexes that is written with it.
const ENTRIES_A_PAGE: usize = 6;
const PAGE_BYTES: usize = 4_096;
/// What a row takes besides the texts that its writer chose.
const ROW_BYTES: usize = 160;
/// Batches that stand before the writer; who comes later waits for a place. The sequencer sends two at a time at the most.
const QUEUE: usize = 8;

enum Task {
    Append(Batch, oneshot::Sender<Result<(), AppendError>>),
    Stop(oneshot::Sender<()>),
}

/// A task with its place in the queue, which is given back when the task is done.
struct Placed(Task, OwnedSemaphorePermit);

/// A handle on the writer thread. Dropped without [`Writer::stop`], it waits for what is under way.
#[derive(Debug)]
pub(super) struct Writer {
    tasks: Option<mpsc::SyncSender<Placed>>,
    places: Arc<Semaphore>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Writer {
    /// Opens the writing connection on `path` (created if missing) and starts its thread, which holds `lock` for as
    /// long as it can write.
    pub(super) fn start(
        path: &Path,
        lock: Arc<DirectoryLock>,
        tail: Arc<Tail>,
        standing: Arc<Standing>,
    ) -> Result<Self, OpenError> {
        let refused =
            |error: rusqlite::Error| OpenError::Database { store: "the log", source: Redacted(error.into()) };
        let mut connection = connect(path).map_err(refused)?;
        let index = Index::open(&mut connection, tail).map_err(refused)?;
        let (tasks, queue) = mpsc::sync_channel(QUEUE);
        let thread = thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || {
                let stopped = run(connection, index, &queue, &standing);
                drop(lock);
                if let Some(reply) = stopped {
                    reply.send(()).ok();
                }
            })
            .map_err(|source| OpenError::File { path: path.display().to_string(), source })?;
        Ok(Self { tasks: Some(tasks), places: Arc::new(Semaphore::new(QUEUE)), thread: Some(thread) })
    }

    /// Writes a batch; returns when it is durable.
    pub(super) async fn append(&self, batch: &Batch) -> Result<(), AppendError> {
        let (reply, written) = oneshot::channel();
        self.send(Task::Append(batch.clone(), reply)).await.map_err(AppendError::Unavailable)?;
        written.await.unwrap_or(Err(AppendError::Unknown(StoreError::WriterEnded)))
    }

    /// Ends the thread after what waits, leaving everything in the database file and giving the lock back.
    pub(super) async fn stop(&self) {
        let (reply, stopped) = oneshot::channel();
        if self.send(Task::Stop(reply)).await.is_ok() {
            self.places.close();
            stopped.await.ok();
        }
    }

    /// Waits for a place in the queue and takes it.
    async fn send(&self, task: Task) -> Result<(), StoreError> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let tasks = self.tasks.as_ref().ok_or(StoreError::Closed)?;
        tasks.try_send(Placed(task, place)).map_err(|_| StoreError::WriterEnded)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Without a sender the thread ends; only then is the folder free.
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    for (pragma, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("wal_autocheckpoint", "0"),
        ("cache_size", "-8192"),
    ] {
        connection.pragma_update(None, pragma, value)?;
    }
    Ok(connection)
}

/// Writes until the handle is gone or says stop; gives whom to tell, after closing the connection.
fn run(
    mut connection: Connection,
    mut index: Index,
    queue: &mpsc::Receiver<Placed>,
    standing: &Standing,
) -> Option<oneshot::Sender<()>> {
    let mut pages_waiting = 0;
    while let Some(Placed(task, _place)) =
        next(queue, &mut connection, &mut index, &mut pages_waiting, standing)
    {
        match task {
            Task::Append(batch, reply) => {
                if let Err(error) = standing.check() {
                    reply.send(Err(AppendError::Unavailable(error))).ok();
                    continue;
                }
                reply.send(append(&mut connection, &mut index, &batch)).ok();
                pages_waiting += pages(&batch);
                if pages_waiting >= PAGES_BEFORE_CHECKPOINT {
                    checkpoint(&connection);
                    pages_waiting = 0;
                }
            }
            Task::Stop(reply) => {
                if standing.check().is_ok() {
                    is_done(index.complete(&mut connection));
                }
                checkpoint(&connection);
                refuse_rest(queue);
                return Some(reply);
            }
        }
    }
    None
}

/// About how many pages a batch adds to the write-ahead file: its share of the tables, and of those of the indexes that
/// come with it, where about so many entries share one.
fn pages(batch: &Batch) -> usize {
    let events: usize =
        batch.events().iter().map(|event| event.payload.len() + event.metadata.len() + ROW_BYTES).sum();
    let answers: usize = batch.answers().iter().map(|answer| answer.body.len() + ROW_BYTES).sum();
    PAGES_A_BATCH + entries(batch) / ENTRIES_A_PAGE + (events + answers) / PAGE_BYTES
}

/// What stands behind the stop was not written, and is told so.
fn refuse_rest(queue: &mpsc::Receiver<Placed>) {
    while let Ok(Placed(task, _place)) = queue.try_recv() {
        if let Task::Append(_, reply) = task {
            reply.send(Err(AppendError::Unavailable(StoreError::Closed))).ok();
        }
    }
}

/// Waits for the next task; if none comes for a while, brings the file to rest once. `None` when the handle is gone.
fn next(
    queue: &mpsc::Receiver<Placed>,
    connection: &mut Connection,
    index: &mut Index,
    pages_waiting: &mut usize,
    standing: &Standing,
) -> Option<Placed> {
    if *pages_waiting > 0 {
        match queue.recv_timeout(IDLE_BEFORE_CHECKPOINT) {
            Ok(task) => return Some(task),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                checkpoint(connection);
                *pages_waiting = 0;
            }
        }
    }
    let mut wait = IDLE_BEFORE_INDEXES;
    while !index.is_complete() {
        match queue.recv_timeout(wait) {
            Ok(task) => return Some(task),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if standing.check().is_err() {
                    break;
                }
                let merged = index.refresh(connection).and_then(|()| index.merge_some(connection));
                checkpoint(connection);
                // After a failure it is tried again at the pace of idleness.
                wait = if is_done(merged) { Duration::ZERO } else { IDLE_BEFORE_INDEXES };
            }
        }
    }
    queue.recv().ok()
}

/// Whether the indexes came further; why not is told.
fn is_done(merged: Result<(), rusqlite::Error>) -> bool {
    merged
        .inspect_err(|error| {
            tracing::warn!(%error, "the log's indexes could not be completed; it is tried again later");
        })
        .is_ok()
}

/// Moves what no reader needs from the write-ahead file into the database. What cannot be moved now is moved later.
pub(super) fn checkpoint(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(%error, "the log's checkpoint failed; it is tried again later");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;

    use tokio::sync::Semaphore;

    use super::{Placed, QUEUE, Writer};
    use crate::batch::Batch;
    use crate::error::{AppendError, StoreError};
    use crate::position::Head;

    /// A writer whose thread takes so many tasks and then ends as if it had panicked.
    fn ending_after(tasks_max: usize) -> Writer {
        let (tasks, queue) = mpsc::sync_channel::<Placed>(QUEUE);
        let thread = thread::spawn(move || (0..tasks_max).for_each(|_| drop(queue.recv())));
        Writer { tasks: Some(tasks), places: Arc::new(Semaphore::new(QUEUE)), thread: Some(thread) }
    }

    #[tokio::test]
    async fn a_thread_that_ended_is_told_for_good() {
        let batch = Batch::seal(Head::EMPTY, []);
        let writer = ending_after(1);
        let unknown = writer.append(&batch).await;
        assert!(matches!(unknown, Err(AppendError::Unknown(StoreError::WriterEnded))), "{unknown:?}");
        while writer.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            tokio::task::yield_now().await;
        }
        let refused = writer.append(&batch).await;
        assert!(matches!(refused, Err(AppendError::Unavailable(StoreError::WriterEnded))), "{refused:?}");
    }
}

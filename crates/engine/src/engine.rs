//! The handle everybody holds: start, commit, stop.

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::thread;

use event_store::{EventStore, Feed, StoreError, Stores};
use futures::FutureExt as _;
use kernel::{Clock, ErrorCode, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, TryAcquireError, mpsc, oneshot, watch};

use crate::cache::Cache;
use crate::context::{Context, Idempotency};
use crate::error::{CommitError, Refusal, Stop};
use crate::job::{Queued, TypedJob};
use crate::load::Loader;
use crate::sequencer::{Message, Progress, Sequencer};
use crate::snapshots::{SnapshotKeeper, last_kept};
use crate::tx::{self, Tx};
use crate::writes::Writes;

/// The longest idempotency key.
const KEY_BYTES_MAX: usize = 1_024;

/// Why nothing is decided on a log that is only read.
const READ_ONLY: &str = "this server only reads";

/// The bounds of an engine, and where its numbers come from.
#[derive(Clone, Copy, Debug)]
pub struct EngineConfig {
    /// Units of work that may be waiting, running or being written; more are refused at once.
    pub queue_max: usize,
    /// About how many bytes of aggregate states stay in memory.
    pub cache_bytes_max: usize,
    /// Draws a number from a range, evenly and not to be guessed; `None` if the range is empty or there is no randomness.
    pub draw: fn(Range<u64>) -> Option<u64>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { queue_max: 4_096, cache_bytes_max: 48 << 20, draw: tx::draw }
    }
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no thread.
    #[error("no thread for the sequencer: {0}")]
    Thread(#[from] std::io::Error),
}

/// A handle on the sequencer; clones share it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    inbox: mpsc::UnboundedSender<Message>,
    places: Arc<Semaphore>,
    log: Arc<dyn EventStore>,
    feed: Arc<Feed>,
    clock: Clock,
    draw: fn(Range<u64>) -> Option<u64>,
    writes: Arc<Writes>,
    is_read_only: bool,
    /// Tells that no snapshot waits any more.
    snapshots_kept: watch::Receiver<()>,
}

/// The sequencer ends with the last handle, stopped or not.
impl Drop for Shared {
    fn drop(&mut self) {
        let (stopped, _) = oneshot::channel();
        self.inbox.send(Message::Stop(stopped)).ok();
    }
}

impl Engine {
    /// Starts the sequencer at the end of the log: on a thread of its own, or, if other processes share the log, as a task.
    /// Must be called inside a tokio runtime, which does the I/O.
    ///
    /// # Errors
    /// As [`StartError`] says.
    pub async fn start(stores: &Stores, clock: Clock, config: EngineConfig) -> Result<Self, StartError> {
        let log = Arc::clone(&stores.log);
        tell_of_nothing();
        let head = log.head().await?;
        let last_recorded_at = last_recorded_at(&log, head.position).await?;
        let feed = Arc::new(Feed::new(head));
        let (inbox, messages) = mpsc::unbounded_channel();
        let runtime = Handle::current();
        let writes = Arc::new(Writes::new());
        let (keeper, snapshots_kept) = SnapshotKeeper::start(&runtime, stores.snapshots.clone());
        let sequencer = Sequencer {
            log: Arc::clone(&log),
            feed: Arc::clone(&feed),
            clock,
            runtime: runtime.clone(),
            loader: Loader::new(Arc::clone(&log), stores.snapshots.clone(), keeper.clone()),
            keeper,
            inbox: messages,
            self_sender: inbox.clone(),
            cache: Cache::new(config.cache_bytes_max),
            head,
            last_recorded_at,
            progress: Progress::new(),
            writes: Arc::clone(&writes),
        };
        let deciding = guarded(sequencer, Arc::clone(&writes));
        if log.is_shared() {
            // What the database says arrives on the runtime: there it is heard without waking another thread.
            runtime.spawn(deciding);
        } else {
            // The log has a thread of its own to speak with; here, none of the runtime's other tasks stands before its word.
            thread::Builder::new().name("sequencer".to_owned()).spawn(move || runtime.block_on(deciding))?;
        }
        let places = Arc::new(Semaphore::new(config.queue_max.min(Semaphore::MAX_PERMITS)));
        let is_read_only = log.is_read_only();
        let draw = config.draw;
        let shared = Shared { inbox, places, log, feed, clock, draw, writes, is_read_only, snapshots_kept };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Runs a unit of work and returns when what it decided is durable.
    ///
    /// The closure may run several times before its result counts (a state was missing, another server was faster), so
    /// it must be pure: time and ids from the [`Tx`], everything else given in advance. With an idempotency key in the
    /// context the result, refusals included, is kept in the same transaction and given again to a repeated request.
    ///
    /// # Errors
    /// [`CommitError::Refused`] by a business rule, or, if the log is only read, because something was decided. After any other the
    /// request had no effect, except after [`CommitError::Stopping`]: then it may have had, and whoever needs to know asks again with
    /// the same key.
    pub async fn commit<T, F>(&self, context: Context, mut work: F) -> Result<T, CommitError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        if let Some(idempotency) = &context.idempotency {
            check_key(idempotency)?;
        }
        let is_read_only = self.shared.is_read_only;
        let work = move |tx: &mut Tx<'_>| {
            let done = work(tx)?;
            if is_read_only && tx.has_decided() {
                return Err(Stop::Refused(Refusal::new(ErrorCode::ReadOnly, READ_ONLY)));
            }
            Ok(done)
        };
        let place = Arc::clone(&self.shared.places).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => CommitError::Overloaded,
            TryAcquireError::Closed => CommitError::Stopping,
        })?;
        let (reply, replied) = oneshot::channel();
        let job = TypedJob {
            work,
            metadata: context.metadata(),
            // Where nothing is written, no answer is kept.
            idempotency: context.idempotency.filter(|_| !is_read_only),
            outcome: None,
            answer: None,
            reply,
            _place: place,
        };
        let queued = Queued::new(Box::new(job));
        self.shared.inbox.send(Message::Job(queued)).map_err(|_| CommitError::Stopping)?;
        replied.await.unwrap_or(Err(CommitError::Stopping))
    }

    /// A number drawn from `range`, for ids needed before the unit of work begins; `None` if the range is empty.
    #[must_use]
    pub fn draw(&self, range: Range<u64>) -> Option<u64> {
        (self.shared.draw)(range)
    }

    /// The present moment by the engine's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The newest events, as they become durable.
    #[must_use]
    pub fn feed(&self) -> &Arc<Feed> {
        &self.shared.feed
    }

    /// Whether the log is only read: then whatever decides something is refused.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.shared.is_read_only
    }

    /// Whether the log can be reached and written on.
    ///
    /// # Errors
    /// It cannot be reached; or the last batch could not be written, a moment ago; or this server gave up writing for good:
    /// the log was replaced under it, or a thread or task that it cannot do without is gone.
    pub async fn check(&self) -> Result<(), StoreError> {
        if self.shared.writes.has_ended() {
            return Err(StoreError::Closed);
        }
        if self.shared.writes.has_failed_lately(self.shared.clock.now()) {
            return Err(StoreError::Unwritten);
        }
        self.shared.log.head().await.map(|_| ())
    }

    /// Accepts nothing more, finishes what it has, ends the sequencer and keeps the snapshots that have gathered. While it is
    /// unknown what became of a batch it waits for the store to tell.
    pub async fn stop(&self) {
        self.shared.places.close();
        let (stopped, done) = oneshot::channel();
        if self.shared.inbox.send(Message::Stop(stopped)).is_ok() {
            done.await.ok();
        }
        last_kept(self.shared.snapshots_kept.clone()).await;
    }
}

/// Shows the counters before anything has happened that they count.
fn tell_of_nothing() {
    metrics::counter!("suanpan_commits_total").increment(0);
    metrics::counter!("suanpan_events_total").increment(0);
    metrics::counter!("suanpan_head_moved_total").increment(0);
    metrics::counter!("suanpan_cache_misses_total").increment(0);
    metrics::counter!("suanpan_snapshots_dropped_total").increment(0);
}

/// Decides until it is stopped; whoever asks after a panic is told that nothing can be decided any more.
async fn guarded(sequencer: Sequencer, writes: Arc<Writes>) {
    if AssertUnwindSafe(sequencer.run()).catch_unwind().await.is_err() {
        tracing::error!("the sequencer panicked: nothing more can be decided");
        writes.end();
    }
}

/// A key that a store might refuse would fail everybody who shares its batch.
fn check_key(idempotency: &Idempotency) -> Result<(), CommitError> {
    if (1..=KEY_BYTES_MAX).contains(&idempotency.key.len()) && !idempotency.key.contains('\0') {
        return Ok(());
    }
    let message = format!("Idempotency-Key: 1 to {KEY_BYTES_MAX} bytes, none of them NUL");
    Err(CommitError::Refused(Refusal::new(ErrorCode::InvalidParameter, message)))
}

async fn last_recorded_at(
    log: &Arc<dyn EventStore>,
    head: event_store::Position,
) -> Result<Timestamp, StoreError> {
    let Some(before_last) = head.number().checked_sub(1) else { return Ok(Timestamp::default()) };
    let last = log.read_all(event_store::Position::from_number(before_last), 1).await?;
    Ok(last.first().map(|event| event.recorded_at).unwrap_or_default())
}

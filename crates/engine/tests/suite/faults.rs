//! A log that goes wrong when told to, around a real one.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use event_store::{
    Answer, AnswerKey, AppendError, Batch, EventStore, Head, Position, RecordedEvent, StoreError, StreamId,
};
use tokio::sync::Semaphore;

use crate::purse::soon;

/// What becomes of one append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing goes wrong.
    None,
    /// It takes so many milliseconds.
    Slow(u64),
    /// It is not written, and that is said.
    Unavailable,
    /// It is written, and nobody knows.
    UnknownWritten,
    /// It is not written, and nobody knows.
    UnknownLost,
    /// Nobody knows, and so many milliseconds later it is written after all, if it still can be.
    Zombie(u64),
    /// A stream is said to have moved; it is not written.
    Conflict,
    /// The head is said to have moved; it is not written.
    HeadMoved,
    /// The head is said to have moved; the batch of before lands after the next look at the log's events.
    HeadMovedThenLands,
    /// A key is said to be taken; it is not written.
    KeyTaken,
    /// It is not written, and nobody ever says anything.
    Silence,
    /// The task that writes dies before it does.
    Panic,
    /// The thread that writes dies before it does.
    WriterEnded,
}

/// Holds calls up until a test lets them go.
pub(crate) struct Gate {
    is_held: AtomicBool,
    places: Semaphore,
    arrived: AtomicU64,
}

impl Gate {
    fn open() -> Self {
        Self { is_held: AtomicBool::new(false), places: Semaphore::new(0), arrived: AtomicU64::new(0) }
    }

    /// From now on every call waits.
    pub(crate) fn hold(&self) {
        self.places.forget_permits(usize::MAX >> 4);
        self.is_held.store(true, SeqCst);
        self.arrived.store(0, SeqCst);
    }

    /// Lets one call go.
    pub(crate) fn let_one_go(&self) {
        self.places.add_permits(1);
    }

    /// Lets everybody go.
    pub(crate) fn let_go(&self) {
        self.is_held.store(false, SeqCst);
        self.places.add_permits(10_000);
    }

    /// Returns when so many calls have come since the gate was held.
    pub(crate) async fn arrived(&self, calls: u64) {
        soon(async {
            while self.arrived.load(SeqCst) < calls {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    async fn pass(&self) {
        self.arrived.fetch_add(1, SeqCst);
        if self.is_held.load(SeqCst) {
            self.places.acquire().await.unwrap().forget();
        }
    }
}

/// The log between an engine and its store.
pub(crate) struct FaultyLog {
    inner: Mutex<Arc<dyn EventStore>>,
    is_shared: bool,
    faults: Mutex<VecDeque<Fault>>,
    /// A batch that may land late. Of such a batch a store tells no lies: what is in its way is there to stay.
    uncertain: Mutex<Option<Batch>>,
    /// The last batch that was lost unknown, and whether it lands after the next look at the events.
    lost: Mutex<Option<Batch>>,
    lands: AtomicBool,
    /// Before each append.
    pub(crate) appending: Gate,
    /// After each page of a stream was read and before it is given.
    pub(crate) loading: Gate,
    /// Set when the next append has been given its fault: the store goes away right after it.
    goes_away: AtomicBool,
    /// While set, nothing can be read or written.
    pub(crate) is_away: AtomicBool,
    /// Once set, every append kills the task that makes it: what a crash leaves undone.
    pub(crate) is_crashed: AtomicBool,
    pub(crate) appends: AtomicU64,
    pub(crate) pages: AtomicU64,
    pub(crate) events_read: AtomicU64,
}

impl FaultyLog {
    pub(crate) fn around(inner: Arc<dyn EventStore>, is_shared: bool) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::new(inner),
            is_shared,
            faults: Mutex::default(),
            uncertain: Mutex::default(),
            lost: Mutex::default(),
            lands: AtomicBool::default(),
            appending: Gate::open(),
            loading: Gate::open(),
            goes_away: AtomicBool::new(false),
            is_away: AtomicBool::new(false),
            is_crashed: AtomicBool::new(false),
            appends: AtomicU64::new(0),
            pages: AtomicU64::new(0),
            events_read: AtomicU64::new(0),
        })
    }

    /// What becomes of the next appends.
    pub(crate) fn plan(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Puts another log in this one's place, as a restore does.
    pub(crate) fn replace(&self, other: Arc<dyn EventStore>) {
        *self.inner.lock().unwrap() = other;
    }

    /// Lets a held append go and gives it its fault; nothing works after that.
    pub(crate) fn let_append_go_and_leave(&self) {
        self.goes_away.store(true, SeqCst);
        self.appending.let_go();
    }

    fn inner(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.inner.lock().unwrap())
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.is_away.load(SeqCst) { Err(StoreError::Closed) } else { Ok(()) }
    }
}

#[async_trait]
impl EventStore for FaultyLog {
    async fn head(&self) -> Result<Head, StoreError> {
        self.check()?;
        self.inner().head().await
    }

    async fn append(&self, batch: &Batch) -> Result<(), AppendError> {
        self.appending.pass().await;
        self.appends.fetch_add(1, SeqCst);
        if self.is_crashed.load(SeqCst) {
            std::panic::resume_unwind(Box::new("a crash"));
        }
        self.check().map_err(AppendError::Unavailable)?;
        let unknown = || Err(AppendError::Unknown(StoreError::Closed));
        let mut fault = self.faults.lock().unwrap().pop_front().unwrap_or(Fault::None);
        let is_lie = matches!(fault, Fault::Conflict | Fault::KeyTaken);
        if is_lie && self.uncertain.lock().unwrap().as_ref() == Some(batch) {
            fault = Fault::None;
        }
        if self.goes_away.swap(false, SeqCst) {
            self.is_away.store(true, SeqCst);
        }
        match fault {
            Fault::None => self.inner().append(batch).await,
            Fault::Slow(ms) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                self.inner().append(batch).await
            }
            Fault::Unavailable => Err(AppendError::Unavailable(StoreError::Closed)),
            Fault::UnknownWritten => {
                self.inner().append(batch).await?;
                unknown()
            }
            Fault::UnknownLost => {
                *self.lost.lock().unwrap() = Some(batch.clone());
                unknown()
            }
            Fault::Zombie(ms) => {
                *self.uncertain.lock().unwrap() = Some(batch.clone());
                let (inner, batch) = (self.inner(), batch.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    inner.append(&batch).await.ok();
                });
                unknown()
            }
            Fault::Conflict => Err(AppendError::StreamConflict),
            Fault::HeadMoved => Err(AppendError::HeadMoved),
            Fault::HeadMovedThenLands => {
                self.lands.store(true, SeqCst);
                Err(AppendError::HeadMoved)
            }
            Fault::KeyTaken => Err(AppendError::KeyTaken),
            Fault::Silence => std::future::pending().await,
            Fault::WriterEnded => Err(AppendError::Unknown(StoreError::WriterEnded)),
            Fault::Panic => std::panic::resume_unwind(Box::new("a fault")),
        }
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.check()?;
        let read = self.inner().read_stream(stream, after, limit).await;
        self.pages.fetch_add(1, SeqCst);
        let events = read.as_ref().map_or(0, Vec::len);
        self.events_read.fetch_add(u64::try_from(events).unwrap(), SeqCst);
        self.loading.pass().await;
        read
    }

    async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.check()?;
        let read = self.inner().read_all(after, limit).await;
        if self.lands.swap(false, SeqCst) {
            let late = self.lost.lock().unwrap().take();
            self.inner().append(&late.unwrap()).await.ok();
        }
        read
    }

    async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError> {
        self.check()?;
        self.inner().answers(keys).await
    }

    fn is_shared(&self) -> bool {
        self.is_shared
    }

    async fn close(&self) {
        self.inner().close().await;
    }
}

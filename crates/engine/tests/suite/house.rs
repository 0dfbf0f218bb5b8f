//! Stores of a test's own, the engines that run on them, and what a log must be whatever happened.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::time::Duration;

use engine::{CommitError, Context, Engine, EngineConfig, Idempotency, Stop, Tx};
use event_store::{
    Batch, Commit, EventStore, GENESIS, Hash, Head, NewEvent, Position, RecordedEvent, Stores, StreamId,
    event_hash,
};
use kernel::{AccountId, Clock, Coded, ErrorCode, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use testing::Place;
use tokio::task::{JoinError, JoinHandle};
use uuid::Uuid;

use crate::faults::FaultyLog;
use crate::purse::{Purse, PurseCommand, PurseEvent, soon};

/// What a unit of work of a test gives.
pub(crate) type Outcome<T> = Result<T, CommitError>;

static OPS: AtomicU64 = AtomicU64::new(1);

/// A number for an operation that no other has.
pub(crate) fn new_op() -> u64 {
    OPS.fetch_add(1, Ordering::Relaxed)
}

/// The stores of one test.
pub(crate) struct House {
    pub(crate) stores: Stores,
    /// The real log.
    pub(crate) log: Arc<dyn EventStore>,
    place: Arc<Place>,
}

impl House {
    /// SQLite in a folder of its own.
    pub(crate) async fn sqlite() -> Self {
        Self::open(Arc::new(Place::folder())).await
    }

    /// A PostgreSQL database of its own.
    pub(crate) async fn postgres() -> Self {
        Self::open(Arc::new(Place::postgres().await)).await
    }

    async fn open(place: Arc<Place>) -> Self {
        let stores = place.open().await;
        Self { log: Arc::clone(&stores.log), stores, place }
    }

    /// The same stores opened once more, as a restarted process does.
    pub(crate) async fn reopened(self) -> Self {
        self.stores.close().await;
        let Self { stores, log, place } = self;
        drop((stores, log));
        Self::open(place).await
    }

    /// The same PostgreSQL database, opened by a second server.
    pub(crate) async fn second(&self) -> Self {
        Self::open(Arc::clone(&self.place)).await
    }

    /// Runs a statement on the PostgreSQL database past the stores.
    pub(crate) async fn run(&self, statement: &str) {
        self.place.run("log", statement).await.unwrap();
    }

    /// An engine that has the log for itself.
    pub(crate) async fn server(&mut self) -> Server {
        self.start(false, Clock::default(), EngineConfig::default()).await
    }

    /// An engine that knows that others write to the same log.
    pub(crate) async fn shared_server(&mut self) -> Server {
        self.start(true, Clock::default(), EngineConfig::default()).await
    }

    pub(crate) async fn start(&mut self, is_shared: bool, clock: Clock, config: EngineConfig) -> Server {
        let log = FaultyLog::around(Arc::clone(&self.log), is_shared);
        self.stores.log = Arc::<FaultyLog>::clone(&log);
        let engine = Engine::start(&self.stores, clock, config).await.unwrap();
        self.stores.log = Arc::clone(&self.log);
        Server { engine, log }
    }

    /// Writes events of a purse past every engine.
    pub(crate) async fn write(&self, id: &str, events: &[PurseEvent]) -> Batch {
        let stream = purse(id);
        let head = self.log.head().await.unwrap();
        let before = self.log.read_stream(&stream, 0, 100_000).await.unwrap().len();
        let events = (1..).zip(events).map(|(number, event)| NewEvent {
            stream: stream.clone(),
            sequence: u64::try_from(before).unwrap() + number,
            event_type: kernel::DomainEvent::event_type(event).into(),
            event_version: "1.0".into(),
            payload: serde_json::to_string(event).unwrap().into(),
        });
        let commit = Commit {
            id: Uuid::now_v7(),
            recorded_at: Clock::default().now(),
            metadata: "{}".into(),
            events: events.collect(),
            answer: None,
        };
        let batch = Batch::seal(head, [commit]);
        self.log.append(&batch).await.unwrap();
        batch
    }

    /// Reads the whole log and checks it.
    pub(crate) async fn checked(&self) -> Vec<RecordedEvent> {
        checked_after(&*self.log, Head::EMPTY).await
    }

    /// The purse as the log alone tells it.
    pub(crate) async fn told(&self, id: &str) -> i64 {
        balances(&self.checked().await).get(id).copied().unwrap_or_default()
    }
}

/// An engine and the log it works on.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) engine: Engine,
    pub(crate) log: Arc<FaultyLog>,
}

impl Server {
    /// Runs a unit of work without an idempotency key.
    pub(crate) async fn commit<T, F>(&self, work: F) -> Outcome<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Stop> + Send + 'static,
    {
        soon(self.engine.commit(Context::house("suite", "test"), work)).await
    }

    /// Puts into a purse, or takes out; gives what it holds then.
    pub(crate) async fn change(&self, id: &str, amount: i64) -> Outcome<i64> {
        self.commit(changing(id, amount, new_op())).await
    }

    /// The same under an idempotency key.
    pub(crate) async fn change_once(&self, key: &str, id: &str, amount: i64) -> Outcome<i64> {
        soon(self.engine.commit(keyed(key, amount), changing(id, amount, new_op()))).await
    }

    /// What a purse holds, by the engine.
    pub(crate) async fn balance(&self, id: &str) -> i64 {
        let id = id.to_owned();
        self.commit(move |tx| Ok(tx.state::<Purse>(&id)?.balance)).await.unwrap()
    }

    /// The future of `work` on this server, running beside the test. What it asks of the engine first has been asked.
    pub(crate) fn beside<T: Send + 'static, R>(&self, work: impl FnOnce(Self) -> R + Send + 'static) -> Job<T>
    where
        R: Future<Output = T> + Send + 'static,
    {
        let mut work = Box::pin(work(self.clone()));
        let begun = work.as_mut().poll(&mut std::task::Context::from_waker(Waker::noop()));
        let running = tokio::spawn(async move {
            match begun {
                Poll::Ready(done) => done,
                Poll::Pending => work.await,
            }
        });
        Job { running, engine: self.engine.clone() }
    }

    /// A change that runs beside the test.
    pub(crate) fn changing(&self, id: &'static str, amount: i64) -> Job<Outcome<i64>> {
        self.beside(move |server| async move { server.change(id, amount).await })
    }

    /// The same under an idempotency key.
    pub(crate) fn changing_once(
        &self,
        key: &'static str,
        id: &'static str,
        amount: i64,
    ) -> Job<Outcome<i64>> {
        self.beside(move |server| async move { server.change_once(key, id, amount).await })
    }

    pub(crate) fn appends(&self) -> u64 {
        self.log.appends.load(Ordering::SeqCst)
    }

    pub(crate) fn events_read(&self) -> u64 {
        self.log.events_read.load(Ordering::SeqCst)
    }
}

/// A unit of work that changes a purse.
pub(crate) fn changing(
    id: &str,
    amount: i64,
    op: u64,
) -> impl FnMut(&mut Tx<'_>) -> Result<i64, Stop> + Send + use<> {
    let id = id.to_owned();
    move |tx| Ok(tx.execute::<Purse>(&id, PurseCommand::Change { amount, op })?.balance)
}

/// A context with an idempotency key of account 7; another amount is another request.
pub(crate) fn keyed(key: &str, amount: i64) -> Context {
    let mut request_hash = [0; 32];
    request_hash[..8].copy_from_slice(&amount.to_be_bytes());
    let account = AccountId::try_from(7_u64).unwrap();
    Context {
        actor: Some(account),
        idempotency: Some(Idempotency { account, key: key.into(), request_hash }),
        ..Context::house("suite", "test")
    }
}

/// The reason of a refusal.
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Outcome<T>) -> ErrorCode {
    match outcome {
        Err(error @ CommitError::Refused(_)) => error.code(),
        other => panic!("a refusal is meant, not {other:?}"),
    }
}

pub(crate) fn purse(id: &str) -> StreamId {
    StreamId::new("purse", id)
}

/// Work that runs beside the test.
pub(crate) struct Job<T> {
    running: JoinHandle<T>,
    engine: Engine,
}

impl<T> Job<T> {
    pub(crate) fn is_finished(&self) -> bool {
        self.running.is_finished()
    }

    pub(crate) fn abort(&self) {
        self.running.abort();
    }
}

impl<T> Future for Job<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.running).poll(context)
    }
}

/// Whether the job has no reply after a while that is long enough for one: the engine has come to it, or to what it asked first.
pub(crate) async fn is_waiting<T>(job: &Job<T>) -> bool {
    // Work that names no state it waits for is answered at once, in its turn. A turn may not come, for a full batch lets nobody in.
    let after = job.engine.commit(Context::house("suite", "test"), |_| Err::<(), _>(Stop::NotLoaded));
    tokio::time::timeout(Duration::from_secs(1), after).await.ok();
    tokio::time::sleep(Duration::from_millis(30)).await;
    !job.is_finished()
}

/// Returns when the engine has let go of its log: its thread has ended.
pub(crate) async fn let_go_of(log: Arc<FaultyLog>) {
    soon(async {
        while Arc::strong_count(&log) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// The events after a head, checked: dense, chained, in the order of time, ending at the log's head.
pub(crate) async fn checked_after(log: &dyn EventStore, start: Head) -> Vec<RecordedEvent> {
    let mut events: Vec<RecordedEvent> = Vec::new();
    let mut end: (Position, Hash, Timestamp) = (start.position, start.hash, Timestamp::default());
    loop {
        let page = log.read_all(end.0, 5_000).await.unwrap();
        if page.is_empty() {
            break;
        }
        for event in page {
            assert!(event.position.follows(end.0), "{} after {}", event.position, end.0);
            assert_eq!(event.hash, event_hash(&end.1, &event), "the hash of event {}", event.position);
            assert!(event.recorded_at >= end.2, "event {} is older than the one before", event.position);
            end = (event.position, event.hash, event.recorded_at);
            events.push(event);
        }
    }
    let head = log.head().await.unwrap();
    assert_eq!((head.position, head.hash), (end.0, end.1), "the head is the end of the chain");
    assert!(start.position != Position::START || start.hash == GENESIS);
    events
}

/// What every purse holds by its events; on the way none may ever hold less than nothing.
pub(crate) fn balances(events: &[RecordedEvent]) -> HashMap<String, i64> {
    let mut balances: HashMap<String, i64> = HashMap::new();
    for event in events.iter().filter(|event| event.stream.aggregate_type == "purse") {
        let balance = balances.entry(event.stream.aggregate_id.to_string()).or_default();
        if let PurseEvent::PurseChanged { amount, .. } = serde_json::from_str(&event.payload).unwrap() {
            *balance += amount;
        }
        assert!(*balance >= 0, "{} holds {balance} after event {}", event.stream, event.position);
    }
    balances
}

/// How often each operation had an effect, counted in events.
pub(crate) fn effects(events: &[RecordedEvent]) -> HashMap<u64, u32> {
    let mut effects = HashMap::new();
    for event in events {
        match serde_json::from_str(&event.payload).unwrap() {
            PurseEvent::PurseOpened { op } | PurseEvent::PurseChanged { op, .. } => {
                *effects.entry(op).or_default() += 1;
            }
            PurseEvent::PurseCursed => {}
        }
    }
    effects
}

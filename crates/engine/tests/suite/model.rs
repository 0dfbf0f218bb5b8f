//! Random clients, faults, crashes and restarts. Whatever happens: what was acknowledged is in the log once, what was
//! not is there at most once, nobody was told what the log does not say, and no purse ever held less than nothing.

use std::collections::HashMap;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{CommitError, Context, EngineConfig, Stop, Tx};
use event_store::{EventStore, Head, RecordedEvent};
use kernel::Clock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;

use crate::faults::Fault;
use crate::house::{House, Outcome, Server, balances, checked_after, keyed, let_go_of, new_op};
use crate::purse::{Purse, PurseCommand, PurseEvent, soon};

const PURSES: u8 = 3;
/// The longest that a write may come late.
const ZOMBIE_MS: u64 = 12;

/// What happens at the same time.
#[derive(Clone, Debug)]
struct Round {
    requests: Vec<Request>,
    /// What becomes of the next appends of each engine.
    faults: [Vec<Fault>; 2],
    incident: Incident,
}

/// An engine that comes to an end in the middle of a round, after so many milliseconds.
#[derive(Clone, Debug)]
enum Incident {
    None,
    Restart { engine: usize, after_ms: u64 },
    Crash { engine: usize, after_ms: u64 },
}

/// What a client asks for.
#[derive(Clone, Debug)]
struct Request {
    engine: usize,
    /// Purses and what they get, all or nothing.
    changes: Vec<(u8, i64)>,
    repetition: Repetition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repetition {
    /// Asked once, without a key.
    Never,
    /// Asked under a key, again and again until there is an answer.
    UntilAnswered,
    /// The same from two clients at once, on both engines.
    Twice,
}

fn request() -> impl Strategy<Value = Request> {
    let amount = prop_oneof![2 => 1..40_i64, 3 => -25..0_i64];
    let repetition = prop_oneof![
        3 => Just(Repetition::Never),
        2 => Just(Repetition::UntilAnswered),
        1 => Just(Repetition::Twice),
    ];
    (0..2_usize, prop::collection::vec((0..PURSES, amount), 1..3), repetition)
        .prop_map(|(engine, changes, repetition)| Request { engine, changes, repetition })
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::None),
        2 => (0..6_u64).prop_map(Fault::Slow),
        1 => Just(Fault::Unavailable),
        2 => Just(Fault::UnknownWritten),
        2 => Just(Fault::UnknownLost),
        2 => (0..ZOMBIE_MS).prop_map(Fault::Zombie),
        1 => Just(Fault::Conflict),
        1 => Just(Fault::HeadMoved),
        1 => Just(Fault::KeyTaken),
    ]
}

fn incident() -> impl Strategy<Value = Incident> {
    let when = || (0..2_usize, 0..15_u64);
    prop_oneof![
        3 => Just(Incident::None),
        1 => when().prop_map(|(engine, after_ms)| Incident::Restart { engine, after_ms }),
        2 => when().prop_map(|(engine, after_ms)| Incident::Crash { engine, after_ms }),
    ]
}

fn round() -> impl Strategy<Value = Round> {
    let faults = || prop::collection::vec(fault(), 0..4);
    (prop::collection::vec(request(), 1..14), faults(), faults(), incident())
        .prop_map(|(requests, first, second, incident)| Round { requests, faults: [first, second], incident })
}

/// Stores that engines are started on, one after another.
type Base = Arc<AsyncMutex<House>>;

/// The engines of one case.
struct Party {
    servers: Mutex<Vec<Server>>,
    /// What each engine runs on.
    bases: Vec<Base>,
    log: Arc<dyn EventStore>,
    config: EngineConfig,
    /// A name that no other case uses.
    name: String,
}

/// What a client was told, and how much it asked for.
struct Told {
    op: u64,
    changes: Vec<(String, i64)>,
    outcomes: Vec<Outcome<Vec<i64>>>,
}

impl Party {
    async fn new(bases: Vec<Base>, is_tight: bool) -> Arc<Self> {
        let cache_bytes_max = if is_tight { 1 } else { 1 << 20 };
        let config = EngineConfig { cache_bytes_max, ..EngineConfig::default() };
        let log = Arc::clone(&bases[0].lock().await.log);
        let party = Self { servers: Mutex::default(), bases, log, config, name: new_op().to_string() };
        for number in 0..party.bases.len() {
            let server = party.start(number).await;
            party.servers.lock().unwrap().push(server);
        }
        Arc::new(party)
    }

    /// Whether each engine has to reckon with another.
    fn is_shared(&self) -> bool {
        self.bases.len() > 1
    }

    async fn start(&self, number: usize) -> Server {
        self.bases[number].lock().await.start(self.is_shared(), Clock::default(), self.config).await
    }

    fn server(&self, number: usize) -> Server {
        let servers = self.servers.lock().unwrap();
        servers[number % servers.len()].clone()
    }

    /// Ends an engine, well or badly, and starts another in its place.
    async fn replace(&self, number: usize, is_crash: bool) {
        let number = number % self.bases.len();
        let old = self.server(number);
        if is_crash {
            old.log.is_crashed.store(true, SeqCst);
        } else {
            soon(old.engine.stop()).await;
        }
        if !self.is_shared() {
            // Nobody else may write to this log: what the old one has begun must be over.
            soon(old.engine.stop()).await;
            tokio::time::sleep(Duration::from_millis(ZOMBIE_MS + 5)).await;
        }
        let new = self.start(number).await;
        self.servers.lock().unwrap()[number] = new;
        let log = Arc::clone(&old.log);
        drop(old);
        let_go_of(log).await;
    }

    async fn ask_once(&self, engine: usize, context: Context, told: &Told) -> Outcome<Vec<i64>> {
        let (op, changes) = (told.op, told.changes.clone());
        let work = move |tx: &mut Tx<'_>| -> Result<Vec<i64>, Stop> {
            let change = |(id, amount): &(String, i64)| {
                Ok(tx.execute::<Purse>(id, PurseCommand::Change { amount: *amount, op })?.balance)
            };
            changes.iter().map(change).collect()
        };
        soon(self.server(engine).engine.commit(context, work)).await
    }

    async fn ask_until_answered(&self, engine: usize, told: &Told) -> Outcome<Vec<i64>> {
        loop {
            let outcome = self.ask_once(engine, keyed(&told.op.to_string(), 0), told).await;
            match outcome {
                Ok(_) | Err(CommitError::Refused(_)) => return outcome,
                // `Internal` comes of conflicts that the store makes up again and again.
                Err(
                    CommitError::Internal
                    | CommitError::Overloaded
                    | CommitError::Unavailable
                    | CommitError::Stopping,
                ) => {
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
            }
        }
    }

    async fn ask(&self, request: Request) -> Told {
        let changes = request.changes.iter().map(|(id, amount)| (self.purse(*id), *amount)).collect();
        let mut told = Told { op: new_op(), changes, outcomes: Vec::new() };
        let engine = request.engine;
        told.outcomes = match request.repetition {
            Repetition::Never => vec![self.ask_once(engine, Context::house("suite", "model"), &told).await],
            Repetition::UntilAnswered => vec![self.ask_until_answered(engine, &told).await],
            Repetition::Twice => {
                let both = tokio::join!(
                    self.ask_until_answered(engine, &told),
                    self.ask_until_answered(engine + 1, &told)
                );
                vec![both.0, both.1]
            }
        };
        told
    }

    fn purse(&self, number: u8) -> String {
        format!("{}-{number}", self.name)
    }

    async fn play(self: &Arc<Self>, round: &Round) -> Vec<Told> {
        for (number, faults) in (0..self.bases.len()).zip(&round.faults) {
            self.server(number).log.plan(faults);
        }
        let mut clients = JoinSet::new();
        for request in round.requests.clone() {
            let party = Arc::clone(self);
            clients.spawn(async move { party.ask(request).await });
        }
        match round.incident {
            Incident::None => {}
            Incident::Restart { engine, after_ms } | Incident::Crash { engine, after_ms } => {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                self.replace(engine, matches!(round.incident, Incident::Crash { .. })).await;
            }
        }
        clients.join_all().await
    }

    /// Compares what the log says with what everybody was told.
    async fn judge(&self, start: Head, told: Vec<Told>) {
        tokio::time::sleep(Duration::from_millis(ZOMBIE_MS)).await;
        let events = checked_after(&*self.log, start).await;
        let balances = balances(&events);
        for number in 0..PURSES {
            let id = self.purse(number);
            let expected = balances.get(&id).copied().unwrap_or_default();
            for server in 0..self.bases.len() {
                assert_eq!(self.server(server).balance(&id).await, expected, "{id} by engine {server}");
            }
        }
        let effects = effects(&events);
        for told in told {
            judge_one(&told, effects.get(&told.op));
        }
    }

    async fn end(&self) {
        let servers = std::mem::take(&mut *self.servers.lock().unwrap());
        for server in servers {
            soon(server.engine.stop()).await;
        }
    }
}

/// What the log says of one operation: its purses, in order, what each got and what each held then.
type Effect = Vec<(String, i64, i64)>;

/// The effect of every operation; each is one commit.
fn effects(events: &[RecordedEvent]) -> HashMap<u64, Effect> {
    let mut balances: HashMap<String, i64> = HashMap::new();
    let mut effects: HashMap<u64, (uuid::Uuid, Effect)> = HashMap::new();
    for event in events {
        let PurseEvent::PurseChanged { amount, op } = serde_json::from_str(&event.payload).unwrap() else {
            panic!("nobody asked for {}", event.event_type)
        };
        let id = event.stream.aggregate_id.to_string();
        let balance = balances.entry(id.clone()).or_default();
        *balance += amount;
        let (commit, effect) = effects.entry(op).or_insert_with(|| (event.commit_id, Vec::new()));
        assert_eq!(*commit, event.commit_id, "operation {op} had its effect twice");
        effect.push((id, amount, *balance));
    }
    effects.into_iter().map(|(op, (_, effect))| (op, effect)).collect()
}

fn judge_one(told: &Told, effect: Option<&Effect>) {
    let asked = |effect: &Effect| {
        effect.iter().map(|(id, amount, _)| (id.clone(), *amount)).eq(told.changes.iter().cloned())
    };
    assert!(effect.is_none_or(asked), "{:?} instead of {:?}", effect, told.changes);
    assert!(told.outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", told.outcomes);
    for outcome in &told.outcomes {
        match outcome {
            Ok(balances) => {
                let effect = effect.unwrap_or_else(|| panic!("acknowledged and lost: {:?}", told.changes));
                let held: Vec<i64> = effect.iter().map(|(_, _, balance)| *balance).collect();
                assert_eq!(*balances, held, "the answer is not what the log says");
            }
            // It may have been written or not.
            Err(CommitError::Stopping) => {}
            Err(error) => assert!(effect.is_none(), "{error}, and yet {effect:?}"),
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Plays random rounds; `bases` gives those of one case, one for each engine.
fn play_cases(runtime: &Runtime, bases: impl AsyncFn() -> Vec<Base>) {
    let config = Config { cases: 64, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let story = (prop::collection::vec(round(), 1..4), any::<bool>());
    let played = TestRunner::new(config).run(&story, |(rounds, is_tight)| {
        runtime.block_on(async {
            let party = Party::new(bases().await, is_tight).await;
            let start = party.log.head().await.unwrap();
            let mut told = Vec::new();
            for round in &rounds {
                told.extend(party.play(round).await);
            }
            party.judge(start, told).await;
            party.end().await;
        });
        Ok(())
    });
    if let Err(failure) = played {
        panic!("{failure}");
    }
}

fn base(house: House) -> Base {
    Arc::new(AsyncMutex::new(house))
}

#[test]
fn one_engine_on_sqlite() {
    play_cases(&runtime(), async || vec![base(House::sqlite().await)]);
}

#[test]
fn two_engines_on_sqlite() {
    play_cases(&runtime(), async || {
        let one = base(House::sqlite().await);
        vec![Arc::clone(&one), one]
    });
}

#[test]
fn two_engines_on_postgresql() {
    let runtime = runtime();
    let (first, second) = runtime.block_on(async {
        let house = House::postgres().await;
        let second = house.second().await;
        (base(house), base(second))
    });
    play_cases(&runtime, async || vec![Arc::clone(&first), Arc::clone(&second)]);
    let _entered = runtime.enter();
    drop((first, second));
}

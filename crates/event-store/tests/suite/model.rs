//! Random appends, stale appends, conflicts and restarts, beside a model in memory that says what must come of each.

use std::collections::HashMap;

use event_store::{
    Answer, AppendError, Batch, Commit, EventStore, Head, NewEvent, Position, RecordedEvent, Stores,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::make::{answer_key, answered, checked, commit, event, stream};
use testing::Place;

const STREAMS: u8 = 3;
const KEYS: u8 = 4;

#[derive(Clone, Debug)]
enum Step {
    /// Append commits on the head that stood `back` successful appends ago.
    Append {
        back: usize,
        commits: Vec<Plan>,
    },
    Read {
        after: u64,
        limit: u32,
        stream: u8,
    },
    Reopen,
}

/// A commit: events by their stream and whether they take the sequence before the right one; and perhaps an answer.
#[derive(Clone, Debug)]
struct Plan {
    events: Vec<(u8, bool)>,
    key: Option<u8>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let events = prop::collection::vec((0..STREAMS, prop::bool::weighted(0.04)), 0..4);
    (events, prop::option::weighted(0.2, 0..KEYS)).prop_map(|(events, key)| Plan { events, key })
}

fn step() -> impl Strategy<Value = Step> {
    let back = prop_oneof![4 => Just(0), 1 => 1..4_usize];
    prop_oneof![
        8 => (back, prop::collection::vec(plan(), 1..4)).prop_map(|(back, commits)| Step::Append { back, commits }),
        2 => (0..30_u64, 0..20_u32, 0..STREAMS).prop_map(|(after, limit, stream)| Step::Read { after, limit, stream }),
        1 => Just(Step::Reopen),
    ]
}

/// What the log must hold.
#[derive(Default)]
struct Model {
    events: Vec<RecordedEvent>,
    answers: HashMap<String, Answer>,
    heads: Vec<Head>,
}

impl Model {
    fn head(&self) -> Head {
        self.heads.last().copied().unwrap_or(Head::EMPTY)
    }

    fn next_sequence(&self, stream: &event_store::StreamId) -> u64 {
        self.events
            .iter()
            .filter(|event| event.stream == *stream)
            .map(|event| event.sequence)
            .max()
            .unwrap_or(0)
            + 1
    }

    /// Makes commits of the plans; says whether a sequence and whether a key among them is taken.
    fn decide(&self, plans: &[Plan]) -> (Vec<Commit>, bool, bool) {
        let (mut made, mut sequence_taken, mut key_taken) = (Vec::new(), false, false);
        let mut sequences: HashMap<u8, u64> = HashMap::new();
        let mut keys: Vec<String> = self.answers.keys().cloned().collect();
        for (number, plan) in plans.iter().enumerate() {
            let mut events: Vec<NewEvent> = Vec::new();
            for &(stream_number, slips) in &plan.events {
                let stream = stream(&stream_number.to_string());
                let next = sequences.entry(stream_number).or_insert_with(|| self.next_sequence(&stream));
                let slips = slips && *next > 1;
                sequence_taken |= slips;
                events.push(event(&stream, *next - u64::from(slips), &format!("{{ \"commit\":{number}}}")));
                *next += u64::from(!slips);
            }
            let mut commit = commit(events);
            if let Some(key) = plan.key.map(|key| format!("key {key}")) {
                commit = answered(commit, &key, format!("answer {number}").as_bytes());
                key_taken |= keys.contains(&key);
                keys.push(key);
            }
            made.push(commit);
        }
        (made, sequence_taken, key_taken)
    }

    async fn append(&mut self, log: &dyn EventStore, back: usize, plans: &[Plan]) {
        let back = back.min(self.heads.len());
        let expected = match self.heads.len() - back {
            0 => Head::EMPTY,
            count => self.heads[count - 1],
        };
        let (commits, sequence_taken, key_taken) = self.decide(plans);
        let batch = Batch::seal(expected, commits);
        let outcome = log.append(&batch).await;
        if expected != self.head() {
            assert!(matches!(outcome, Err(AppendError::HeadMoved)), "{outcome:?}");
        } else if sequence_taken || key_taken {
            let told = matches!(outcome, Err(AppendError::StreamConflict)) && sequence_taken
                || matches!(outcome, Err(AppendError::KeyTaken)) && key_taken;
            assert!(told, "{outcome:?}");
        } else {
            assert!(outcome.is_ok(), "{outcome:?}");
            self.events.extend(batch.events().iter().cloned());
            self.answers
                .extend(batch.answers().iter().map(|answer| (answer.key.key.to_string(), answer.clone())));
            if batch.head() != self.head() {
                self.heads.push(batch.head());
            }
        }
    }

    async fn compare(&self, log: &dyn EventStore, after: u64, limit: u32, number: u8) {
        let limited = usize::try_from(limit).unwrap();
        let read = log.read_all(Position::from_number(after), limit).await.unwrap();
        let expected: Vec<_> =
            self.events.iter().filter(|e| e.position.number() > after).take(limited).collect();
        assert_eq!(read.iter().collect::<Vec<_>>(), expected);
        let wanted = stream(&number.to_string());
        let page = log.read_stream(&wanted, after, limit).await.unwrap();
        let of_stream = |event: &&RecordedEvent| event.stream == wanted && event.sequence > after;
        let expected: Vec<_> = self.events.iter().filter(of_stream).take(limited).collect();
        assert_eq!(page.iter().collect::<Vec<_>>(), expected);
        assert_eq!(log.head().await.unwrap(), self.head());
    }
}

async fn follow(place: &Place, steps: &[Step]) {
    let mut model = Model::default();
    let mut stores: Stores = place.open().await;
    for step in steps {
        match step {
            Step::Append { back, commits } => model.append(&*stores.log, *back, commits).await,
            Step::Read { after, limit, stream } => model.compare(&*stores.log, *after, *limit, *stream).await,
            Step::Reopen => {
                stores.close().await;
                drop(stores);
                stores = place.open().await;
            }
        }
        assert_eq!(stores.log.head().await.unwrap(), model.head());
    }
    assert_eq!(checked(&*stores.log).await, model.events);
    for number in 0..KEYS {
        let key = format!("key {number}");
        let kept = stores.log.answers(&[answer_key(&key)]).await.unwrap();
        assert_eq!(kept.first(), model.answers.get(&key));
    }
    stores.close().await;
}

fn check(cases: u32, place: impl AsyncFn() -> Place) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let steps = prop::collection::vec(step(), 1..25);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        runtime.block_on(async {
            let place = place().await;
            follow(&place, &steps).await;
        });
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn sqlite_does_as_the_model_says() {
    check(20, async || Place::folder());
}

#[test]
fn postgres_does_as_the_model_says() {
    check(12, Place::postgres);
}

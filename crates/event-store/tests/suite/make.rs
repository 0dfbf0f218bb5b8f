//! Events, commits and batches for the tests, and the check that every log must pass.

use std::collections::HashMap;
use std::time::Duration;

use event_store::{
    Answer, AnswerKey, AppendError, Batch, Commit, EventStore, GENESIS, Head, NewEvent, Position,
    RecordedEvent, StreamId, event_hash,
};
use kernel::Timestamp;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use uuid::Uuid;

/// What a test may wait for anything at the most.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::new("parcel", id)
}

pub(crate) fn event(stream: &StreamId, sequence: u64, payload: &str) -> NewEvent {
    NewEvent {
        stream: stream.clone(),
        sequence,
        event_type: "ParcelMoved".into(),
        event_version: "1.0".into(),
        payload: payload.into(),
    }
}

/// `count` events on one stream, from `first` on.
pub(crate) fn events(stream: &StreamId, first: u64, count: u64) -> Vec<NewEvent> {
    (first..first + count).map(|sequence| event(stream, sequence, &format!("{{\"n\":{sequence}}}"))).collect()
}

pub(crate) fn commit(events: Vec<NewEvent>) -> Commit {
    Commit {
        id: Uuid::now_v7(),
        recorded_at: Timestamp::from_micros(1_781_771_729_970_123),
        metadata: r#"{"actor":"suite"}"#.into(),
        events,
        answer: None,
    }
}

/// The commit with an answer kept under `key` of account 7.
pub(crate) fn answered(mut commit: Commit, key: &str, body: &[u8]) -> Commit {
    commit.answer = Some(Answer {
        key: answer_key(key),
        request_hash: [u8::try_from(key.len()).unwrap(); 32],
        body: body.into(),
        commit_id: commit.id,
        recorded_at: commit.recorded_at,
    });
    commit
}

pub(crate) fn answer_key(key: &str) -> AnswerKey {
    AnswerKey { account: 7, key: key.into() }
}

/// A batch of one commit on the log's present head.
pub(crate) async fn batch(log: &dyn EventStore, events: Vec<NewEvent>) -> Batch {
    Batch::seal(log.head().await.unwrap(), [commit(events)])
}

/// Appends one commit and gives what was written.
pub(crate) async fn append(log: &dyn EventStore, events: Vec<NewEvent>) -> Batch {
    let batch = batch(log, events).await;
    log.append(&batch).await.unwrap();
    batch
}

/// The whole log, page by page.
pub(crate) async fn everything(log: &dyn EventStore) -> Vec<RecordedEvent> {
    let mut events: Vec<RecordedEvent> = Vec::new();
    loop {
        let after = events.last().map_or(Position::START, |event| event.position);
        let page = log.read_all(after, 1_000).await.unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

/// Where a reading of the whole chain arrives; fails the test at the first event that is out of place.
pub(crate) fn end_of_chain(events: &[RecordedEvent]) -> (Position, event_store::Hash) {
    let mut end = (Position::START, GENESIS);
    let mut sequences: HashMap<&StreamId, u64> = HashMap::new();
    for event in events {
        assert!(event.position.follows(end.0), "{} after {}", event.position, end.0);
        assert_eq!(event.hash, event_hash(&end.1, event), "the hash of event {}", event.position);
        let sequence = sequences.entry(&event.stream).or_default();
        *sequence += 1;
        assert_eq!(event.sequence, *sequence, "the sequence of event {} in {}", event.position, event.stream);
        end = (event.position, event.hash);
    }
    end
}

/// Reads the whole log, checks it and its head, and gives its events.
pub(crate) async fn checked(log: &dyn EventStore) -> Vec<RecordedEvent> {
    let events = everything(log).await;
    let head = log.head().await.unwrap();
    assert_eq!(end_of_chain(&events), (head.position, head.hash));
    events
}

/// Appends a commit made by `decide` from the head and the next sequence of `shared`, again and again until no
/// other appender was faster.
pub(crate) async fn append_in_turn(
    log: &dyn EventStore,
    shared: &StreamId,
    known: &mut u64,
    decide: impl Fn(u64) -> Vec<NewEvent>,
) -> Head {
    loop {
        // The head first: what comes between the two reads moves it, so the batch is refused.
        let head = log.head().await.unwrap();
        let read = log.read_stream(shared, *known, 10_000).await.unwrap();
        *known += u64::try_from(read.len()).unwrap();
        let batch = Batch::seal(head, [commit(decide(*known + 1))]);
        match log.append(&batch).await {
            Ok(()) => return batch.head(),
            Err(AppendError::HeadMoved) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

/// What makes the log's first schema, and nothing later.
pub(crate) fn first_schema(text: &'static str) -> Migrator {
    let first = Migration::new(1, "schema".into(), MigrationType::Simple, text.into(), false);
    Migrator { migrations: vec![first].into(), ..Migrator::DEFAULT }
}

/// What a program of the first schema left: two streams and two answers.
pub(crate) fn old_batch() -> Batch {
    let commits = [
        answered(commit([events(&stream("b"), 1, 2), events(&stream("a"), 1, 1)].concat()), "z", b"first"),
        answered(commit(events(&stream("b"), 3, 1)), "y", b"second"),
    ];
    Batch::seal(Head::EMPTY, commits)
}

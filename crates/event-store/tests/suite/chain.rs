//! The hash chain: whatever is changed in whatever event, a verification from the first event on finds it.

use event_store::{
    Batch, Commit, GENESIS, Hash, Head, NewEvent, Position, RecordedEvent, StreamId, event_hash,
};
use kernel::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

/// Short texts in which a shifted border between two fields is likely to give the same bytes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{0,3}", Just("算".to_owned()), Just("\0".to_owned())]
}

fn new_event() -> impl Strategy<Value = NewEvent> {
    (text(), text(), 0..5_u64, text(), text(), text()).prop_map(
        |(aggregate_type, aggregate_id, sequence, event_type, event_version, payload)| NewEvent {
            stream: StreamId::new(aggregate_type, aggregate_id),
            sequence,
            event_type: event_type.into(),
            event_version: event_version.into(),
            payload: payload.into(),
        },
    )
}

fn commit() -> impl Strategy<Value = Commit> {
    (any::<u128>(), -5..5_i64, text(), prop::collection::vec(new_event(), 0..4)).prop_map(
        |(id, recorded_at, metadata, events)| Commit {
            id: Uuid::from_u128(id),
            recorded_at: Timestamp::from_micros(recorded_at),
            metadata: metadata.into(),
            events,
            answer: None,
        },
    )
}

/// A batch of at least one event.
fn batch() -> impl Strategy<Value = Batch> {
    prop::collection::vec(commit(), 1..4)
        .prop_map(|commits| Batch::seal(Head::EMPTY, commits))
        .prop_filter("no event", |batch| !batch.events().is_empty())
}

/// One change to one field of one event, told by a number.
fn tamper(event: &mut RecordedEvent, field: usize, with: &str) {
    let longer = |text: &str| format!("{text}{with}");
    match field {
        0 => event.position = Position::from_number(event.position.number() + 1),
        1 => event.stream.aggregate_type = longer(&event.stream.aggregate_type).into(),
        2 => event.stream.aggregate_id = longer(&event.stream.aggregate_id).into(),
        3 => event.sequence += 1,
        4 => event.event_type = longer(&event.event_type).into(),
        5 => event.event_version = longer(&event.event_version).into(),
        6 => event.payload = longer(&event.payload).into(),
        7 => event.metadata = longer(&event.metadata).into(),
        8 => event.commit_id = Uuid::from_u128(event.commit_id.as_u128() ^ 1),
        9 => event.recorded_at = Timestamp::from_micros(event.recorded_at.micros() + 1),
        10 => {
            let mut bytes = *event.hash.as_bytes();
            bytes[31] ^= 1;
            event.hash = Hash::from_slice(&bytes).unwrap();
        }
        // A byte moves over the border between two neighbours: all bytes in a row stay the same.
        11 => shift(&mut event.stream, with),
        _ => {
            let (payload, metadata) = (longer(&event.payload), event.metadata.to_string());
            event.payload = payload.into();
            event.metadata = metadata.strip_prefix(with).unwrap_or(&metadata).into();
        }
    }
}

fn shift(stream: &mut StreamId, with: &str) {
    let aggregate_id = stream.aggregate_id.strip_prefix(with).unwrap_or("x").to_owned();
    *stream = StreamId::new(format!("{}{with}", stream.aggregate_type), aggregate_id);
}
const FIELDS: usize = 13;

fn verifies(events: &[RecordedEvent], end: Hash) -> bool {
    let mut previous = GENESIS;
    for event in events {
        if event.hash != event_hash(&previous, event) {
            return false;
        }
        previous = event.hash;
    }
    previous == end
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sealed_batch_verifies(batch in batch()) {
        prop_assert!(verifies(batch.events(), batch.head().hash));
        prop_assert_eq!(batch.expected(), Head::EMPTY);
        let last = batch.events().last().unwrap();
        prop_assert_eq!((batch.head().position, batch.head().hash), (last.position, last.hash));
        for (event, number) in batch.events().iter().zip(1..) {
            prop_assert_eq!(event.position.number(), number);
        }
    }

    #[test]
    fn any_change_breaks_it(batch in batch(), which in any::<prop::sample::Index>(), field in 0..FIELDS, with in "[ab]") {
        let mut events = batch.events().to_vec();
        let which = which.index(events.len());
        tamper(&mut events[which], field, &with);
        prop_assert_ne!(&events[which], &batch.events()[which]);
        prop_assert!(!verifies(&events, batch.head().hash));
    }

    #[test]
    fn a_missing_repeated_or_moved_event_breaks_it(batch in batch(), one in any::<prop::sample::Index>(), two in any::<prop::sample::Index>()) {
        let events = batch.events().to_vec();
        let (one, two) = (one.index(events.len()), two.index(events.len()));
        let mut missing = events.clone();
        missing.remove(one);
        prop_assert!(!verifies(&missing, batch.head().hash));
        let mut repeated = events.clone();
        repeated.insert(one, events[one].clone());
        prop_assert!(!verifies(&repeated, batch.head().hash));
        if one != two {
            let mut moved = events;
            moved.swap(one, two);
            prop_assert!(!verifies(&moved, batch.head().hash));
        }
    }

    /// What a batch is cut into does not matter to the chain.
    #[test]
    fn one_batch_or_many_give_the_same_events(commits in prop::collection::vec(commit(), 1..5)) {
        let whole = Batch::seal(Head::EMPTY, commits.clone());
        let mut head = Head::EMPTY;
        let mut events = Vec::new();
        for commit in commits {
            let part = Batch::seal(head, [commit]);
            head = part.head();
            events.extend(part.events().iter().cloned());
        }
        prop_assert_eq!(whole.events().to_vec(), events);
        prop_assert_eq!(whole.head(), head);
    }
}

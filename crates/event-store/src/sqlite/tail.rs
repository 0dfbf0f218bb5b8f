//! What the indexes do not hold yet: where the newest events and answers stand, in memory, for readers and the writer.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::batch::AnswerKey;
use crate::event::StreamId;

/// An event's place in its stream and in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) sequence: u64,
    /// As the database holds it.
    pub(super) position: i64,
}

/// The newest events by stream and the newest answers by key. What is here may be in the indexes already, or, after a
/// failed commit, nowhere: it tells where to look, and what is found there is compared.
#[derive(Debug, Default)]
pub(super) struct Tail {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    streams: HashMap<StreamId, VecDeque<Place>>,
    answers: HashMap<AnswerKey, i64>,
}

impl Tail {
    /// The last sequence of a stream, if one of its events is here.
    pub(super) fn last_sequence(&self, stream: &StreamId) -> Option<u64> {
        let entries = self.lock();
        entries.streams.get(stream)?.back().map(|place| place.sequence)
    }

    /// The positions of up to `limit` events of a stream with a sequence above `after`, in order.
    pub(super) fn positions(&self, stream: &StreamId, after: u64, limit: u32) -> Vec<i64> {
        let entries = self.lock();
        let Some(places) = entries.streams.get(stream) else { return Vec::new() };
        let first = places.partition_point(|place| place.sequence <= after);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        places.range(first..).take(limit).map(|place| place.position).collect()
    }

    /// The number of an answer, if it is here.
    pub(super) fn answer(&self, key: &AnswerKey) -> Option<i64> {
        self.lock().answers.get(key).copied()
    }

    /// Adds what a batch is about to make durable: readers must not find the head moved and these missing.
    pub(super) fn add(&self, events: &[(StreamId, Place)], answers: &[(AnswerKey, i64)]) {
        let mut entries = self.lock();
        for (stream, place) in events {
            entries.streams.entry(stream.clone()).or_default().push_back(*place);
        }
        entries.answers.extend(answers.iter().cloned());
    }

    /// Forgets what the indexes hold now. The events come in the order of their sequences.
    pub(super) fn forget(&self, events: &[(StreamId, Place)], answers: &[(AnswerKey, i64)]) {
        let mut entries = self.lock();
        for (stream, merged) in events {
            let Entry::Occupied(mut places) = entries.streams.entry(stream.clone()) else { continue };
            while places.get().front().is_some_and(|place| place.position <= merged.position) {
                places.get_mut().pop_front();
            }
            if places.get().is_empty() {
                places.remove();
            }
        }
        for (key, number) in answers {
            if entries.answers.get(key) == Some(number) {
                entries.answers.remove(key);
            }
        }
    }

    /// Puts what the database tells in the place of everything.
    pub(super) fn replace(&self, events: &[(StreamId, Place)], answers: &[(AnswerKey, i64)]) {
        let fresh = Self::default();
        fresh.add(events, answers);
        *self.lock() = fresh.entries.into_inner().unwrap_or_else(PoisonError::into_inner);
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What the indexes do not hold yet: where the newest events and answers stand, in memory, for readers and the writer.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::is_plain_number;

use crate::event::StreamId;
use crate::fingerprint::Fingerprints;

/// A stream, by few bytes. Most that are neighbours in this order are neighbours in the index, whose order is that of text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamKey {
    /// Its place among the aggregate types.
    aggregate_type: usize,
    id: Id,
}

/// An aggregate's id: nearly all are numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Id {
    Number(u64),
    Text(Arc<str>),
}

/// Entries that join the indexes together, in order.
#[derive(Debug, Default)]
pub(super) struct Slice {
    aggregate_types: Vec<Arc<str>>,
    events: Vec<((StreamKey, u64), i64)>,
    /// Fingerprints and numbers.
    pub(super) answers: Vec<(i64, i64)>,
    /// No entry is left to join after these until others are begun with.
    pub(super) is_last: bool,
}

/// The newest events by stream and the newest answers by key. What is here may be in the indexes already, or, after a
/// failed commit, nowhere: it tells where to look, and what is found there is compared.
#[derive(Debug)]
pub(super) struct Tail {
    fingerprints: Fingerprints,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The aggregate types met so far: there are few.
    aggregate_types: Vec<Arc<str>>,
    gathered: Entries,
    /// Those that are on their way into the indexes; all of them are older.
    merging: Entries,
}

/// Neighbours beside each other.
#[derive(Debug, Default)]
struct Entries {
    /// The positions by stream and sequence.
    events: BTreeMap<(StreamKey, u64), i64>,
    /// Fingerprints and numbers.
    answers: BTreeSet<(i64, i64)>,
}

impl StreamKey {
    fn new(aggregate_type: usize, id: &Arc<str>) -> Self {
        let number = if is_plain_number(id) { id.parse().ok() } else { None };
        Self { aggregate_type, id: number.map_or_else(|| Id::Text(Arc::clone(id)), Id::Number) }
    }

    /// The aggregate's id; a number has one form.
    fn aggregate_id(&self) -> Cow<'_, str> {
        match &self.id {
            Id::Number(number) => Cow::Owned(number.to_string()),
            Id::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl Slice {
    /// Aggregate type and id, sequence, and position as the database holds it.
    pub(super) fn events(&self) -> impl Iterator<Item = (&str, Cow<'_, str>, u64, i64)> {
        self.events.iter().filter_map(|((stream, sequence), position)| {
            let aggregate_type = self.aggregate_types.get(stream.aggregate_type)?;
            Some((&**aggregate_type, stream.aggregate_id(), *sequence, *position))
        })
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.answers.is_empty()
    }
}

impl Entries {
    fn len(&self) -> usize {
        self.events.len() + self.answers.len()
    }

    fn last_sequence(&self, stream: &StreamKey) -> Option<u64> {
        let ((found, sequence), _) = self.events.range(..=(stream.clone(), u64::MAX)).next_back()?;
        (found == stream).then_some(*sequence)
    }

    /// The positions of a stream's events with a sequence above `after`, in order.
    fn positions(&self, stream: &StreamKey, after: u64) -> impl Iterator<Item = i64> {
        let behind = (Bound::Excluded((stream.clone(), after)), Bound::Included((stream.clone(), u64::MAX)));
        // No sequence is above the highest, and a range must not begin behind its end.
        let of_stream = (after < u64::MAX).then(|| self.events.range(behind));
        of_stream.into_iter().flatten().map(|(_, position)| *position)
    }

    fn numbers(&self, fingerprint: i64) -> impl Iterator<Item = i64> {
        self.answers.range((fingerprint, i64::MIN)..=(fingerprint, i64::MAX)).map(|(_, number)| *number)
    }
}

impl Waiting {
    fn stream(&mut self, aggregate_type: &str, id: &Arc<str>) -> StreamKey {
        let known = self.aggregate_types.iter().position(|known| **known == *aggregate_type);
        let place = known.unwrap_or_else(|| {
            self.aggregate_types.push(aggregate_type.into());
            self.aggregate_types.len() - 1
        });
        StreamKey::new(place, id)
    }
}

impl Tail {
    pub(super) fn new(fingerprints: Fingerprints) -> Self {
        Self { fingerprints, waiting: Mutex::default() }
    }

    pub(super) const fn fingerprints(&self) -> &Fingerprints {
        &self.fingerprints
    }

    /// Streams by their keys, in order.
    pub(super) fn streams<'s>(&self, streams: impl Iterator<Item = &'s StreamId>) -> Vec<StreamKey> {
        let mut waiting = self.lock();
        streams.map(|stream| waiting.stream(&stream.aggregate_type, &stream.aggregate_id)).collect()
    }

    /// The last sequence of a stream, if one of its events is here.
    pub(super) fn last_sequence(&self, stream: &StreamKey) -> Option<u64> {
        let waiting = self.lock();
        waiting.gathered.last_sequence(stream).or_else(|| waiting.merging.last_sequence(stream))
    }

    /// The positions of up to `limit` events of a stream with a sequence above `after`, in order.
    pub(super) fn positions(&self, stream: &StreamId, after: u64, limit: u32) -> Vec<i64> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut waiting = self.lock();
        let stream = waiting.stream(&stream.aggregate_type, &stream.aggregate_id);
        let older = waiting.merging.positions(&stream, after);
        older.chain(waiting.gathered.positions(&stream, after)).take(limit).collect()
    }

    /// The numbers of the answers here with a fingerprint.
    pub(super) fn numbers(&self, fingerprint: i64) -> Vec<i64> {
        let waiting = self.lock();
        waiting.merging.numbers(fingerprint).chain(waiting.gathered.numbers(fingerprint)).collect()
    }

    /// Adds what a batch is about to make durable: readers must not find the head moved and these missing. Events come with
    /// stream and sequence, answers with fingerprint and number.
    pub(super) fn add(
        &self,
        events: impl Iterator<Item = ((StreamKey, u64), i64)>,
        answers: impl Iterator<Item = (i64, i64)>,
    ) {
        let mut waiting = self.lock();
        waiting.gathered.events.extend(events);
        waiting.gathered.answers.extend(answers);
    }

    /// How many entries are gathered, and how many are on their way into the indexes.
    pub(super) fn lengths(&self) -> (usize, usize) {
        let waiting = self.lock();
        (waiting.gathered.len(), waiting.merging.len())
    }

    /// What is gathered is now on its way. Nothing else may be.
    pub(super) fn begin_merging(&self) {
        let mut waiting = self.lock();
        waiting.merging = std::mem::take(&mut waiting.gathered);
    }

    /// The next entries that are on their way, so many at the most; they stay here until [`Tail::forget`]. `None` if there are none.
    pub(super) fn next(&self, most: usize) -> Option<Slice> {
        let waiting = self.lock();
        let Entries { events, answers } = &waiting.merging;
        let events: Vec<_> =
            events.iter().take(most).map(|(event, position)| (event.clone(), *position)).collect();
        let rest = most - events.len();
        let slice = Slice {
            aggregate_types: waiting.aggregate_types.clone(),
            events,
            answers: answers.iter().take(rest).copied().collect(),
            is_last: waiting.merging.len() <= most,
        };
        (!slice.is_empty()).then_some(slice)
    }

    /// Forgets what the indexes hold now: the slice that was next.
    pub(super) fn forget(&self, slice: &Slice) {
        let mut waiting = self.lock();
        for _ in &slice.events {
            waiting.merging.events.pop_first();
        }
        for _ in &slice.answers {
            waiting.merging.answers.pop_first();
        }
    }

    /// Puts what the database tells in the place of everything: events with stream, sequence and position, answers with fingerprint
    /// and number.
    pub(super) fn replace(&self, events: &[(StreamId, u64, i64)], answers: Vec<(i64, i64)>) {
        let mut waiting = self.lock();
        let mut gathered = Entries { events: BTreeMap::new(), answers: answers.into_iter().collect() };
        for (stream, sequence, position) in events {
            let stream = waiting.stream(&stream.aggregate_type, &stream.aggregate_id);
            gathered.events.insert((stream, *sequence), *position);
        }
        waiting.gathered = gathered;
        waiting.merging = Entries::default();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

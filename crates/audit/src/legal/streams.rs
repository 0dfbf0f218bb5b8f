//! The streams of one kind: how far each is, and what must be remembered of it.

use std::hash::Hash;

use foldhash::{HashMap, HashMapExt as _};
use serde::{Deserialize, Serialize};

use crate::breach::{Wrong, same};

/// The states of all streams of a kind. In JSON it is a list of (id, sequence, state), in the order of the ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    into = "Vec<(K, u64, S)>",
    from = "Vec<(K, u64, S)>",
    bound(
        serialize = "K: Ord + Hash + Clone + Serialize, S: Clone + Serialize",
        deserialize = "K: Ord + Hash + Deserialize<'de>, S: Deserialize<'de>"
    )
)]
pub(crate) struct Streams<K: Eq + Hash, S> {
    all: HashMap<K, Stream<S>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stream<S> {
    sequence: u64,
    state: S,
}

impl<K: Eq + Hash, S> Default for Streams<K, S> {
    fn default() -> Self {
        Self { all: HashMap::new() }
    }
}

impl<K: Ord + Hash, S: Default> Streams<K, S> {
    /// The state before the event with that sequence, which is now the last one.
    ///
    /// # Errors
    /// The sequence is not the one after the last.
    pub(crate) fn next(&mut self, key: K, sequence: u64) -> Result<&mut S, Wrong> {
        let stream = self.all.entry(key).or_default();
        same("sequences are dense", stream.sequence.saturating_add(1), sequence)?;
        stream.sequence = sequence;
        Ok(&mut stream.state)
    }

    pub(crate) fn get(&self, key: &K) -> Option<&S> {
        self.all.get(key).map(|stream| &stream.state)
    }

    /// Remembers a stream as it was read again.
    pub(crate) fn put(&mut self, key: K, sequence: u64, state: S) {
        self.all.insert(key, Stream { sequence, state });
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&S) -> bool) {
        self.all.retain(|_, stream| keep(&stream.state));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Key, events so far and state of each stream, in the order of the keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, u64, &S)> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all.into_iter().map(|(key, stream)| (key, stream.sequence, &stream.state))
    }
}

impl<K: Ord + Hash, S> From<Streams<K, S>> for Vec<(K, u64, S)> {
    fn from(streams: Streams<K, S>) -> Self {
        let mut all: Vec<_> =
            streams.all.into_iter().map(|(key, stream)| (key, stream.sequence, stream.state)).collect();
        all.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        all
    }
}

impl<K: Ord + Hash, S> From<Vec<(K, u64, S)>> for Streams<K, S> {
    fn from(list: Vec<(K, u64, S)>) -> Self {
        let all = list.into_iter().map(|(key, sequence, state)| (key, Stream { sequence, state }));
        Self { all: all.collect() }
    }
}

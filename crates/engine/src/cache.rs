//! The aggregate states in memory, the least recently used leaving first when they weigh too much.

use event_store::{RecordedEvent, StreamId};
use hashlink::LruCache;

use crate::state_table::{State, StateTable};

/// What an entry weighs beside its state: the key, the links, the counts.
const ENTRY_OVERHEAD: usize = 192;

/// A state and where it stands in its stream.
#[derive(Clone)]
pub(crate) struct Cached {
    pub(crate) state: State,
    pub(crate) sequence: u64,
    pub(crate) table: &'static StateTable,
    /// The batch that last changed it; it may leave only when that batch is durable.
    pub(crate) batch: u64,
}

impl Cached {
    /// Applies another server's event; `false` if the state is no longer right.
    pub(crate) fn follow(&mut self, event: &RecordedEvent) -> bool {
        if event.sequence <= self.sequence {
            return true;
        }
        let is_next = event.sequence == self.sequence + 1;
        self.sequence = event.sequence;
        is_next && (self.table.apply)(&mut self.state, event).is_ok()
    }

    fn weight(&self) -> usize {
        ENTRY_OVERHEAD + (self.table.weight)(&self.state)
    }
}

/// States by stream, bounded by weight.
pub(crate) struct Cache {
    entries: LruCache<StreamId, Cached>,
    weight: usize,
    weight_max: usize,
}

impl Cache {
    pub(crate) fn new(weight_max: usize) -> Self {
        Self { entries: LruCache::new_unbounded(), weight: 0, weight_max }
    }

    pub(crate) fn get(&mut self, stream: &StreamId) -> Option<&Cached> {
        self.entries.get(stream).map(|cached| cached as &Cached)
    }

    pub(crate) fn put(&mut self, stream: StreamId, cached: Cached) -> Option<Cached> {
        self.weight += cached.weight();
        let before = self.entries.insert(stream, cached);
        self.weight -= before.as_ref().map_or(0, Cached::weight);
        before
    }

    pub(crate) fn remove(&mut self, stream: &StreamId) {
        self.weight -= self.entries.remove(stream).as_ref().map_or(0, Cached::weight);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.weight = 0;
    }

    /// Lets the least recently used go until the rest is light enough; states not yet durable stay, and those that
    /// somebody still needs.
    pub(crate) fn shrink(&mut self, durable_batch: u64, is_needed: impl Fn(&StreamId) -> bool) {
        let mut kept = 0;
        while self.weight > self.weight_max && kept < self.entries.len() {
            let Some((stream, cached)) = self.entries.remove_lru() else { return };
            self.weight -= cached.weight();
            if cached.batch > durable_batch || is_needed(&stream) {
                self.put(stream, cached);
                kept += 1;
            }
        }
    }

    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

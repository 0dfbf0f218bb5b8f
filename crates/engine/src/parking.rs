//! Jobs that wait for states, and the states on their way from the store.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use event_store::{RecordedEvent, StreamId};

use crate::cache::Cached;
use crate::job::Queued;
use crate::load::LoadedState;
use crate::state_table::StateTable;
use crate::tx::Missing;

/// Events of other servers kept for a state that is being loaded; of more it is loaded again.
const FOREIGN_MAX: usize = 4_096;

/// Who waits for what.
#[derive(Default)]
pub(crate) struct Parking {
    jobs: HashMap<u64, Parked>,
    /// Jobs that were ever parked: the next one's number.
    count: u64,
    loads: HashMap<StreamId, Loading>,
    /// States that may not leave the cache before the jobs that waited for them have run, and for how many jobs.
    pins: HashMap<StreamId, usize>,
}

struct Parked {
    queued: Queued,
    /// How many states are still missing.
    missing: usize,
}

/// A state on its way.
#[derive(Default)]
pub(crate) struct Loading {
    waiting: Vec<u64>,
    /// What another server did to it since the loading began.
    foreign: Vec<RecordedEvent>,
    /// Something happened to it meanwhile that is not in `foreign`.
    is_stale: bool,
}

impl Parking {
    /// Lets a job wait for states; gives those that nobody is loading yet.
    pub(crate) fn park(&mut self, mut queued: Queued, missing: Vec<Missing>) -> Vec<Missing> {
        let number = self.count;
        self.count += 1;
        let (mut waits_for, mut to_load) = (0, Vec::new());
        for wanted in missing {
            let stream = wanted.stream.clone();
            let loading = match self.loads.entry(stream.clone()) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    to_load.push(wanted);
                    entry.insert(Loading::default())
                }
            };
            // A work may ask for the same state twice.
            if loading.waiting.last() != Some(&number) {
                loading.waiting.push(number);
                waits_for += 1;
                *self.pins.entry(stream.clone()).or_default() += 1;
                queued.pins.push(stream);
            }
        }
        self.jobs.insert(number, Parked { queued, missing: waits_for });
        to_load
    }

    /// Takes out the state that has arrived.
    pub(crate) fn take(&mut self, stream: &StreamId) -> Option<Loading> {
        self.loads.remove(stream)
    }

    /// The state must be loaded once more, for those who wait for it.
    pub(crate) fn load_again(&mut self, stream: StreamId, loading: Loading) {
        self.loads.insert(stream, Loading { waiting: loading.waiting, ..Loading::default() });
    }

    /// The jobs that have everything now.
    pub(crate) fn resume(&mut self, loading: Loading) -> Vec<Queued> {
        let mut ready = Vec::new();
        for number in loading.waiting {
            let Some(parked) = self.jobs.get_mut(&number) else { continue };
            parked.missing -= 1;
            if parked.missing == 0 {
                ready.extend(self.jobs.remove(&number).map(|parked| parked.queued));
            }
        }
        ready
    }

    /// The jobs that will never have everything.
    pub(crate) fn abandon(&mut self, loading: Loading) -> Vec<Queued> {
        let gone = loading.waiting.iter().filter_map(|number| self.jobs.remove(number));
        gone.map(|parked| parked.queued).collect()
    }

    /// Everybody who waits.
    pub(crate) fn abandon_all(&mut self) -> Vec<Queued> {
        self.loads.clear();
        self.jobs.drain().map(|(_, parked)| parked.queued).collect()
    }

    /// The job has run: what it waited for may leave the cache.
    pub(crate) fn unpin(&mut self, queued: &mut Queued) {
        for stream in queued.pins.drain(..) {
            if let Entry::Occupied(mut entry) = self.pins.entry(stream) {
                *entry.get_mut() -= 1;
                if *entry.get() == 0 {
                    entry.remove();
                }
            }
        }
    }

    pub(crate) fn is_pinned(&self, stream: &StreamId) -> bool {
        self.pins.contains_key(stream)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Another server did something: whoever is loading that state may not see it.
    pub(crate) fn note_foreign(&mut self, event: &RecordedEvent) {
        let Some(loading) = self.loads.get_mut(&event.stream) else { return };
        if loading.foreign.len() < FOREIGN_MAX {
            loading.foreign.push(event.clone());
        } else {
            loading.is_stale = true;
        }
    }

    /// This server changed a state that is being loaded (it was created meanwhile).
    pub(crate) fn note_own(&mut self, stream: &StreamId) {
        if let Some(loading) = self.loads.get_mut(stream) {
            loading.is_stale = true;
        }
    }

    /// Whatever is being loaded now may lack something.
    pub(crate) fn distrust_loads(&mut self) {
        self.loads.values_mut().for_each(|loading| loading.is_stale = true);
    }
}

impl Loading {
    /// The state with what happened while it was loaded; `None` if that cannot be told.
    pub(crate) fn complete(&self, loaded: LoadedState, table: &'static StateTable) -> Option<Cached> {
        if self.is_stale {
            return None;
        }
        let mut cached = Cached { state: loaded.state, sequence: loaded.sequence, table, batch: 0 };
        self.foreign.iter().all(|event| cached.follow(event)).then_some(cached)
    }
}

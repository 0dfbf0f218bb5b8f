//! The unit of work: what a commit's closure sees.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use event_store::{NewEvent, Position, StreamId};
use kernel::{Decide, DomainEvent as _, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};

use crate::cache::{Cache, Cached};
use crate::error::{Refusal, Stop};
use crate::state_table::{State, StateTable, table_of};

/// Ids made by [`Tx::new_id`] start here: the numbers below are free for ids that are drawn.
const ID_BASE: u64 = 1 << 40;
/// Ids that one commit can make: position and count together are the id, so it is unique wherever the log is.
const IDS_PER_COMMIT_BITS: u32 = 10;

/// A state as the running work sees it.
#[derive(Clone)]
pub(crate) struct Working {
    pub(crate) state: State,
    pub(crate) sequence: u64,
    pub(crate) table: &'static StateTable,
}

/// A state to be loaded before the work can run.
pub(crate) struct Missing {
    pub(crate) stream: StreamId,
    pub(crate) table: &'static StateTable,
}

/// What a unit of work decided.
#[derive(Default)]
pub(crate) struct Decided {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) states: HashMap<StreamId, Working>,
}

/// A running unit of work. It sees the states after everything decided before it, and its own changes on top.
pub struct Tx<'a> {
    cache: &'a mut Cache,
    now: Timestamp,
    first_position: Position,
    ids_made: u64,
    decided: Decided,
    /// What each change replaced, so that an attempt can be taken back.
    journal: Vec<(StreamId, Option<Working>)>,
    missing: Vec<Missing>,
    /// A state was asked for that is missing: whatever the work makes of that does not count.
    is_blocked: bool,
}

/// What is left of a unit of work that has run.
pub(crate) struct Finished {
    pub(crate) decided: Decided,
    pub(crate) missing: Vec<Missing>,
    pub(crate) is_blocked: bool,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(cache: &'a mut Cache, now: Timestamp, first_position: Position) -> Self {
        Self {
            cache,
            now,
            first_position,
            ids_made: 0,
            decided: Decided::default(),
            journal: Vec::new(),
            missing: Vec::new(),
            is_blocked: false,
        }
    }

    /// The moment of this commit.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// A new id, never given before in this log. It becomes taken when the commit happens.
    ///
    /// # Errors
    /// The commit has made 1,024 ids already, or ids have run out.
    pub fn new_id<I: TryFrom<u64>>(&mut self) -> Result<I, Stop> {
        let exhausted = || Stop::Broken("ids have run out".to_owned());
        if self.ids_made >> IDS_PER_COMMIT_BITS != 0 {
            return Err(exhausted());
        }
        let number = ID_BASE + (self.first_position.number() << IDS_PER_COMMIT_BITS) + self.ids_made;
        self.ids_made += 1;
        I::try_from(number).map_err(|_| exhausted())
    }

    /// A number drawn from `range`, for ids that must not be guessed. Whether it is free the aggregate knows.
    ///
    /// # Errors
    /// The range is empty or the system has no randomness.
    pub fn draw(&self, range: Range<u64>) -> Result<u64, Stop> {
        draw(range).ok_or_else(|| Stop::Broken("no random number".to_owned()))
    }

    /// Says that a state will be needed, so that all that are missing are loaded together.
    pub fn want<A: Decide>(&mut self, id: impl Display) {
        let stream = stream_of::<A>(id);
        if !self.decided.states.contains_key(&stream) && self.cache.get(&stream).is_none() {
            self.missing.push(Missing { stream, table: table_of::<A>() });
        }
    }

    /// The state of an aggregate; of one that nothing happened to yet, the default.
    ///
    /// # Errors
    /// [`Stop::NotLoaded`] if it is not in memory.
    pub fn state<A: Decide>(&mut self, id: impl Display) -> Result<Arc<A>, Stop> {
        let working = self.working::<A>(stream_of::<A>(id))?;
        downcast::<A>(&working.state)
    }

    /// Decides a command on one aggregate and gives its state afterwards.
    ///
    /// # Errors
    /// The aggregate's refusal, or [`Stop::NotLoaded`].
    pub fn execute<A: Decide>(&mut self, id: impl Display, command: A::Command) -> Result<Arc<A>, Stop> {
        let stream = stream_of::<A>(id);
        let working = self.working::<A>(stream.clone())?;
        self.decide::<A>(stream, working, command)
    }

    /// Decides the first command of an aggregate whose id was just made by [`Tx::new_id`], without looking for a past.
    ///
    /// # Errors
    /// The aggregate's refusal.
    pub fn create<A: Decide>(&mut self, id: impl Display, command: A::Command) -> Result<Arc<A>, Stop> {
        let (stream, table) = (stream_of::<A>(id), table_of::<A>());
        let known = self.known(&stream);
        let working = known.unwrap_or_else(|| Working { state: (table.empty)(), sequence: 0, table });
        self.decide::<A>(stream, working, command)
    }

    /// Runs part of the work that may be refused on its own: then its changes are taken back and the rest goes on.
    ///
    /// # Errors
    /// What is no refusal ends the whole work.
    pub fn attempt<T>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Result<Result<T, Refusal>, Stop> {
        let (events, changes) = (self.decided.events.len(), self.journal.len());
        match part(self) {
            Ok(value) => Ok(Ok(value)),
            Err(Stop::Refused(refusal)) => {
                self.decided.events.truncate(events);
                while self.journal.len() > changes {
                    let Some((stream, before)) = self.journal.pop() else { break };
                    match before {
                        Some(working) => self.decided.states.insert(stream, working),
                        None => self.decided.states.remove(&stream),
                    };
                }
                Ok(Err(refusal))
            }
            Err(stop @ (Stop::NotLoaded | Stop::Broken(_))) => Err(stop),
        }
    }

    /// Whether anything was decided so far.
    pub(crate) const fn has_decided(&self) -> bool {
        !self.decided.events.is_empty()
    }

    pub(crate) fn finish(self) -> Finished {
        Finished { decided: self.decided, missing: self.missing, is_blocked: self.is_blocked }
    }

    fn working<A: Decide>(&mut self, stream: StreamId) -> Result<Working, Stop> {
        self.known(&stream).ok_or_else(|| {
            self.missing.push(Missing { stream, table: table_of::<A>() });
            self.is_blocked = true;
            Stop::NotLoaded
        })
    }

    fn known(&mut self, stream: &StreamId) -> Option<Working> {
        if let Some(working) = self.decided.states.get(stream) {
            return Some(working.clone());
        }
        let Cached { state, sequence, table, .. } = self.cache.get(stream)?;
        Some(Working { state: Arc::clone(state), sequence: *sequence, table })
    }

    fn decide<A: Decide>(
        &mut self,
        stream: StreamId,
        mut working: Working,
        command: A::Command,
    ) -> Result<Arc<A>, Stop> {
        let before = downcast::<A>(&working.state)?;
        let events = before.decide(command)?;
        if events.is_empty() {
            return Ok(before);
        }
        let mut state = A::clone(&before);
        let mut decided = Vec::with_capacity(events.len());
        for event in events {
            working.sequence += 1;
            let payload = serde_json::to_string(&event).map_err(|error| Stop::broken(&error))?;
            decided.push(NewEvent {
                stream: stream.clone(),
                sequence: working.sequence,
                event_type: event.event_type().into(),
                event_version: event.event_version().into(),
                payload: payload.into(),
            });
            state.apply_at(event, self.now);
        }
        self.decided.events.extend(decided);
        let state = Arc::new(state);
        working.state = Arc::clone(&state) as State;
        let replaced = self.decided.states.insert(stream.clone(), working);
        self.journal.push((stream, replaced));
        Ok(state)
    }
}

/// A number drawn from `range`, evenly; `None` if the range is empty or the system has no randomness.
pub(crate) fn draw(range: Range<u64>) -> Option<u64> {
    let width = range.end.checked_sub(range.start).filter(|width| *width > 0)?;
    let random = SystemRandom::new();
    let mut bytes = [0; 8];
    // Numbers beyond the last whole multiple of the width would favour the low ones.
    let limit = u64::MAX - u64::MAX % width;
    loop {
        random.fill(&mut bytes).ok()?;
        let number = u64::from_le_bytes(bytes);
        if number < limit {
            return Some(range.start + number % width);
        }
    }
}

fn stream_of<A: Decide>(id: impl Display) -> StreamId {
    StreamId::new(A::TYPE, id.to_string())
}

fn downcast<A: Decide>(state: &State) -> Result<Arc<A>, Stop> {
    Arc::clone(state)
        .downcast::<A>()
        .map_err(|_| Stop::Broken(format!("two types of aggregate are called {}", A::TYPE)))
}

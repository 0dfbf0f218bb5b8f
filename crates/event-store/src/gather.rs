//! Reading a stretch of the log without keeping its events: each is shown to whoever gathers from it, where it was read.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::error::StoreError;
use crate::event::EventRef;
use crate::position::Position;

/// A stretch of the log: after a position, up to and including another, and at most so many events of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Events after this one.
    pub after: Position,
    /// Up to this one.
    pub until: Position,
    /// At most this many events.
    pub limit: u32,
}

/// What takes in events, in order, where they are read: on a thread of the store's that may be busy.
pub trait Gather: Send + 'static {
    /// Takes the next event.
    fn take(&mut self, event: &EventRef<'_>);
}

/// What was gathered from a stretch.
#[derive(Debug)]
pub struct Gathered<G> {
    /// From the events that read.
    pub made: G,
    /// Why there are no more, if a row does not read. It stands right after the last event that was shown.
    pub damage: Option<StoreError>,
}

/// Sums over the places of events, equal for equal places in whatever order. The key is new with each process, so nobody can
/// choose places that come to the sum of others.
#[derive(Clone, Debug, Default)]
pub struct PlaceSum {
    key: RandomState,
}

impl PlaceSum {
    /// What one place comes to. Sums are made by wrapping addition.
    #[must_use]
    pub fn of(&self, aggregate_type: &[u8], aggregate_id: &[u8], sequence: i64, position: i64) -> u64 {
        let mut hasher = self.key.build_hasher();
        let (position, sequence) = (position.to_ne_bytes(), sequence.to_ne_bytes());
        let border = aggregate_type.len().to_ne_bytes();
        let parts = [&position, &sequence, &border, aggregate_type, aggregate_id];
        // A short place, as nearly all are, is hashed in one go.
        let mut place = [0_u8; 96];
        match joined(parts, &mut place) {
            Some(place) => hasher.write(place),
            None => parts.into_iter().for_each(|part| hasher.write(part)),
        }
        hasher.finish()
    }

    /// What the place of an event comes to.
    #[must_use]
    pub fn of_event(&self, event: &EventRef<'_>) -> u64 {
        let (kind, id) = (event.aggregate_type.as_bytes(), event.aggregate_id.as_bytes());
        self.of(kind, id, event.sequence.cast_signed(), event.position.to_sql())
    }
}

/// The parts one after another, if there is room.
fn joined<'r>(parts: [&[u8]; 5], room: &'r mut [u8]) -> Option<&'r [u8]> {
    let mut length = 0;
    for part in parts {
        room.get_mut(length..length + part.len())?.copy_from_slice(part);
        length += part.len();
    }
    room.get(..length)
}

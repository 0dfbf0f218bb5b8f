//! What can be told of an event by itself: found out where the event is read, on several threads, before it is judged in its turn.

use std::sync::Arc;

use aggregates::AnyEvent;
use event_store::{EventRef, Hash, PlaceSum, Position};
use uuid::Uuid;

use super::decode;
use super::metadata::{Told, check_metadata};
use crate::breach::Wrong;
use crate::chain::Link;
use crate::pages::{Lent, Make};
use crate::postings::{Posting, posted};
use crate::stream_number::StreamKey;

/// Metadata, which the events of a commit share.
pub(super) struct Metadata {
    pub(super) text: Box<str>,
    /// What it tells, if it reads.
    pub(super) told: Result<Told, Wrong>,
}

/// An event, read.
pub(super) struct Examined {
    pub(super) link: Link,
    pub(super) commit_id: Uuid,
    pub(super) metadata: Arc<Metadata>,
    pub(super) stream: StreamKey,
    pub(super) sequence: u64,
    pub(super) event: Result<AnyEvent, Wrong>,
    /// Its postings, if the event reads.
    pub(super) posted: Result<Option<[Posting; 2]>, Wrong>,
}

/// A page of events, and what they come to.
pub(super) struct Examination {
    pub(super) page: Lent<Examined>,
    pub(super) tally: Tally,
    /// What the places of those come to that the index of streams is to be compared on.
    pub(super) places: u64,
    /// How places are summed up, and up to which.
    compared: Option<(PlaceSum, Position)>,
}

/// How many there are of each kind.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) streams: Vec<(Box<str>, u64)>,
    pub(super) event_types: Vec<(Box<str>, u64)>,
}

impl Examination {
    pub(super) fn new(compared: Option<(PlaceSum, Position)>, room: Lent<Examined>) -> Self {
        Self { page: room, tally: Tally::default(), places: 0, compared }
    }

    /// The metadata, once for events that stand together and share it.
    fn metadata(&self, event: &EventRef<'_>) -> Arc<Metadata> {
        match self.page.events.last() {
            Some(last) if *last.metadata.text == *event.metadata => Arc::clone(&last.metadata),
            Some(_) | None => {
                Arc::new(Metadata { text: event.metadata.into(), told: check_metadata(event.metadata) })
            }
        }
    }
}

impl Make for Examination {
    fn take(&mut self, event: &EventRef<'_>, previous: Option<Hash>) {
        if let Some((sum, until)) = &self.compared
            && event.position <= *until
        {
            self.places = self.places.wrapping_add(sum.of_event(event));
        }
        self.tally.count(event);
        let stream = StreamKey::of(event.aggregate_id);
        let decoded = decode(event);
        let posted = match &decoded {
            Ok(decoded) => posted(&stream, decoded)
                .map_err(|error| Wrong::new("events can be posted", "postings", error)),
            Err(_) => Ok(None),
        };
        self.page.events.push(Examined {
            link: Link::of(previous, event),
            commit_id: event.commit_id,
            metadata: self.metadata(event),
            stream,
            sequence: event.sequence,
            event: decoded,
            posted,
        });
    }
}

impl Tally {
    fn count(&mut self, event: &EventRef<'_>) {
        if event.sequence == 1 {
            increase(&mut self.streams, event.aggregate_type);
        }
        increase(&mut self.event_types, event.event_type);
    }
}

/// There are few kinds: looking through them takes less than a map would.
fn increase(counts: &mut Vec<(Box<str>, u64)>, kind: &str) {
    match counts.iter_mut().find(|(known, _)| **known == *kind) {
        Some((_, count)) => *count += 1,
        None => counts.push((kind.into(), 1)),
    }
}

//! The chain: every event at the next position, at no earlier time, with the hash of itself and of all before it.

use event_store::{GENESIS, Hash, Position, RecordedEvent, event_hash};
use kernel::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::breach::{Breach, Place, Wrong, ensure, same};

/// A point of the log: up to where something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The last event's position; 0 before the first.
    #[serde(with = "position")]
    pub position: Position,
    /// The last event's hash; zeros before the first.
    #[serde(with = "hash")]
    pub hash: Hash,
    /// The last event's time, in microseconds since 1970-01-01 UTC.
    pub recorded_at: Timestamp,
}

impl Point {
    /// Before the first event.
    pub const GENESIS: Self =
        Self { position: Position::START, hash: GENESIS, recorded_at: Timestamp::from_micros(i64::MIN) };

    /// Steps over the event, if it is the next of the chain.
    ///
    /// # Errors
    /// What breaks the chain.
    pub(crate) fn step(&mut self, event: &RecordedEvent) -> Result<(), Breach> {
        let next = self.position.number().saturating_add(1);
        let here = event.position.number();
        same("positions are dense", next, here)
            .map_err(|wrong| wrong.at(&Place { position: next, stream: event.stream.to_string() }))?;
        self.link(event).map_err(|wrong| wrong.at(&place_of(event)))?;
        *self = Self { position: event.position, hash: event.hash, recorded_at: event.recorded_at };
        Ok(())
    }

    fn link(&self, event: &RecordedEvent) -> Result<(), Wrong> {
        same("the hash chain", event_hash(&self.hash, event), event.hash)?;
        let (last, here) = (self.recorded_at, event.recorded_at);
        ensure(here >= last, "time does not go back", format_args!("{last} or later"), here)
    }
}

/// Where an event stands.
pub(crate) fn place_of(event: &RecordedEvent) -> Place {
    Place { position: event.position.number(), stream: event.stream.to_string() }
}

mod position {
    use super::{Deserialize, Deserializer, Position, Serializer};

    pub(super) fn serialize<S: Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(position.number())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Position, D::Error> {
        u64::deserialize(deserializer).map(Position::from_number)
    }
}

mod hash {
    use super::{Deserialize, Deserializer, Hash, Serializer, de};

    pub(super) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

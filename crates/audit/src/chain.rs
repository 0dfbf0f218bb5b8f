//! The chain: every event at the next position, at no earlier time, with the hash of itself and of all before it.

use event_store::{EventRef, GENESIS, Hash, Position};
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
    pub(crate) fn step(&mut self, link: &Link) -> Result<(), Breach> {
        let next = self.position.number().saturating_add(1);
        same("positions are dense", next, link.position.number())
            .map_err(|wrong| wrong.at(Place { position: next }))?;
        self.check(link).map_err(|wrong| wrong.at(link.place()))?;
        *self = Self { position: link.position, hash: link.hash, recorded_at: link.recorded_at };
        Ok(())
    }

    fn check(&self, link: &Link) -> Result<(), Wrong> {
        let rule = "the hash chain";
        ensure(
            link.previous == Some(self.hash),
            rule,
            format_args!("the event after {}", self.hash),
            "another row",
        )?;
        same(rule, link.computed, link.hash)?;
        let (last, here) = (self.recorded_at, link.recorded_at);
        ensure(here >= last, "time does not go back", format_args!("{last} or later"), here)
    }
}

/// What the chain asks of an event. The hash is computed where the event is read, on that of the row before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) position: Position,
    pub(crate) recorded_at: Timestamp,
    pub(crate) hash: Hash,
    previous: Option<Hash>,
    computed: Hash,
}

impl Link {
    /// The link of an event; `previous` is the stored hash of the row before it, if there is one.
    pub(crate) fn of(previous: Option<Hash>, event: &EventRef<'_>) -> Self {
        let EventRef { position, recorded_at, hash, .. } = *event;
        Self {
            position,
            recorded_at,
            hash,
            previous,
            computed: event.hash_after(&previous.unwrap_or(GENESIS)),
        }
    }

    /// Where the event stands.
    pub(crate) const fn place(&self) -> Place {
        Place { position: self.position.number() }
    }
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

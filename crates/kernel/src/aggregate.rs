//! What an aggregate is here: a cqrs-es aggregate that decides synchronously, and events that outlive their code.

use cqrs_es::{Aggregate, DomainEvent};
use serde::de::DeserializeOwned;

use crate::{Coded, Timestamp, read_compact};

/// An event as stored: its type and version name its meaning for ever.
pub trait Event: DomainEvent {
    /// Every (type, version) that this code can read, the current version of each type first.
    const KNOWN: &'static [(&'static str, &'static str)];

    /// Reads a stored event of any known version; older versions are upcast here.
    ///
    /// # Errors
    /// [`DecodeError`] when type or version is unknown (a newer program wrote it) or the payload does not fit.
    fn decode(event_type: &str, event_version: &str, payload: &str) -> Result<Self, DecodeError>;
}

/// A stored event that this code cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No code for this type and version: the log was written by a newer program.
    #[error("unknown event {event_type} version {event_version}: a newer program wrote it")]
    Unknown {
        /// The stored type.
        event_type: String,
        /// The stored version.
        event_version: String,
    },
    /// The payload is not what its type and version promise.
    #[error("event {event_type} version {event_version} does not read: {reason}")]
    Malformed {
        /// The stored type.
        event_type: String,
        /// The stored version.
        event_version: String,
        /// What the reader said (line and column, never the data).
        reason: String,
    },
}

impl DecodeError {
    /// Reads `payload` as the current form of `E` after checking that type and version are known.
    ///
    /// # Errors
    /// As [`Event::decode`].
    pub fn check_and_read<E: Event + DeserializeOwned>(
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<E, Self> {
        if !E::KNOWN.contains(&(event_type, event_version)) {
            return Err(Self::Unknown {
                event_type: event_type.to_owned(),
                event_version: event_version.to_owned(),
            });
        }
        if let Some(event) = read_compact(payload) {
            return Ok(event);
        }
        serde_json::from_str(payload).map_err(|error| Self::Malformed {
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            reason: format!("{:?} at column {}", error.classify(), error.column()),
        })
    }
}

/// An aggregate whose decisions are pure: state and command in, events out. Time and ids come with the command.
pub trait Decide: Aggregate<Event: Event, Error: Coded, Command: Send> + Clone + 'static {
    /// Raised whenever the state's stored form changes, so that snapshots of the old form are ignored.
    const SNAPSHOT_VERSION: u32;

    /// Decides `command` against this state. It changes nothing; [`Aggregate::apply`] does.
    ///
    /// # Errors
    /// The business reason why not.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;

    /// Folds one event that happened at `recorded_at` into the state. Most states do not care when.
    fn apply_at(&mut self, event: Self::Event, _recorded_at: Timestamp) {
        self.apply(event);
    }

    /// About how many bytes the state takes in memory, for the cache's bound.
    fn weight(&self) -> usize {
        size_of::<Self>()
    }
}

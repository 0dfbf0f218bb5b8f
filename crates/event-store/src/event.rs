//! An event as it stands in the log.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use kernel::Timestamp;
use uuid::Uuid;

use crate::hash::Hash;
use crate::position::Position;

/// The stream of one aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// The kind of aggregate, such as `balance`.
    pub aggregate_type: Cow<'static, str>,
    /// Which one, such as `4711`.
    pub aggregate_id: Arc<str>,
}

impl StreamId {
    /// The stream of `aggregate_id` among the aggregates of one type.
    pub fn new(aggregate_type: impl Into<Cow<'static, str>>, aggregate_id: impl Into<Arc<str>>) -> Self {
        Self { aggregate_type: aggregate_type.into(), aggregate_id: aggregate_id.into() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

/// An event that has its place in the log (or is about to take it, inside a [`crate::Batch`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the log.
    pub position: Position,
    /// Whose event it is.
    pub stream: StreamId,
    /// Its place in its stream, from 1, without gaps.
    pub sequence: u64,
    /// What happened, such as `BalanceDebited`.
    pub event_type: Cow<'static, str>,
    /// The version of that type's payload, such as `1.0`.
    pub event_version: Cow<'static, str>,
    /// What happened in particular: JSON text, kept to the byte.
    pub payload: Arc<str>,
    /// Who, why, from where: JSON text, a flat object of strings.
    pub metadata: Arc<str>,
    /// The commit it belongs to (UUID version 7).
    pub commit_id: Uuid,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// The hash of all this and of the whole log before it.
    pub hash: Hash,
}

/// An event while it is being read: nothing of it is kept yet.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    /// Its place in the log.
    pub position: Position,
    /// The kind of aggregate.
    pub aggregate_type: &'a str,
    /// Which one.
    pub aggregate_id: &'a str,
    /// Its place in its stream.
    pub sequence: u64,
    /// What happened.
    pub event_type: &'a str,
    /// The version of that type's payload.
    pub event_version: &'a str,
    /// What happened in particular.
    pub payload: &'a str,
    /// Who, why, from where.
    pub metadata: &'a str,
    /// The commit it belongs to.
    pub commit_id: Uuid,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// The hash that is stored with it.
    pub hash: Hash,
}

impl EventRef<'_> {
    /// The event, kept.
    #[must_use]
    pub fn to_recorded(&self) -> RecordedEvent {
        RecordedEvent {
            position: self.position,
            stream: StreamId::new(self.aggregate_type.to_owned(), self.aggregate_id),
            sequence: self.sequence,
            event_type: self.event_type.to_owned().into(),
            event_version: self.event_version.to_owned().into(),
            payload: self.payload.into(),
            metadata: self.metadata.into(),
            commit_id: self.commit_id,
            recorded_at: self.recorded_at,
            hash: self.hash,
        }
    }
}

impl<'a> From<&'a RecordedEvent> for EventRef<'a> {
    fn from(event: &'a RecordedEvent) -> Self {
        Self {
            position: event.position,
            aggregate_type: &event.stream.aggregate_type,
            aggregate_id: &event.stream.aggregate_id,
            sequence: event.sequence,
            event_type: &event.event_type,
            event_version: &event.event_version,
            payload: &event.payload,
            metadata: &event.metadata,
            commit_id: event.commit_id,
            recorded_at: event.recorded_at,
            hash: event.hash,
        }
    }
}

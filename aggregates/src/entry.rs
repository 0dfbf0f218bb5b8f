//! What an aggregate tells of itself to the event catalogue.

/// One aggregate and what it writes.
#[derive(Clone, Copy, Debug)]
pub struct AggregateEntry {
    /// The aggregate's type, as stored.
    pub aggregate_type: &'static str,
    /// What the id of a stream is.
    pub stream: &'static str,
    /// What always holds, in a sentence.
    pub keeps: &'static str,
    /// Its events.
    pub events: &'static [EventEntry],
}

/// One event type in its current version.
#[derive(Clone, Copy, Debug)]
pub struct EventEntry {
    /// The event's type, as stored.
    pub event_type: &'static str,
    /// The event's version, as stored.
    pub version: &'static str,
    /// When it happens.
    pub when: &'static str,
    /// Name and meaning (type, unit) of each field, in the order they are written.
    pub fields: &'static [(&'static str, &'static str)],
    /// Payloads as stored, one for each form the event takes.
    pub samples: &'static [&'static str],
}

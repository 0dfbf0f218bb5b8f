//! A log read whole: every event with what it says.

use std::collections::HashMap;

use aggregates::AnyEvent;
use event_store::{EventStore, Position, RecordedEvent};
use serde_json::Value;

/// Whether an invariant holds; if not, what broke it.
pub(crate) type Verdict = Result<(), String>;

/// An event and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) recorded: RecordedEvent,
    pub(crate) event: AnyEvent,
}

impl Entry {
    /// The id of its stream, where that is a number.
    pub(crate) fn id(&self) -> u64 {
        self.recorded.stream.aggregate_id.parse().unwrap_or(0)
    }

    /// Where it stands, for messages.
    pub(crate) fn place(&self) -> String {
        let RecordedEvent { position, stream, event_type, .. } = &self.recorded;
        format!("position {position} ({event_type} of {stream})")
    }
}

/// A whole log.
#[derive(Clone, Debug)]
pub(crate) struct History(pub(crate) Vec<Entry>);

impl History {
    /// Reads a log whole.
    pub(crate) async fn read(log: &dyn EventStore) -> Result<Self, String> {
        let mut entries = Vec::new();
        let mut after = Position::START;
        loop {
            let page = log.read_all(after, 2_000).await.map_err(|error| error.to_string())?;
            let Some(last) = page.last() else { break };
            after = last.position;
            for recorded in page {
                let event = decode(&recorded)?;
                entries.push(Entry { recorded, event });
            }
        }
        let head = log.head().await.map_err(|error| error.to_string())?;
        let last = entries.last().map(|entry| (entry.recorded.position, entry.recorded.hash));
        match last {
            Some(last) if last != (head.position, head.hash) => {
                Err(format!("the log ends at {}, its head says {}", last.0, head.position))
            }
            Some(_) | None => Ok(Self(entries)),
        }
    }

    /// Its commits, in order.
    pub(crate) fn commits(&self) -> impl Iterator<Item = &[Entry]> {
        self.0.chunk_by(|one, next| one.recorded.commit_id == next.recorded.commit_id)
    }

    /// Its streams, each with its events in order.
    pub(crate) fn streams(&self) -> HashMap<&event_store::StreamId, Vec<&RecordedEvent>> {
        let mut streams: HashMap<_, Vec<_>> = HashMap::new();
        for Entry { recorded, .. } in &self.0 {
            streams.entry(&recorded.stream).or_default().push(recorded);
        }
        streams
    }
}

/// The request that made a commit.
pub(crate) fn correlation(commit: &[Entry]) -> String {
    let metadata = commit.first().map_or("{}", |entry| &entry.recorded.metadata);
    let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
    metadata["correlation"].as_str().unwrap_or_default().to_owned()
}

/// What an event says.
pub(crate) fn decode(recorded: &RecordedEvent) -> Result<AnyEvent, String> {
    AnyEvent::decode(
        &recorded.stream.aggregate_type,
        &recorded.event_type,
        &recorded.event_version,
        &recorded.payload,
    )
    .map_err(|error| format!("position {}: {error}", recorded.position))
}

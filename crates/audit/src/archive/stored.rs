//! An event as it is stored, for readers elsewhere: personal data in it stays sealed.

use std::collections::BTreeMap;

use event_store::RecordedEvent;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::breach::Wrong;
use crate::scan::ReportError;

/// An event as it is stored.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// Its place in the log.
    pub position: u64,
    /// The kind of its stream.
    pub stream_type: String,
    /// Which stream of that kind.
    pub stream_id: String,
    /// Its place in its stream.
    pub sequence: u64,
    /// What happened.
    pub event_type: String,
    /// The version of that type's payload.
    pub event_version: String,
    /// What happened in particular, as stored.
    pub payload: Box<RawValue>,
    /// Who, why, from where, as stored.
    pub metadata: Box<RawValue>,
    /// The commit it belongs to.
    pub commit: String,
    /// When it was decided.
    pub time: kernel::Timestamp,
    /// The hash of all this and of the whole log before it.
    pub hash: String,
}

impl StoredEvent {
    pub(super) fn of(event: &RecordedEvent) -> Result<Self, ReportError> {
        let unread = |error| {
            let wrong = Wrong::new("stored texts are JSON", "JSON", &error);
            ReportError::from(wrong.at_position(event.position.number()).in_stream(&event.stream))
        };
        Ok(Self {
            position: event.position.number(),
            stream_type: event.stream.aggregate_type.to_string(),
            stream_id: event.stream.aggregate_id.to_string(),
            sequence: event.sequence,
            event_type: event.event_type.to_string(),
            event_version: event.event_version.to_string(),
            payload: raw(&event.payload).map_err(unread)?,
            metadata: raw(&event.metadata).map_err(unread)?,
            commit: event.commit_id.to_string(),
            time: event.recorded_at,
            hash: event.hash.to_string(),
        })
    }
}

/// The stored text as it is; only line breaks cannot stay.
fn raw(text: &str) -> serde_json::Result<Box<RawValue>> {
    if text.contains(['\n', '\r']) {
        let value: serde_json::Value = serde_json::from_str(text)?;
        return serde_json::value::to_raw_value(&value);
    }
    RawValue::from_string(text.to_owned())
}

/// Streams that are one account's own, under its id.
const OWN_STREAMS: [&str; 4] = ["account", "balance", "coupon", "cart"];

/// Whether an event concerns an account: it is on one of the account's own streams, it names the account, or the account did it.
pub(super) fn concerns(event: &RecordedEvent, account: kernel::AccountId) -> bool {
    #[derive(Deserialize)]
    struct Named {
        account: Option<u64>,
    }
    #[derive(Deserialize)]
    struct Acted {
        actor: Option<String>,
    }
    let id = account.to_string();
    if event.stream.aggregate_id.as_ref() == id.as_str() {
        return OWN_STREAMS.contains(&event.stream.aggregate_type.as_ref());
    }
    let is_named = event.payload.contains(&id)
        && serde_json::from_str::<BTreeMap<String, Named>>(&event.payload)
            .is_ok_and(|named| named.values().any(|named| named.account == Some(account.get())));
    let acted = || {
        event.metadata.contains(&id)
            && serde_json::from_str::<Acted>(&event.metadata)
                .is_ok_and(|acted| acted.actor.as_deref() == Some(id.as_str()))
    };
    is_named || acted()
}

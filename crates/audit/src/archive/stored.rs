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
const OWN_STREAMS: [&str; 5] = ["account", "balance", "coupon", "cart", "merchant"];

/// Whether an event concerns an account: it is on one of the account's own streams, it names the account, or the account did it.
pub(super) fn concerns(event: &RecordedEvent, account: kernel::AccountId) -> bool {
    #[derive(Deserialize)]
    struct Named {
        account: Option<u64>,
        buyer: Option<u64>,
        owner: Option<u64>,
    }
    #[derive(Deserialize)]
    struct Acted {
        actor: Option<String>,
    }
    let id = account.to_string();
    // Other streams may bear the same number.
    let is_own = event.stream.aggregate_id.as_ref() == id.as_str()
        && OWN_STREAMS.contains(&event.stream.aggregate_type.as_ref());
    let names = |named: &Named| [named.account, named.buyer, named.owner].contains(&Some(account.get()));
    let is_named = event.payload.contains(&id)
        && serde_json::from_str::<BTreeMap<String, Named>>(&event.payload)
            .is_ok_and(|named| named.values().any(names));
    let acted = || {
        event.metadata.contains(&id)
            && serde_json::from_str::<Acted>(&event.metadata)
                .is_ok_and(|acted| acted.actor.as_deref() == Some(id.as_str()))
    };
    is_own || is_named || acted()
}

#[cfg(test)]
mod tests {
    use event_store::{Batch, Commit, Head, NewEvent, StreamId};
    use kernel::{AccountId, Timestamp};

    use super::concerns;

    #[test]
    fn an_event_concerns_whose_stream_it_is_on_whom_it_names_and_who_did_it() {
        let account = AccountId::try_from(100_000_000_007_u64).unwrap();
        let cases = [
            ("cart", "100000000007", r#"{"CartCleared":{}}"#, "1", true),
            ("merchant", "100000000007", r#"{"MerchantShopOpened":{"shop":3}}"#, "1", true),
            // The number of something else.
            ("product", "100000000007", r#"{"ProductListed":{"shop":3}}"#, "1", false),
            ("product", "100000000007", r#"{"ProductListed":{"shop":3}}"#, "100000000007", true),
            ("recharge", "5", r#"{"RechargeRequested":{"account":100000000007}}"#, "1", true),
            ("purchase", "5", r#"{"PurchaseRequested":{"buyer":100000000007}}"#, "1", true),
            ("shop", "5", r#"{"ShopOpened":{"owner":100000000007}}"#, "1", true),
            ("shop", "5", r#"{"ShopOpened":{"owner":null}}"#, "1", false),
            ("purchase", "5", r#"{"PurchaseRequested":{"buyer":1000000000071}}"#, "1", false),
            ("purchase", "5", r#"{"PurchaseRequested":{"product":100000000007}}"#, "1", false),
        ];
        for (aggregate_type, id, payload, actor, expected) in cases {
            let commit = Commit {
                id: uuid::Uuid::nil(),
                recorded_at: Timestamp::default(),
                metadata: format!("{{\"actor\":\"{actor}\"}}").into(),
                events: vec![NewEvent {
                    stream: StreamId::new(aggregate_type, id),
                    sequence: 1,
                    event_type: "Something".into(),
                    event_version: "1.0".into(),
                    payload: payload.into(),
                }],
                answer: None,
            };
            let batch = Batch::seal(Head::EMPTY, [commit]);
            let found = batch.events().iter().any(|event| concerns(event, account));
            assert_eq!(found, expected, "{aggregate_type}/{id} {payload} by {actor}");
        }
    }
}

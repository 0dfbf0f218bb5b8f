//! Events as they are stored, and the links between pages of them.

use audit::StoredEvent;
use axum::http::HeaderValue;
use axum::http::header::LINK;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::http::ask::Ask;

/// An event as it is stored. Personal data in it is sealed.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Event)]
pub(super) struct Event {
    /// Its place in the log.
    position: u64,
    /// The kind of its stream.
    #[schema(example = "balance")]
    stream_type: String,
    /// Which stream of that kind.
    stream_id: String,
    /// Its place in its stream.
    sequence: u64,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(example = "BalanceDebited")]
    event_type: String,
    /// The version of that type's payload.
    version: String,
    /// What happened in particular, as stored.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// Who, why, from where, as stored.
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
    /// The commit it belongs to.
    commit: String,
    /// When it was decided, in UTC.
    time: String,
    /// SHA-256 over all of this and the hash before it.
    hash: String,
}

impl From<StoredEvent> for Event {
    fn from(event: StoredEvent) -> Self {
        Self {
            position: event.position,
            stream_type: event.stream_type,
            stream_id: event.stream_id,
            sequence: event.sequence,
            event_type: event.event_type,
            version: event.event_version,
            payload: event.payload,
            metadata: event.metadata,
            commit: event.commit,
            time: event.time.to_string(),
            hash: event.hash,
        }
    }
}

/// Adds the link to the next page: the same question, after `after`.
pub(super) fn link(mut response: Response, ask: &Ask, after: Option<u64>) -> Response {
    let Some(after) = after else { return response };
    let kept = ask.query_text().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
    let mut query: String = kept.flat_map(|pair| [pair, "&"]).collect();
    query.push_str(&format!("after={after}"));
    if let Ok(link) = HeaderValue::from_str(&format!("<{}?{query}>; rel=\"next\"", ask.path())) {
        response.headers_mut().insert(LINK, link);
    }
    response
}

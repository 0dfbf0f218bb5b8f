//! Entity tags: what an answer rests on, so that an answer about the past need not be sent twice.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

use crate::http::ask::Ask;

/// An answer that nothing can change may be kept for a day.
const PAST: HeaderValue = HeaderValue::from_static("private, max-age=86400, immutable");
const PRESENT: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What an answer rests on.
pub(super) struct Validator {
    tag: String,
    is_past: bool,
}

impl Validator {
    /// Of an answer to `ask` that rests on the log up to the event with that hash. The hash binds all before it, so the tag
    /// tells the answer without it having been made.
    pub(super) fn new(ask: &Ask, hash: impl std::fmt::Display, is_past: bool) -> Self {
        let mut hasher = Sha256::new();
        for part in [env!("CARGO_PKG_VERSION"), ask.path(), ask.query_text(), &hash.to_string()] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        let mut tag = "W/\"".to_owned();
        for byte in hasher.finalize().iter().take(16) {
            // Writing to a string does not fail.
            write!(tag, "{byte:02x}").ok();
        }
        tag.push('"');
        Self { tag, is_past }
    }

    /// The answer that says that the client's own is still the one.
    pub(super) fn not_modified(&self, ask: &Ask) -> Option<Response> {
        let given = ask.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let own = opaque(&self.tag);
        let mut tags = given.flat_map(|value| value.split(','));
        if !tags.any(|tag| tag.trim() == "*" || opaque(tag) == own) {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        Some(self.mark(response))
    }

    /// Writes the tag, and for how long the answer may be kept.
    pub(super) fn mark(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, if self.is_past { PAST } else { PRESENT });
        headers.insert(VARY, HeaderValue::from_static("authorization"));
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            headers.insert(ETAG, tag);
        }
        response
    }
}

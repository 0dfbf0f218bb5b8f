//! What the process's own log says of a request: never a query, a body or a token.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use kernel::AccountId;
use tracing::{Span, debug, debug_span, field, warn};

/// The span around a request. It is made at the level `debug`: at `info` a request that goes well costs nothing.
pub(crate) fn span(id: &str, api: &'static str, method: &Method, route: &str) -> Span {
    debug_span!("request", id, api, %method, route, account = field::Empty)
}

/// Puts the account into the request's span, once it is known.
pub(crate) fn note_account(account: AccountId) {
    Span::current().record("account", account.get());
}

/// Tells the end of a request; one that failed here, aloud.
pub(crate) fn finish(id: &str, method: &Method, route: &str, status: StatusCode, took: Duration) {
    let (status, latency_us) = (status.as_u16(), took.as_micros());
    // 503 is what a server under load or without its store answers to everybody: metrics count it, no line a request.
    if status == 500 {
        warn!(id, %method, route, status, latency_us, "request failed");
    } else {
        debug!(status, latency_us, "request done");
    }
}

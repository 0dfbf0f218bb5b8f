//! Answers in JSON, never kept by anything in between.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::fault::Transport;

/// An answer with that status and body.
pub(crate) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let (status, text) = match serde_json::to_vec(body) {
        Ok(text) => (status, text),
        // Nothing that is answered has keys or numbers that JSON lacks; an empty 500 says so if it ever does.
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to a failure of the transport, with when to try again.
pub(crate) fn failure(transport: Transport, body: &impl Serialize) -> Response {
    let mut response = answer(transport.status(), body);
    if let Some(seconds) = transport.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

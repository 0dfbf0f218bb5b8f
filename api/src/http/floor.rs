//! The floor that every request passes over: id, span, bounds of size and time, panics, metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::body::BodyLimit;
use super::face::Faces;
use super::fault::Transport;
use super::measure::{Measure, NO_ROUTE};
use super::request_id::{RequestId, X_REQUEST_ID};
use super::{body, catch_panic, sensitive, time_limit, trace};

/// What the floor knows.
pub(crate) struct Floor {
    /// Which API a path belongs to.
    pub(crate) faces: Faces,
    /// What is counted.
    pub(crate) measure: Measure,
    /// After how long a request is given up.
    pub(crate) time_limit: Duration,
    /// The longest body.
    pub(crate) body_bytes_max: usize,
    /// Paths whose bodies may be longer, and how long.
    pub(crate) longer_bodies: &'static [&'static [(&'static str, usize)]],
}

impl Floor {
    fn body_limit(&self, path: &str) -> BodyLimit {
        let longer = self.longer_bodies.iter().copied().flatten().find(|(longer, _)| *longer == path);
        BodyLimit(longer.map_or(self.body_bytes_max, |(_, bytes)| self.body_bytes_max.max(*bytes)))
    }
}

/// Leads a request over the floor.
pub(crate) async fn pass(State(floor): State<Arc<Floor>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(request.headers());
    let face = floor.faces.of(request.uri().path());
    let template = request.extensions().get::<MatchedPath>().cloned();
    let route = template.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let method = request.method().clone();
    sensitive::mark(request.headers_mut());
    let (mut request, is_read) = body::watched(request);
    request.extensions_mut().insert(id.clone());
    let limit = floor.body_limit(request.uri().path());
    request.extensions_mut().insert(limit);
    let span = trace::span(&id.0, face.name, &method, route);

    let answer = async {
        if body::is_announced_too_large(request.headers(), limit.0) {
            time_limit::within(floor.time_limit, body::forget(request, limit.0)).await.ok();
            return Err(Transport::BodyTooLarge);
        }
        time_limit::within(floor.time_limit, catch_panic::caught(next.run(request))).await?
    };
    let answer = answer.instrument(span.clone()).await;
    let mut response = answer.unwrap_or_else(|transport| (face.render)(transport));
    response.headers_mut().insert(X_REQUEST_ID, id.header());
    sensitive::mark(response.headers_mut());
    if !is_read.is_to_the_end() {
        // The connection is closed over what is still to come, and nothing else may be asked over it.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }

    let (status, took) = (response.status(), begun.elapsed());
    floor.measure.count(face.name, route, &method, status, took);
    span.in_scope(|| trace::finish(&id.0, &method, route, status, took));
    response
}

#[cfg(test)]
#[path = "floor_tests.rs"]
mod tests;

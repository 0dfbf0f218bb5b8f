//! The floor that every request passes over: id, span, bounds of size and time, panics, metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

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
    /// Paths with a longest body of their own, for handlers that read it themselves.
    pub(crate) long_bodies: &'static [(&'static str, usize)],
}

impl Floor {
    fn body_bytes_max(&self, path: &str) -> usize {
        let own = self.long_bodies.iter().find(|(long, _)| *long == path);
        own.map_or(self.body_bytes_max, |(_, bytes_max)| *bytes_max)
    }
}

/// Leads a request over the floor.
pub(crate) async fn pass(State(floor): State<Arc<Floor>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(request.headers());
    let face = floor.faces.of(request.uri().path());
    let bytes_max = floor.body_bytes_max(request.uri().path());
    let template = request.extensions().get::<MatchedPath>().cloned();
    let route = template.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let method = request.method().clone();
    sensitive::mark(request.headers_mut());
    request.extensions_mut().insert(id.clone());
    let span = trace::span(&id.0, face.name, &method, route);

    let answer = async {
        if body::is_announced_too_large(request.headers(), bytes_max) {
            time_limit::within(floor.time_limit, body::forget(request)).await.ok();
            return Err(Transport::BodyTooLarge);
        }
        time_limit::within(floor.time_limit, catch_panic::caught(next.run(request))).await?
    };
    let answer = answer.instrument(span.clone()).await;
    let mut response = answer.unwrap_or_else(|transport| (face.render)(transport));
    response.headers_mut().insert(X_REQUEST_ID, id.header());
    sensitive::mark(response.headers_mut());

    let (status, took) = (response.status(), begun.elapsed());
    floor.measure.count(face.name, route, &method, status, took);
    span.in_scope(|| trace::finish(&id.0, &method, route, status, took));
    response
}

#[cfg(test)]
#[path = "floor_tests.rs"]
mod tests;

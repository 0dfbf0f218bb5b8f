//! Metrics of requests: counts and durations by route template, with handles kept so that a request looks nothing up.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram, counter, describe_counter, describe_histogram, histogram};

/// How many requests were answered, by `api`, `route`, `method` and `status`.
pub const REQUESTS_TOTAL: &str = "suanpan_http_requests_total";
/// How long they took, in seconds, by `api` and `route`.
pub const DURATION_SECONDS: &str = "suanpan_http_request_duration_seconds";

/// The route of requests that fit none.
pub(crate) const NO_ROUTE: &str = "none";

/// The meters of every route that was asked for. Routes are templates, methods and statuses few: it stays small.
#[derive(Default)]
pub(crate) struct Measure {
    routes: RwLock<HashMap<String, Vec<(&'static str, Meters)>>>,
}

struct Meters {
    seconds: Histogram,
    counts: HashMap<(&'static str, u16), Counter>,
}

impl Measure {
    /// Meters that the recorder installed before this call collects.
    pub(crate) fn new() -> Self {
        describe_counter!(REQUESTS_TOTAL, "Requests answered");
        describe_histogram!(DURATION_SECONDS, metrics::Unit::Seconds, "Time from request to answer");
        Self::default()
    }

    /// Counts an answer.
    pub(crate) fn count(
        &self,
        api: &'static str,
        route: &str,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let kind = (method_label(method), status.as_u16());
        if !self.count_known(api, route, kind, took) {
            self.add(api, route, kind);
            self.count_known(api, route, kind, took);
        }
    }

    fn count_known(&self, api: &'static str, route: &str, kind: (&'static str, u16), took: Duration) -> bool {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let Some(meters) = routes.get(route).and_then(|found| of(found, api)) else { return false };
        let Some(counter) = meters.counts.get(&kind) else { return false };
        counter.increment(1);
        meters.seconds.record(took);
        true
    }

    fn add(&self, api: &'static str, route: &str, (method, status): (&'static str, u16)) {
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let apis = routes.entry(route.to_owned()).or_default();
        if of(apis, api).is_none() {
            let seconds = histogram!(DURATION_SECONDS, "api" => api, "route" => route.to_owned());
            apis.push((api, Meters { seconds, counts: HashMap::new() }));
        }
        let Some((_, meters)) = apis.iter_mut().find(|(name, _)| *name == api) else { return };
        meters.counts.entry((method, status)).or_insert_with(|| {
            let labels = [
                ("api", api.to_owned()),
                ("route", route.to_owned()),
                ("method", method.to_owned()),
                ("status", status.to_string()),
            ];
            counter!(REQUESTS_TOTAL, &labels)
        });
    }
}

/// The meters of one API among those that share a route, as all share that of unknown paths.
fn of<'a>(found: &'a [(&'static str, Meters)], api: &str) -> Option<&'a Meters> {
    found.iter().find(|(name, _)| *name == api).map(|(_, meters)| meters)
}

/// Methods are the client's words: those that nobody knows share one label.
fn method_label(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 9] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PATCH, "PATCH"),
        (Method::CONNECT, "CONNECT"),
        (Method::TRACE, "TRACE"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, label)| label)
}

//! The APIs over HTTP: a folder each, `http` below them all, and the router that puts them together.

mod campus;
mod comparison;
mod desk;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod http;
mod native;
mod notify;
mod openapi;
mod router;
mod state;
mod wallet;

pub use comparison::{Compared, ComparisonError, compare_views};
pub use desk::AuditDesk;
pub use http::cors::{Origin, OriginError};
pub use http::measure::{DURATION_SECONDS, REQUESTS_TOTAL};
pub use openapi::openapi;
pub use router::router;
pub use state::{AppState, HttpConfig, RenderMetrics};

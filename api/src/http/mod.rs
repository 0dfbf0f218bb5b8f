//! What all APIs stand on: reading a request, its session and its key, and the floor every request passes over.

mod address;
pub(crate) mod ask;
pub(crate) mod body;
mod catch_panic;
pub(crate) mod compression;
pub(crate) mod cookie;
pub(crate) mod cors;
pub(crate) mod face;
pub(crate) mod fault;
pub(crate) mod floor;
pub(crate) mod guard;
mod idempotency;
pub(crate) mod json;
pub(crate) mod measure;
pub(crate) mod page;
pub(crate) mod params;
pub(crate) mod percent;
pub(crate) mod probes;
pub(crate) mod referer;
mod request_id;
mod sensitive;
pub(crate) mod session;
mod time_limit;
pub(crate) mod trace;

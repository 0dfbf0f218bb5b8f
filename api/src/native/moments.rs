//! Moments in a query, and how an answer tells which one it is of.

use audit::{AsOf, Moment, Standing};
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::Failure;
use crate::http::fault::Fault;
use crate::http::params::Params;
use crate::state::App;

/// The longest text of a moment, in characters.
const CHARS_MAX: usize = 40;
/// The last number that a JSON client can hold.
const NUMBER_MAX: i64 = (1 << 53) - 1;

/// Which moment an answer is of, and how to find it again.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = native::AsOf)]
pub(super) struct AsOfView {
    /// The last event that is in it; 0 if the log is empty.
    position: u64,
    /// That event's hash.
    hash: String,
    /// That event's time, in UTC.
    #[schema(example = "2026-01-31T07:04:05.000000Z")]
    time: String,
}

impl From<&AsOf> for AsOfView {
    fn from(as_of: &AsOf) -> Self {
        let (position, hash) = (as_of.position.number(), as_of.hash.to_string());
        Self { position, hash, time: as_of.time.to_string() }
    }
}

impl From<&Standing> for AsOfView {
    fn from(standing: &Standing) -> Self {
        let (position, hash) = (standing.position, standing.hash.to_string());
        Self { position, hash, time: standing.time.to_string() }
    }
}

/// Where the log stood at the moment `at` of the query; now, if there is none.
pub(super) async fn standing(app: &App, query: &Params) -> Result<Standing, Failure> {
    Ok(app.desk.archive.stand(until(query, "at")?).await?)
}

/// A moment up to which something is asked: a date is its end.
pub(super) fn until(query: &Params, name: &str) -> Result<Option<Moment>, Fault> {
    let text = query.text(name, CHARS_MAX)?;
    text.map(Moment::until).transpose().map_err(|error| Fault::parameter(name, error))
}

/// A moment from which something is asked: a date is its beginning.
pub(super) fn since(query: &Params, name: &str) -> Result<Option<Moment>, Fault> {
    let text = query.text(name, CHARS_MAX)?;
    text.map(Moment::since).transpose().map_err(|error| Fault::parameter(name, error))
}

/// A place after which a list goes on; 0 if there is none.
pub(super) fn after(query: &Params) -> Result<u64, Fault> {
    let after = query.integer("after", 0..=NUMBER_MAX)?;
    Ok(after.and_then(|after| u64::try_from(after).ok()).unwrap_or(0))
}

/// How many rows a page may have.
pub(super) fn limit(query: &Params) -> Result<u32, Fault> {
    let limit = query.integer("limit", 1..=1_000)?.unwrap_or(100);
    Ok(u32::try_from(limit).unwrap_or(100))
}

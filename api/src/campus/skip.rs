//! Pages of lists that stand in an order of their own: `skip` and `limit` in the address, `Link: rel="next"` in the answer.

use axum::http::HeaderValue;

use super::envelope::Failure;
use super::who;
use crate::http::ask::Ask;

/// The most lines that a list answers at once.
const LINES_MAX: i64 = 1_000;
/// The furthest that a list is gone through.
const SKIP_MAX: i64 = 10_000_000;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Skip {
    /// Lines to be left out at the front.
    pub(super) skip: u32,
    /// At most so many lines, 1 to 1,000.
    pub(super) limit: u32,
}

impl Skip {
    /// Reads `skip` and `limit`.
    ///
    /// # Errors
    /// One is no whole number in its range.
    pub(super) fn read(ask: &Ask) -> Result<Self, Failure> {
        let query = ask.query()?;
        let skip = query.integer("skip", 0..=SKIP_MAX)?.unwrap_or(0);
        let limit = query.integer("limit", 1..=LINES_MAX)?.unwrap_or(LINES_MAX);
        Ok(Self { skip: u32::try_from(skip).unwrap_or(0), limit: u32::try_from(limit).unwrap_or(1) })
    }

    /// The header that leads to the rest, for the same token and with the same body.
    pub(super) fn next(self, ask: &Ask, has_more: bool) -> Option<HeaderValue> {
        let Self { skip, limit } = self;
        let (path, token, skip) = (ask.path(), who::token(ask).ok()?, skip.checked_add(limit)?);
        let link = format!("<{path}?token={token}&skip={skip}&limit={limit}>; rel=\"next\"");
        HeaderValue::from_str(&link).ok().filter(|_| has_more)
    }
}

//! `/v1/streams/{type}/{id}`: all that happened to one thing.

use axum::extract::State;
use kernel::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Failure, Reply, found};
use super::events::NAME_CHARS_MAX;
use super::moments::{self, AsOfView};
use super::stored::{Event, link};
use super::validator::Validator;
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// A stretch of a stream.
#[derive(Serialize, ToSchema)]
#[schema(as = native::StreamPage)]
pub(super) struct StreamPage {
    /// Which moment it is of.
    as_of: AsOfView,
    /// In the order of their sequence.
    events: Vec<Event>,
    /// Where to go on (`after`); null if there is nothing more at that moment.
    next: Option<u64>,
}

/// The events of one stream, in order.
#[utoipa::path(
    get, path = "/v1/streams/{type}/{id}", tag = "native",
    params(
        ("type" = String, Path, description = "The kind of stream, such as `balance`"),
        ("id" = String, Path, description = "Which stream of that kind"),
        ("after" = Option<u64>, Query, description = "After this sequence: `next` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1000 events, 100 if left out"),
        ("at" = Option<String>, Query, description = "As it stood at this position or time; now, if left out"),
    ),
    responses((status = 200, description = "A page", body = StreamPage,
        headers(("Link" = String, description = "rel=next, if there is more"), ("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn stream(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let kind = ask.path_text("type", 2, NAME_CHARS_MAX)?;
    let id = ask.path_text("id", 3, NAME_CHARS_MAX)?;
    let query = ask.query()?;
    let (after, limit) = (moments::after(&query)?, moments::limit(&query)?);
    let standing = moments::standing(&app, &query).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    let slice = app.desk.archive.stream(&kind, &id, after, limit, &standing).await?;
    if !slice.is_known {
        return Err(Failure::new(
            ErrorCode::StreamUnknown,
            format!("stream {kind}/{id}: no event of it by then"),
        ));
    }
    let events: Vec<Event> = slice.events.into_iter().map(Event::from).collect();
    let next = slice.has_more.then(|| after.saturating_add(u64::try_from(events.len()).unwrap_or(0)));
    let response = found(&StreamPage { as_of: (&standing).into(), events, next });
    Ok(link(validator.mark(response), &ask, next))
}

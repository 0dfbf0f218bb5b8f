//! `/v1/events`: the log, page by page.

use audit::EventFilter;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Reply, found};
use super::moments;
use super::stored::{Event, link};
use super::validator::Validator;
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// The longest name of a stream or type, in characters.
pub(super) const NAME_CHARS_MAX: usize = 200;

/// A page of the log.
#[derive(Serialize, ToSchema)]
#[schema(as = native::EventPage)]
pub(super) struct EventPage {
    /// In the order of the log.
    events: Vec<Event>,
    /// The last event looked at: rare events may leave a page empty that is not the last.
    reached: u64,
    /// Where to go on (`after`); null if there is nothing more just now.
    next: Option<u64>,
}

/// The events of the log, in order.
#[utoipa::path(
    get, path = "/v1/events", tag = "native",
    params(
        ("after" = Option<u64>, Query, description = "After this position: `next` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "1 to 1000 events, 100 if left out"),
        ("stream_type" = Option<String>, Query, description = "Of this kind of stream, such as `balance`"),
        ("stream_id" = Option<String>, Query, description = "Of streams with this id"),
        ("type" = Option<String>, Query, description = "Of this type, such as `BalanceDebited`"),
        ("account" = Option<u64>, Query,
            description = "On the account's own streams, naming it, or done by it"),
        ("from" = Option<String>, Query, description = "From this position or time on; a date is its beginning"),
        ("until" = Option<String>, Query, description = "Up to this position or time; a date is its end"),
    ),
    responses((status = 200, description = "A page", body = EventPage,
        headers(("Link" = String, description = "rel=next, if there is more"), ("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn events(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let query = ask.query()?;
    let name = |name: &str| query.text(name, NAME_CHARS_MAX).map(|text| text.map(str::to_owned));
    let filter = EventFilter {
        stream_type: name("stream_type")?,
        stream_id: name("stream_id")?,
        event_type: name("type")?,
        account: query.id("account")?,
    };
    let (after, limit) = (moments::after(&query)?, moments::limit(&query)?);
    let (since, until) = (moments::since(&query, "from")?, moments::until(&query, "until")?);
    let span = app.desk.archive.span(after, since, until).await?;
    let page = app.desk.archive.events(&span, usize::try_from(limit).unwrap_or(1), &filter).await?;
    let rests_on = format!("{} {}", page.hash, page.has_more);
    let validator = Validator::new(&ask, rests_on, page.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    let next = page.has_more.then_some(page.reached);
    let events = page.rows.into_iter().map(Event::from).collect();
    let response = found(&EventPage { events, reached: page.reached, next });
    Ok(link(validator.mark(response), &ask, next))
}

//! `/v1/journal`: every posting, in the order of the log.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Reply, found};
use super::moments;
use super::stored::link;
use super::validator::Validator;
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// One posting, with the event that made it.
#[derive(Serialize, ToSchema)]
#[schema(as = native::JournalRow)]
pub(super) struct JournalRow {
    /// The event's place in the log.
    position: u64,
    /// When it happened, in UTC.
    time: String,
    /// The commit it belongs to.
    commit: String,
    /// What happened.
    event: String,
    /// The event's stream.
    stream: String,
    /// The account posted to.
    #[schema(example = "liabilities:wallet:100000000001")]
    account: String,
    /// How much, in fen: above nothing a debit, below nothing a credit.
    amount: i64,
    /// In words.
    text: String,
    /// The event's hash.
    hash: String,
}

impl From<audit::JournalRow> for JournalRow {
    fn from(row: audit::JournalRow) -> Self {
        Self {
            position: row.position,
            time: row.time.to_string(),
            commit: row.commit,
            event: row.event,
            stream: row.stream,
            account: row.account.to_string(),
            amount: row.amount.fen(),
            text: row.text,
            hash: row.hash,
        }
    }
}

/// A page of the journal.
#[derive(Serialize, ToSchema)]
#[schema(as = native::JournalPage)]
pub(super) struct JournalPage {
    /// In the order of the log; the postings of one event are never parted.
    rows: Vec<JournalRow>,
    /// The last event looked at.
    reached: u64,
    /// Where to go on (`after`); null if there is nothing more just now.
    next: Option<u64>,
}

/// The journal, in order.
#[utoipa::path(
    get, path = "/v1/journal", tag = "native",
    params(
        ("after" = Option<u64>, Query, description = "After this position: `next` of the page before"),
        ("limit" = Option<u32>, Query,
            description = "1 to 1000 rows, 100 if left out; a page goes on to the end of its last event"),
        ("from" = Option<String>, Query, description = "From this position or time on; a date is its beginning"),
        ("at" = Option<String>, Query, description = "Up to this position or time; a date is its end"),
    ),
    responses((status = 200, description = "A page", body = JournalPage,
        headers(("Link" = String, description = "rel=next, if there is more"), ("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn journal(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let query = ask.query()?;
    let (after, limit) = (moments::after(&query)?, moments::limit(&query)?);
    let (since, until) = (moments::since(&query, "from")?, moments::until(&query, "at")?);
    let span = app.desk.archive.span(after, since, until).await?;
    let page = app.desk.archive.journal_page(&span, usize::try_from(limit).unwrap_or(1)).await?;
    let rests_on = format!("{} {}", page.hash, page.has_more);
    let validator = Validator::new(&ask, rests_on, page.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    let next = page.has_more.then_some(page.reached);
    let rows = page.rows.into_iter().map(JournalRow::from).collect();
    let response = found(&JournalPage { rows, reached: page.reached, next });
    Ok(link(validator.mark(response), &ask, next))
}

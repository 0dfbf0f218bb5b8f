//! `/v1/ledger`: the postings of one account, or of a class of accounts, with what stood there after each.

use audit::Selection;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::envelope::Reply;
use super::moments::{self, AsOfView};
use super::output::report;
use super::validator::Validator;
use super::who;
use crate::http::ask::Ask;
use crate::http::fault::Fault;
use crate::state::App;

/// The longest name of an account, in characters.
const NAME_CHARS_MAX: usize = 100;

/// One posting to the account.
#[derive(Serialize, ToSchema)]
#[schema(as = native::LedgerRow)]
struct LedgerRow {
    /// The event's place in the log.
    position: u64,
    /// When it happened, in UTC.
    time: String,
    /// What happened.
    event: String,
    /// The account posted to.
    account: String,
    /// The other accounts of the event.
    against: String,
    /// In words.
    text: String,
    /// How much, in fen: above nothing a debit, below nothing a credit.
    amount: i64,
    /// What stood on what was selected after it, in fen.
    balance: i64,
}

/// What a ledger comes to.
#[derive(Serialize, ToSchema)]
#[schema(as = native::LedgerSummary)]
struct LedgerSummary {
    /// Which moment it ends at.
    as_of: AsOfView,
    /// What stood there then, in fen: above nothing a debit balance.
    balance: i64,
}

/// A general ledger.
#[derive(ToSchema)]
#[schema(as = native::Ledger)]
#[expect(dead_code, reason = "it describes what is written row by row")]
pub(super) struct Ledger {
    /// `ledger`
    report: String,
    /// In the order of the log.
    rows: Vec<LedgerRow>,
    summary: LedgerSummary,
}

impl From<audit::LedgerRow> for LedgerRow {
    fn from(row: audit::LedgerRow) -> Self {
        Self {
            position: row.position,
            time: row.time.to_string(),
            event: row.event,
            account: row.account.to_string(),
            against: row.against,
            text: row.text,
            amount: row.amount.fen(),
            balance: row.balance.fen(),
        }
    }
}

/// The general ledger of an account.
#[utoipa::path(
    get, path = "/v1/ledger", tag = "native",
    params(
        ("account" = String, Query,
            description = "Such as `assets:wechat` or `liabilities:wallet:NUMBER`, or a class such as `liabilities:wallet`"),
        ("from" = Option<String>, Query, description = "From this position or time on; a date is its beginning"),
        ("at" = Option<String>, Query, description = "Up to this position or time (a date is its end); now, if left out"),
    ),
    responses((status = 200, description = "The ledger", body = Ledger, headers(("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn ledger(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let query = ask.query()?;
    let selection: Selection = query
        .need_text("account", NAME_CHARS_MAX)?
        .parse()
        .map_err(|error| Fault::parameter("account", error))?;
    let since = moments::since(&query, "from")?;
    let standing = moments::standing(&app, &query).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    report(&app, "ledger", &validator, async move |archive, output| {
        let mut sink = |row| output.row(&LedgerRow::from(row));
        let at = standing.moment();
        let (as_of, balance) =
            audit::ledger(archive.log(), selection, since, at, &mut |_, _| {}, &mut sink).await?;
        Ok(json!(LedgerSummary { as_of: (&as_of).into(), balance: balance.fen() }))
    })
    .await
}

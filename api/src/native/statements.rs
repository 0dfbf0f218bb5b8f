//! `/v1/statements`: what came in and went out of a customer's purses, with what was left.

use axum::extract::State;
use kernel::AccountId;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::envelope::Reply;
use super::moments::{self, AsOfView};
use super::output::report;
use super::validator::Validator;
use super::who;
use crate::http::ask::Ask;
use crate::http::params::need;
use crate::state::App;

/// One movement, as the customer sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = native::StatementRow)]
struct StatementRow {
    /// The event's place in the log.
    position: u64,
    /// When it happened, in UTC.
    time: String,
    /// `balance` or `coupon`.
    purse: &'static str,
    /// In words.
    text: String,
    /// The order it was about; may be empty.
    order: String,
    /// What came in, or, below nothing, what went out, in fen.
    amount: i64,
    /// The balance after it, in fen.
    balance: i64,
    /// The coupon balance after it, in fen.
    coupon: i64,
}

/// What a statement begins and ends with, in fen.
#[derive(Serialize, ToSchema)]
#[schema(as = native::StatementSummary)]
struct StatementSummary {
    /// Which moment it ends at.
    as_of: AsOfView,
    /// Whose.
    account: u64,
    opening_balance: i64,
    opening_coupon: i64,
    closing_balance: i64,
    closing_coupon: i64,
}

/// A customer's statement.
#[derive(ToSchema)]
#[schema(as = native::Statement)]
#[expect(dead_code, reason = "it describes what is written row by row")]
pub(super) struct Statement {
    /// `statement`
    report: String,
    /// In the order of the log.
    rows: Vec<StatementRow>,
    summary: StatementSummary,
}

impl From<audit::StatementRow> for StatementRow {
    fn from(row: audit::StatementRow) -> Self {
        Self {
            position: row.position,
            time: row.time.to_string(),
            purse: row.purse,
            text: row.text,
            order: row.order,
            amount: row.amount.fen(),
            balance: row.balance.fen(),
            coupon: row.coupon.fen(),
        }
    }
}

/// A customer's statement.
#[utoipa::path(
    get, path = "/v1/statements", tag = "native",
    params(
        ("account" = u64, Query, description = "The customer's account"),
        ("from" = Option<String>, Query, description = "From this position or time on; a date is its beginning"),
        ("at" = Option<String>, Query, description = "Up to this position or time (a date is its end); now, if left out"),
    ),
    responses((status = 200, description = "The statement", body = Statement, headers(("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn statements(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let query = ask.query()?;
    let account: AccountId = need("account", query.id("account")?)?;
    let since = moments::since(&query, "from")?;
    let standing = moments::standing(&app, &query).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    report(&app, "statement", &validator, async move |archive, output| {
        let mut sink = |row| output.row(&StatementRow::from(row));
        let at = standing.moment();
        let made = audit::statement(archive.log(), account, since, at, &mut |_, _| {}, &mut sink).await?;
        Ok(json!(StatementSummary {
            as_of: (&made.as_of).into(),
            account: account.get(),
            opening_balance: made.opening_balance.fen(),
            opening_coupon: made.opening_coupon.fen(),
            closing_balance: made.closing_balance.fen(),
            closing_coupon: made.closing_coupon.fen(),
        }))
    })
    .await
}

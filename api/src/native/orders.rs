//! `/v1/orders`: what was asked for and not paid, or paid and not delivered.

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
use crate::state::App;

/// An order that is not done.
#[derive(Serialize, ToSchema)]
#[schema(as = native::OrderRow)]
struct OrderRow {
    /// Its number: of a recharge the one at WeChat.
    order: String,
    /// Who asked, if the log says.
    account: Option<u64>,
    /// `unpaid` or `undelivered`.
    state: &'static str,
    /// What was asked for, in fen.
    amount: i64,
    /// What was paid and not delivered, in fen.
    paid: i64,
    /// When it was asked for, in UTC.
    since: String,
}

/// How many there are.
#[derive(Serialize, ToSchema)]
#[schema(as = native::OrdersSummary)]
struct OrdersSummary {
    /// Which moment.
    as_of: AsOfView,
    /// How many are open.
    open: usize,
}

/// Open orders.
#[derive(ToSchema)]
#[schema(as = native::Orders)]
#[expect(dead_code, reason = "it describes what is written row by row")]
pub(super) struct Orders {
    /// `orders`
    report: String,
    /// Oldest first.
    rows: Vec<OrderRow>,
    summary: OrdersSummary,
}

impl From<audit::OrderRow> for OrderRow {
    fn from(row: audit::OrderRow) -> Self {
        Self {
            order: row.order,
            account: row.account.map(kernel::AccountId::get),
            state: row.state,
            amount: row.amount.fen(),
            paid: row.paid.fen(),
            since: row.since.to_string(),
        }
    }
}

/// The orders that are open.
#[utoipa::path(
    get, path = "/v1/orders", tag = "native",
    params(("at" = Option<String>, Query,
        description = "At this position or time (a date is its end); now, if left out")),
    responses((status = 200, description = "Open orders", body = Orders, headers(("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn orders(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let standing = moments::standing(&app, &ask.query()?).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    report(&app, "orders", &validator, async move |archive, output| {
        let (as_of, rows) = audit::orders(archive.log(), standing.moment(), &mut |_, _| {}).await?;
        let open = rows.len();
        for row in rows {
            output.row(&OrderRow::from(row))?;
        }
        Ok(json!(OrdersSummary { as_of: (&as_of).into(), open }))
    })
    .await
}

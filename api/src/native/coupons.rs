//! `/v1/coupons`: promotional money, issued, used, outstanding.

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

/// The promotional money of one account, or of all, in fen.
#[derive(Serialize, ToSchema)]
#[schema(as = native::CouponRow)]
struct CouponRow {
    /// The account's number, or `all`.
    account: String,
    /// Given on top of recharges.
    issued_by_recharges: i64,
    /// Given by operators.
    issued_by_adjustments: i64,
    /// Spent on purchases.
    used: i64,
    /// Taken back by operators.
    withdrawn: i64,
    /// Still promised: the liability.
    outstanding: i64,
}

/// Which moment it is of.
#[derive(Serialize, ToSchema)]
#[schema(as = native::CouponsSummary)]
struct CouponsSummary {
    /// Which moment.
    as_of: AsOfView,
}

/// Promotional money.
#[derive(ToSchema)]
#[schema(as = native::Coupons)]
#[expect(dead_code, reason = "it describes what is written row by row")]
pub(super) struct Coupons {
    /// `coupons`
    report: String,
    /// `all` last.
    rows: Vec<CouponRow>,
    summary: CouponsSummary,
}

impl From<audit::CouponRow> for CouponRow {
    fn from(row: audit::CouponRow) -> Self {
        Self {
            account: row.account,
            issued_by_recharges: row.issued_by_recharges.fen(),
            issued_by_adjustments: row.issued_by_adjustments.fen(),
            used: row.used.fen(),
            withdrawn: row.withdrawn.fen(),
            outstanding: row.outstanding.fen(),
        }
    }
}

/// What is promised to customers.
#[utoipa::path(
    get, path = "/v1/coupons", tag = "native",
    params(
        ("at" = Option<String>, Query, description = "At this position or time (a date is its end); now, if left out"),
        ("accounts" = Option<bool>, Query, description = "`true`: every account for itself, too"),
    ),
    responses((status = 200, description = "Promotional money", body = Coupons, headers(("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn coupons(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let query = ask.query()?;
    let by_account = query.flag("accounts")?.unwrap_or(false);
    let standing = moments::standing(&app, &query).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    report(&app, "coupons", &validator, async move |archive, output| {
        let moment = standing.moment();
        let (as_of, rows) = audit::coupons(archive.log(), moment, by_account, &mut |_, _| {}).await?;
        for row in rows {
            output.row(&CouponRow::from(row))?;
        }
        Ok(json!(CouponsSummary { as_of: (&as_of).into() }))
    })
    .await
}

//! `/v1/trial-balance`: what stands on every account at a moment, debits against credits.

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

/// One account, or one class of accounts.
#[derive(Serialize, ToSchema)]
#[schema(as = native::TrialRow)]
struct TrialRow {
    /// Its name.
    #[schema(example = "assets:wechat")]
    account: String,
    /// Its balance in fen, if that is a debit balance.
    debit: i64,
    /// Its balance in fen, if that is a credit balance.
    credit: i64,
}

/// What a trial balance comes to.
#[derive(Serialize, ToSchema)]
#[schema(as = native::TrialSummary)]
struct TrialSummary {
    /// Which moment.
    as_of: AsOfView,
    /// All debit balances, in fen.
    debit: i64,
    /// All credit balances, in fen: as much.
    credit: i64,
}

/// The books at a moment.
#[derive(ToSchema)]
#[schema(as = native::TrialBalance)]
#[expect(dead_code, reason = "it describes what is written row by row")]
pub(super) struct TrialBalance {
    /// `trial-balance`
    report: String,
    /// The accounts, in the order of the chart.
    rows: Vec<TrialRow>,
    summary: TrialSummary,
}

impl From<audit::TrialRow> for TrialRow {
    fn from(row: audit::TrialRow) -> Self {
        Self { account: row.account, debit: row.debit.fen(), credit: row.credit.fen() }
    }
}

/// What stands on every account.
#[utoipa::path(
    get, path = "/v1/trial-balance", tag = "native",
    params(
        ("at" = Option<String>, Query, description = "At this position or time (a date is its end); now, if left out"),
        ("accounts" = Option<bool>, Query, description = "`true`: every account for itself, not their classes"),
    ),
    responses((status = 200, description = "The trial balance", body = TrialBalance, headers(("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn trial_balance(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let query = ask.query()?;
    let by_account = query.flag("accounts")?.unwrap_or(false);
    let standing = moments::standing(&app, &query).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    report(&app, "trial-balance", &validator, async move |archive, output| {
        let made = audit::trial_balance(archive.log(), standing.moment(), by_account, &mut |_, _| {}).await?;
        for row in made.rows {
            output.row(&TrialRow::from(row))?;
        }
        let (debit, credit) = (made.debit.fen(), made.credit.fen());
        Ok(json!(TrialSummary { as_of: (&made.as_of).into(), debit, credit }))
    })
    .await
}

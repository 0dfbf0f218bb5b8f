//! `/v1/tokens`: what operators give to auditors' programs, and take away again.

use axum::extract::State;
use commerce::Role;
use kernel::{AccountId, ErrorCode};
use utoipa::ToSchema;

use super::envelope::{Failure, Problem, Reply, done};
use super::sessions::{Ended, Session, opened};
use super::who;
use crate::http::ask::Ask;
use crate::http::params::need;
use crate::state::App;

const DAY_S: i64 = 24 * 3600;
/// The longest life of a token, in days.
const DAYS_MAX: i64 = 90;

/// For whom, and for how long.
#[derive(ToSchema)]
#[schema(as = native::TokenWanted)]
#[expect(dead_code, reason = "it describes what is read field by field")]
pub(super) struct TokenWanted {
    /// An auditor's account.
    account: u64,
    /// 1 to 90, 30 if left out.
    days: Option<u8>,
}

/// Makes a token that reads as an auditor and can do nothing else, here or in any other API.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "native",
    request_body(content((TokenWanted = "application/json"), (TokenWanted = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The token", body = Session),
        (status = 404, description = "No such account", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
pub(super) async fn mint(State(app): State<App>, ask: Ask) -> Reply {
    let (_, caller) = who::operating(&app, &ask).await?;
    let form = ask.form()?;
    let account: AccountId = need("account", form.id("account")?)?;
    let days = form.integer("days", 1..=DAYS_MAX)?.unwrap_or(30);
    let roles = auditor(&app, &caller, account).await?;
    let token = app.commerce.open_read_only_session(account, days.saturating_mul(DAY_S)).await?;
    opened(&app, &token, &roles).await
}

/// Ends every session and token of an auditor's account.
#[utoipa::path(
    delete, path = "/v1/tokens/{account}", tag = "native",
    params(("account" = u64, Path, description = "An auditor's account")),
    responses((status = 200, description = "They are over", body = Ended)),
    security(("bearer" = [])),
)]
pub(super) async fn revoke(State(app): State<App>, ask: Ask) -> Reply {
    let (_, caller) = who::operating(&app, &ask).await?;
    let account: AccountId = ask.path_id("account", 2)?;
    auditor(&app, &caller, account).await?;
    app.commerce.end_sessions(account).await?;
    Ok(done(&Ended { ended: true }))
}

/// The roles of an account that must be an auditor's.
async fn auditor(app: &App, caller: &commerce::Caller, account: AccountId) -> Result<Vec<Role>, Failure> {
    let roles = app.commerce.roles(caller, account).await?;
    if roles.contains(&Role::Auditor) {
        Ok(roles)
    } else {
        Err(Failure::new(ErrorCode::InvalidParameter, "account: an auditor's is meant"))
    }
}

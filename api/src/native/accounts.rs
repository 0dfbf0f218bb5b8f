//! `/v1/accounts/{id}`: an account as it stood at any moment.

use audit::{AccountAt, AccountState};
use axum::extract::State;
use kernel::{AccountId, ErrorCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Failure, Reply, found};
use super::moments::{self, AsOfView};
use super::validator::Validator;
use super::who;
use crate::http::ask::Ask;
use crate::state::App;

/// An account at a moment. Who the person is stays sealed and is not here.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Account)]
pub(super) struct Account {
    /// Which moment.
    as_of: AsOfView,
    /// The account.
    account: u64,
    /// `open` or `erased`.
    status: &'static str,
    /// What it may do.
    roles: Vec<&'static str>,
    /// When it was opened, in UTC.
    opened_at: String,
    /// When its profile or roles last changed, in UTC.
    changed_at: String,
    /// The balance, in fen.
    balance: i64,
    /// How many entries made it so: the sequence of the last event on `/v1/streams/balance/{id}`.
    balance_entries: u64,
    /// The coupon balance, in fen.
    coupon: i64,
    /// How many entries made it so.
    coupon_entries: u64,
}

impl Account {
    fn new(as_of: AsOfView, account: &AccountAt) -> Self {
        Self {
            as_of,
            account: account.account.get(),
            status: match account.state {
                AccountState::Open => "open",
                AccountState::Erased => "erased",
            },
            roles: who::names(&account.roles),
            opened_at: account.opened_at.to_string(),
            changed_at: account.changed_at.to_string(),
            balance: account.balance.fen(),
            balance_entries: account.balance_entries,
            coupon: account.coupon.fen(),
            coupon_entries: account.coupon_entries,
        }
    }
}

/// An account as it stood.
#[utoipa::path(
    get, path = "/v1/accounts/{id}", tag = "native",
    params(
        ("id" = u64, Path, description = "The account"),
        ("at" = Option<String>, Query, description = "At this position or time (a date is its end); now, if left out"),
    ),
    responses((status = 200, description = "The account", body = Account, headers(("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn account(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let id: AccountId = ask.path_id("id", 2)?;
    let standing = moments::standing(&app, &ask.query()?).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    let account = app.desk.archive.account(id, &standing).await?;
    let unknown = || Failure::new(ErrorCode::AccountUnknown, format!("account {id}: not opened by then"));
    let account = account.ok_or_else(unknown)?;
    Ok(validator.mark(found(&Account::new((&standing).into(), &account))))
}

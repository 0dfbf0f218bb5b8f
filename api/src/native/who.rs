//! Who asks: an operator or an auditor, by the token behind `Authorization: Bearer`.

use std::sync::Arc;

use axum::http::header::AUTHORIZATION;
use commerce::{Bearer, Caller, Role};
use kernel::{Coded as _, ErrorCode};

use super::envelope::Failure;
use crate::http::ask::Ask;
use crate::http::fault::Fault;
use crate::http::trace;
use crate::state::App;

/// The API's name in events, spans and metrics.
pub(super) const API: &str = "native";

/// Somebody who may read.
pub(super) struct Staff {
    /// The session.
    pub(super) bearer: Bearer,
    /// What the account may do.
    pub(super) roles: Vec<Role>,
}

impl Staff {
    /// Whether it may change something.
    pub(super) fn may_write(&self) -> bool {
        !self.bearer.is_read_only && self.roles.contains(&Role::Operator)
    }
}

/// Whoever asks, if the session is an operator's or an auditor's.
pub(super) async fn reading(app: &App, ask: &Ask) -> Result<Staff, Failure> {
    ask.check_transport()?;
    let staff = Presented::with(ask)?.reading(app).await?;
    trace::note_account(staff.bearer.account);
    Ok(staff)
}

/// A token that came with a request, which may have to be asked for again while the answer goes on.
pub(super) struct Presented {
    token: String,
    /// The request's id.
    correlation: Arc<str>,
}

impl Presented {
    /// The token of a request, which must have one.
    pub(super) fn with(ask: &Ask) -> Result<Self, Failure> {
        let token = token(ask).ok_or_else(session_needed)?.to_owned();
        Ok(Self { token, correlation: ask.caller(API, None).correlation })
    }

    /// Whose it is now, if the session is an operator's or an auditor's.
    pub(super) async fn reading(&self, app: &App) -> Result<Staff, Failure> {
        let bearer = app.commerce.bearer(&self.token).await?.ok_or_else(session_needed)?;
        let (account, correlation) = (Some(bearer.account), Arc::clone(&self.correlation));
        let caller = Caller { api: API, account, correlation, idempotency: None };
        let roles = match app.commerce.roles(&caller, bearer.account).await {
            // Whose account is gone has no session any more.
            Err(error) if matches!(error.code(), ErrorCode::AccountErased | ErrorCode::AccountUnknown) => {
                return Err(session_needed());
            }
            roles => roles?,
        };
        if !is_staff(&roles) {
            return Err(Failure::new(ErrorCode::Forbidden, "operators and auditors alone read here"));
        }
        Ok(Staff { bearer, roles })
    }
}

fn session_needed() -> Failure {
    Fault::refused(ErrorCode::SessionRequired, "no session, or it is over").into()
}

/// Whoever asks, if it is an operator whose session is not for reading alone.
pub(super) async fn operating(app: &App, ask: &Ask) -> Result<(Staff, Caller), Failure> {
    let staff = reading(app, ask).await?;
    if !staff.may_write() {
        return Err(Failure::new(
            ErrorCode::Forbidden,
            "operators alone, with a session that is not read-only",
        ));
    }
    let caller = ask.caller(API, Some(staff.bearer.account));
    Ok((staff, caller))
}

/// Whether an account with these roles may read here.
pub(super) fn is_staff(roles: &[Role]) -> bool {
    roles.iter().any(|role| matches!(role, Role::Operator | Role::Auditor))
}

/// The names of roles.
pub(super) fn names(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| name(*role)).collect()
}

const fn name(role: Role) -> &'static str {
    match role {
        Role::Customer => "customer",
        Role::Merchant => "merchant",
        Role::Supplier => "supplier",
        Role::Operator => "operator",
        Role::Auditor => "auditor",
    }
}

/// The token, if the request has one.
pub(super) fn token(ask: &Ask) -> Option<&str> {
    let value = ask.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

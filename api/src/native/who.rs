//! Who asks: an operator or an auditor, by the token behind `Authorization: Bearer`.

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
    let needed = || Failure::from(Fault::refused(ErrorCode::SessionRequired, "no session, or it is over"));
    let token = token(ask).ok_or_else(needed)?;
    let bearer = app.commerce.bearer(token).await?.ok_or_else(needed)?;
    trace::note_account(bearer.account);
    let caller = ask.caller(API, Some(bearer.account));
    let roles = match app.commerce.roles(&caller, bearer.account).await {
        // Whose account is gone has no session any more.
        Err(error) if matches!(error.code(), ErrorCode::AccountErased | ErrorCode::AccountUnknown) => {
            return Err(needed());
        }
        roles => roles?,
    };
    if !is_staff(&roles) {
        return Err(Failure::new(ErrorCode::Forbidden, "operators and auditors alone read here"));
    }
    Ok(Staff { bearer, roles })
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

//! `/v1/sessions`: logging in and out.

use axum::extract::State;
use commerce::{Bearer, Role, SessionToken};
use kernel::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::envelope::{Failure, Problem, Reply, done};
use super::who::{self, API};
use crate::http::ask::Ask;
use crate::state::App;

/// How long a session lasts: 12 hours.
const LIFETIME_S: i64 = 12 * 3600;
/// No field is longer; what each must be is for the use case.
const TEXT_CHARS_MAX: usize = 512;

/// A name, or a phone, and its password.
#[derive(ToSchema)]
#[schema(as = native::Credentials)]
#[expect(dead_code, reason = "it describes what is read field by field")]
pub(super) struct Credentials {
    /// The name to log in by, or a phone.
    #[schema(example = "auditor")]
    name: String,
    /// 6 to 128 characters.
    password: String,
    /// `true` for a session that is for reading alone. An auditor's always is.
    read_only: Option<bool>,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Session)]
pub(super) struct Session {
    /// What goes behind `Authorization: Bearer`; told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Whose.
    account: u64,
    /// What the account may do.
    roles: Vec<&'static str>,
    /// Whether it is for reading alone.
    read_only: bool,
    /// Until when.
    #[schema(example = "2026-01-31T07:04:05.000000Z")]
    expires_at: String,
}

/// The end of a session.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Ended)]
pub(super) struct Ended {
    /// true
    pub(super) ended: bool,
}

impl Session {
    pub(super) fn new(bearer: &Bearer, roles: &[Role], token: Option<&SessionToken>) -> Self {
        Self {
            token: token.map(|token| token.reveal().to_owned()),
            account: bearer.account.get(),
            roles: who::names(roles),
            read_only: bearer.is_read_only,
            expires_at: bearer.expires_at.to_string(),
        }
    }
}

/// Logs in an operator or an auditor.
///
/// Ten wrong passwords in a row lock the name for 15 minutes.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "native",
    request_body(content((Credentials = "application/json"), (Credentials = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The session with its token", body = Session),
        (status = 429, description = "Too many wrong passwords", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn log_in(State(app): State<App>, ask: Ask) -> Reply {
    let form = ask.form()?;
    let name = match form.text("name", TEXT_CHARS_MAX)? {
        Some(name) => name,
        None => match form.text("phone", TEXT_CHARS_MAX)? {
            Some(phone) => phone,
            None => form.need_text("name", TEXT_CHARS_MAX)?,
        },
    };
    let password = form.need_text("password", TEXT_CHARS_MAX)?;
    let is_read_only = form.flag("read_only")?.unwrap_or(false);
    let whose = app.commerce.log_in(&ask.caller(API, None), name, password).await?;
    let roles = app.commerce.roles(&ask.caller(API, Some(whose.account)), whose.account).await?;
    if !who::is_staff(&roles) {
        return Err(Failure::new(ErrorCode::Forbidden, "operators and auditors alone log in here"));
    }
    let token = if is_read_only || !roles.contains(&Role::Operator) {
        app.commerce.open_read_only_session(whose, LIFETIME_S).await?
    } else {
        app.commerce.open_session(whose, LIFETIME_S).await?
    };
    opened(&app, &token, &roles).await
}

/// Tells of a session that was just opened.
pub(super) async fn opened(app: &App, token: &SessionToken, roles: &[Role]) -> Reply {
    let bearer = app.commerce.bearer(token.reveal()).await?;
    let bearer = bearer.ok_or_else(|| Failure::new(ErrorCode::Internal, "a session is gone at once"))?;
    Ok(done(&Session::new(&bearer, roles, Some(token))))
}

/// The session of the request.
#[utoipa::path(
    get, path = "/v1/sessions/current", tag = "native",
    responses((status = 200, description = "The session", body = Session)),
    security(("bearer" = [])),
)]
pub(super) async fn session(State(app): State<App>, ask: Ask) -> Reply {
    let staff = who::reading(&app, &ask).await?;
    Ok(done(&Session::new(&staff.bearer, &staff.roles, None)))
}

/// Ends the session of the request.
#[utoipa::path(
    delete, path = "/v1/sessions/current", tag = "native",
    responses((status = 200, description = "It is over", body = Ended)),
    security(("bearer" = [])),
)]
pub(super) async fn log_out(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    app.commerce.end_session(who::token(&ask).unwrap_or_default()).await?;
    Ok(done(&Ended { ended: true }))
}

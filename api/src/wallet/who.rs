//! Who asks: the session in the wallet's cookie.

use axum::http::HeaderValue;
use commerce::{Caller, SessionToken};
use kernel::ErrorCode;

use super::envelope::Failure;
use crate::http::ask::Ask;
use crate::http::fault::Fault;
use crate::http::{cookie, session};
use crate::state::App;

/// The API's name in events, spans and metrics.
pub(super) const API: &str = "wallet";

/// The session's cookie.
pub(crate) const COOKIE: &str = "session";

/// How long a session lasts: 30 days.
pub(super) const SESSION_LIFETIME_S: i64 = 30 * 24 * 3600;

/// The caller, who must be signed in. What the transport refuses comes first.
pub(super) async fn signed_in(app: &App, ask: &Ask) -> Result<Caller, Failure> {
    ask.check_transport()?;
    let account = session::account(&app.commerce, token(ask)).await?;
    let account = account.ok_or_else(|| Fault::refused(ErrorCode::SessionRequired, "not signed in"))?;
    Ok(ask.caller(API, Some(account)))
}

/// The caller of a request that writes, who must be signed in, with the idempotency key if there is one.
pub(super) async fn writing(app: &App, ask: &Ask) -> Result<Caller, Failure> {
    let caller = signed_in(app, ask).await?;
    Ok(Caller { idempotency: ask.idempotency()?, ..caller })
}

/// The session's token, if the request has one: of several cookies of that name, which other programs of the same host may have set, the
/// first that is as long as a token.
pub(super) fn token(ask: &Ask) -> Option<&str> {
    cookie::values(&ask.headers, COOKIE).find(|value| SessionToken::is_one(value))
}

/// The cookie that keeps a token; an empty one forgets it.
pub(super) fn cookie(app: &App, token: &str) -> Option<HeaderValue> {
    let age_s = if token.is_empty() { 0 } else { SESSION_LIFETIME_S };
    cookie::set(COOKIE, token, age_s, app.config.secure_cookies)
}

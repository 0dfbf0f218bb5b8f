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

/// Cookies of a request that are looked at.
const TOKENS_MAX: usize = 4;

/// How long a session lasts: 30 days.
pub(super) const SESSION_LIFETIME_S: i64 = 30 * 24 * 3600;

/// The caller, who must be signed in. What the transport refuses comes first.
pub(super) async fn signed_in(app: &App, ask: &Ask) -> Result<Caller, Failure> {
    ask.check_transport()?;
    for token in tokens(ask) {
        if let Some(account) = session::account(&app.commerce, token).await? {
            return Ok(ask.caller(API, Some(account)));
        }
    }
    Err(Fault::refused(ErrorCode::SessionRequired, "not signed in").into())
}

/// The caller of a request that writes, who must be signed in, with the idempotency key if there is one.
pub(super) async fn writing(app: &App, ask: &Ask) -> Result<Caller, Failure> {
    let caller = signed_in(app, ask).await?;
    Ok(Caller { idempotency: ask.idempotency()?, ..caller })
}

/// What may be the session's token: of several cookies of that name, which other programs of the same host may have set, the first few
/// that look like one.
pub(super) fn tokens(ask: &Ask) -> impl Iterator<Item = &str> {
    cookie::values(&ask.headers, COOKIE).filter(|value| SessionToken::is_one(value)).take(TOKENS_MAX)
}

/// The cookie that keeps a token; an empty one forgets it.
pub(super) fn cookie(app: &App, token: &str) -> Option<HeaderValue> {
    let age_s = if token.is_empty() { 0 } else { SESSION_LIFETIME_S };
    cookie::set(COOKIE, token, age_s, app.config.secure_cookies)
}

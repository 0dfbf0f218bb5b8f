//! Who asks: the session whose token stands in the address.

use commerce::Caller;

use super::codes::Code;
use super::envelope::Failure;
use crate::http::ask::Ask;
use crate::http::session;
use crate::state::App;

/// The API's name in events, spans and metrics.
pub(super) const API: &str = "campus";

/// How long a session lasts: 30 days.
pub(super) const SESSION_LIFETIME_S: i64 = 30 * 24 * 3600;

const TOKEN: &str = "token";
/// No token is longer.
const TOKEN_CHARS_MAX: usize = 128;

/// The token in the address.
///
/// # Errors
/// [`Code::MissingToken`], or [`Code::Token`] for what cannot be one.
pub(super) fn token(ask: &Ask) -> Result<String, Failure> {
    let query = ask.query()?;
    match query.text(TOKEN, TOKEN_CHARS_MAX) {
        Ok(Some(token)) => Ok(token.to_owned()),
        Ok(None) => Err(Failure::at(Code::MissingToken, TOKEN)),
        Err(_) => Err(Failure::at(Code::Token, TOKEN)),
    }
}

/// The caller, who must be signed in.
///
/// # Errors
/// [`Code::MissingToken`], [`Code::Token`], or the store cannot tell.
pub(super) async fn signed_in(app: &App, ask: &Ask) -> Result<Caller, Failure> {
    let account = session::account(&app.commerce, &token(ask)?).await?;
    let account = account.ok_or_else(|| Failure::at(Code::Token, TOKEN))?;
    Ok(ask.caller(API, Some(account)))
}

/// The caller of a request that writes, who must be signed in, with the idempotency key if there is one.
///
/// # Errors
/// As [`signed_in`], or the key is none.
pub(super) async fn writing(app: &App, ask: &Ask) -> Result<Caller, Failure> {
    let caller = signed_in(app, ask).await?;
    Ok(Caller { idempotency: ask.idempotency()?, ..caller })
}

//! Whose session a token is. Where the token stands is for each API: a cookie, the query, a header.

use commerce::{Commerce, Error};
use kernel::AccountId;

use super::trace;

/// The account that a token stands for, if it stands for any.
///
/// # Errors
/// The store cannot tell.
pub(crate) async fn account(commerce: &Commerce, token: &str) -> Result<Option<AccountId>, Error> {
    let account = commerce.session(token).await?;
    if let Some(account) = account {
        trace::note_account(account);
    }
    Ok(account)
}

//! Settings that name several things, separated by commas.

use std::net::IpAddr;

use api::Origin;
use kernel::AccountId;

use crate::failure::Failure;

/// Accounts that one session each is opened for.
const SESSIONS_MAX: usize = 100;

/// Origins whose pages may call the APIs.
pub(crate) fn origins(text: &str) -> Result<Vec<Origin>, Failure> {
    listed(Some(text))
        .map(|origin| origin.parse().map_err(|error| Failure::Usage(format!("cors_origins: {error}"))))
        .collect()
}

/// Addresses of proxies.
pub(crate) fn proxies(text: Option<&str>) -> Result<Vec<IpAddr>, Failure> {
    let read = |proxy: &str| proxy.parse::<IpAddr>().map(|address| address.to_canonical());
    let told = |_| Failure::Usage("proxies: addresses without a port are meant".to_owned());
    listed(text).map(read).collect::<Result<_, _>>().map_err(told)
}

/// Accounts to open a session for.
pub(crate) fn accounts(text: &str) -> Result<Vec<AccountId>, Failure> {
    let read = |account: &str| {
        account.parse().map_err(|_| Failure::Usage(format!("session_of: {account}: not an account")))
    };
    let accounts = listed(Some(text)).map(read).collect::<Result<Vec<_>, _>>()?;
    if accounts.len() > SESSIONS_MAX {
        return Err(Failure::Usage(format!("session_of: at most {SESSIONS_MAX} accounts")));
    }
    Ok(accounts)
}

/// What is named in a list.
pub(crate) fn listed(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|named| !named.is_empty())
}

//! What all outbound calls share: clients with time limits, bounded answers, errors that tell no secret.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Policy;

use crate::wechat::ConfigError;

/// How long a call may take from connecting to the last byte of its answer.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const IDLE_CONNECTIONS_MAX: usize = 16;

/// A service outside gave no usable answer. The messages never hold an address or data: both may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// No complete answer came in time.
    #[error("the gateway did not answer in time")]
    Timeout,
    /// No connection could be made.
    #[error("the gateway cannot be reached")]
    Unreachable,
    /// The connection broke before the answer was complete.
    #[error("the connection to the gateway broke")]
    Broken,
    /// The answer is longer than any real one.
    #[error("the gateway's answer is too long")]
    AnswerTooLong,
    /// The answer is not what the protocol promises.
    #[error("the gateway's answer does not read: {field}")]
    AnswerUnreadable {
        /// What is missing or wrong in it.
        field: &'static str,
    },
    /// The gateway answered with an HTTP status of failure and no reason.
    #[error("the gateway answered HTTP status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
}

impl From<reqwest::Error> for GatewayError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Unreachable
        } else {
            Self::Broken
        }
    }
}

/// Makes ring the process's cryptography for TLS. Call it at start; a second call changes nothing.
pub fn install_crypto_provider() {
    // An error says that a provider is installed already, which is what is wanted.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
}

/// Where a gateway is: `https`, or plain `http` on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Base(Url);

impl Base {
    /// Reads the configured address in `field`.
    pub(crate) fn parse(field: &'static str, text: &str) -> Result<Self, ConfigError> {
        let url = Url::parse(text).map_err(|_| ConfigError::Address { field })?;
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !safe || url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigError::Address { field });
        }
        Ok(Self(url))
    }

    /// The address of `path` (which starts with `/`) below the base.
    pub(crate) fn join(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// A client for this gateway, whose calls take `timeout` at most.
    pub(crate) fn client(&self, timeout: Duration) -> Result<reqwest::Client, ConfigError> {
        install_crypto_provider();
        let builder = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .redirect(Policy::none())
            .user_agent(concat!("suanpan/", env!("CARGO_PKG_VERSION")));
        // This machine's own addresses need no proxy from the environment, which would not know them, and no root certificates,
        // which a bare machine may not have.
        let builder = if is_loopback(&self.0) { builder.no_proxy().tls_certs_only([]) } else { builder };
        builder.build().map_err(|_| ConfigError::Client)
    }
}

/// Whether the address names this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// Reads a whole answer of bounded length.
pub(crate) async fn read_answer(mut response: reqwest::Response) -> Result<Vec<u8>, GatewayError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(GatewayError::AnswerTooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::Base;
    use crate::wechat::ConfigError;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for address in
            ["https://api.mch.weixin.qq.com", "http://127.0.0.1:9", "http://localhost:9/x", "http://[::1]:9"]
        {
            assert!(Base::parse("pay_base", address).is_ok(), "{address} is fine");
        }
        for address in
            ["http://api.mch.weixin.qq.com", "ftp://127.0.0.1", "nonsense", "", "https://a.example/?q=1"]
        {
            let refused = Base::parse("pay_base", address).map(|_| ());
            assert_eq!(refused, Err(ConfigError::Address { field: "pay_base" }), "{address}");
        }
    }

    #[test]
    fn a_path_goes_below_the_base() {
        let base = Base::parse("pay_base", "https://proxy.example/wechat/").unwrap();
        assert_eq!(base.join("/v3/x", Some("mchid=1")).as_str(), "https://proxy.example/wechat/v3/x?mchid=1");
    }
}

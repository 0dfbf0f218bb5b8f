//! Which foreign origins browsers may let in. None, unless configured.

use std::str::FromStr;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::idempotency::IDEMPOTENCY_KEY;
use super::request_id::X_REQUEST_ID;

const PREFLIGHT_AGE_S: u64 = 600;

/// An origin: `https://shop.example`, with a port if it is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// The text is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: scheme://host or scheme://host:port is meant, without a path, and no *")]
pub struct OriginError;

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        let fits = host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_plain));
        if !fits {
            return Err(OriginError);
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| OriginError)
    }
}

/// Lets the configured origins in, with cookies.
pub(crate) fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let exposed: [HeaderName; 4] = [X_REQUEST_ID, LINK, RETRY_AFTER, ETAG];
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().map(|origin| origin.0.clone())))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([CONTENT_TYPE, AUTHORIZATION, IDEMPOTENCY_KEY, X_REQUEST_ID, IF_NONE_MATCH])
        .expose_headers(exposed)
        .max_age(std::time::Duration::from_secs(PREFLIGHT_AGE_S));
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::{Origin, OriginError};

    #[test]
    fn an_origin_has_no_path_and_is_no_star() {
        for good in ["https://shop.example", "http://127.0.0.1:5173", "http://[::1]:80"] {
            assert!(good.parse::<Origin>().is_ok(), "{good}");
        }
        for bad in
            ["*", "null", "", "https://", "shop.example", "https://shop.example/", "https://a b", "ftp://x"]
        {
            assert_eq!(bad.parse::<Origin>(), Err(OriginError), "{bad}");
        }
    }
}

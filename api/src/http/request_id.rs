//! Request ids: taken over from the client where they are sane, else made here; always told in the answer.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id taken over from a client, in bytes.
const LENGTH_MAX: usize = 128;

/// A request's id.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) Arc<str>);

impl RequestId {
    /// The client's id, or a new one if it gave none that is 1 to 128 visible ASCII characters.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        let sane = |id: &&str| {
            (1..=LENGTH_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        Self(given.filter(sane).map_or_else(|| Uuid::now_v7().to_string().into(), Into::into))
    }

    /// As a header's value.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{RequestId, X_REQUEST_ID};

    fn taken(given: &[u8]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(given).unwrap());
        let id = RequestId::of(&headers);
        assert!((1..=128).contains(&id.0.len()) && id.0.bytes().all(|byte| byte.is_ascii_graphic()));
        id.0.as_bytes() == given && id.header().as_bytes() == given
    }

    #[test]
    fn sane_ids_are_taken_over_and_others_replaced() {
        assert!(taken(b"a"));
        assert!(taken(&[b'x'; 128]));
        assert!(!taken(b""));
        assert!(!taken(&[b'x'; 129]));
        assert!(!taken(b"two words"));
        assert!(!taken("茶".as_bytes()));
        assert_ne!(RequestId::of(&HeaderMap::new()).0, RequestId::of(&HeaderMap::new()).0);
    }
}

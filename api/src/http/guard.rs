//! A request that does something must be meant: not a HEAD, a prefetch or a page of another site.

use axum::http::{HeaderMap, HeaderName, Method};
use kernel::ErrorCode;

use super::fault::Fault;

const SEC_PURPOSE: HeaderName = HeaderName::from_static("sec-purpose");
const PURPOSE: HeaderName = HeaderName::from_static("purpose");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what must never buy, pay, sign in or sign out.
///
/// # Errors
/// [`ErrorCode::UnsafeRequest`].
pub(crate) fn check(method: &Method, headers: &HeaderMap) -> Result<(), Fault> {
    let reason = if method == Method::HEAD {
        "HEAD does nothing here"
    } else if says(headers, &SEC_PURPOSE, "prefetch") || says(headers, &PURPOSE, "prefetch") {
        "a prefetch does nothing here"
    } else if says(headers, &SEC_FETCH_SITE, "cross-site") {
        "a request from another site does nothing here"
    } else {
        return Ok(());
    };
    Err(Fault::refused(ErrorCode::UnsafeRequest, reason))
}

/// Whether any value of the header holds the word, in whatever case.
fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let mut values = headers.get_all(name).iter();
    values.any(|value| {
        value.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

    fn refused(method: &Method, header: Option<(&'static str, &'static str)>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("x"));
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        super::check(method, &headers).is_err()
    }

    #[test]
    fn refuses_what_nobody_meant() {
        assert!(refused(&Method::HEAD, None));
        for header in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "Prefetch"),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert!(refused(&Method::GET, Some(header)), "{header:?}");
            assert!(refused(&Method::POST, Some(header)), "{header:?}");
        }
    }

    #[test]
    fn lets_through_what_somebody_meant() {
        assert!(!refused(&Method::GET, None));
        assert!(!refused(&Method::POST, None));
        for site in ["same-origin", "same-site", "none"] {
            assert!(!refused(&Method::GET, Some(("sec-fetch-site", site))), "{site}");
        }
    }
}

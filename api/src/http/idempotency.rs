//! Idempotency keys: read from the header, bound to the whole request by a hash.

use axum::http::{HeaderMap, HeaderName};
use commerce::IdempotencyKey;
use sha2::{Digest, Sha256};

use super::fault::Fault;

/// The header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const LENGTH_MAX: usize = 128;

/// Says in a query who asks, and not what.
const TOKEN: &str = "token";

/// What a query asks: the same, whichever session asks it.
pub(crate) fn asked(query: &str) -> String {
    let is_token = |pair: &&str| pair.split('=').next() == Some(TOKEN);
    query.split('&').filter(|pair| !is_token(pair)).collect::<Vec<_>>().join("&")
}

/// The key of a request, if it has one; `parts` (method, path, query, body) are what it must not be used for again
/// with others.
///
/// # Errors
/// The key is not 1 to 128 visible ASCII characters, or there are several.
pub(crate) fn read(headers: &HeaderMap, parts: [&[u8]; 4]) -> Result<Option<IdempotencyKey>, Fault> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let refused = |reason: &str| Err(Fault::parameter("Idempotency-Key", reason));
    if given.next().is_some() {
        return refused("given more than once");
    }
    let bytes = value.as_bytes();
    let fits = (1..=LENGTH_MAX).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    match value.to_str() {
        Ok(key) if fits => Ok(Some(IdempotencyKey { key: key.into(), request_hash: hash(parts) })),
        _ => refused("1 to 128 visible ASCII characters are meant"),
    }
}

/// Each part goes in behind its length, so that no two requests hash the same text.
fn hash(parts: [&[u8]; 4]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{IDEMPOTENCY_KEY, asked, hash, read};

    const NOTHING: [&[u8]; 4] = [b"", b"", b"", b""];

    fn given(keys: &[&[u8]]) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(key).unwrap());
        }
        let key = read(&headers, NOTHING).map_err(|_| ())?;
        Ok(key.map(|key| key.key.to_string()))
    }

    #[test]
    fn a_key_is_visible_ascii_of_bounded_length() {
        assert_eq!(given(&[]), Ok(None));
        assert_eq!(given(&[b"a"]), Ok(Some("a".to_owned())));
        assert_eq!(given(&[&[b'~'; 128]]), Ok(Some("~".repeat(128))));
        assert_eq!(given(&[b""]), Err(()));
        assert_eq!(given(&[&[b'x'; 129]]), Err(()));
        assert_eq!(given(&[b"a b"]), Err(()));
        assert_eq!(given(&[b"\xff"]), Err(()));
        assert_eq!(given(&[b"a", b"a"]), Err(()));
    }

    #[test]
    fn who_asks_is_not_what_is_asked() {
        for (query, expected) in [
            ("", ""),
            ("a=1&b=2", "a=1&b=2"),
            ("token=x", ""),
            ("token=x&a=1", "a=1"),
            ("a=1&token=x&b=2&token=y", "a=1&b=2"),
            ("tokens=1&a=token=2", "tokens=1&a=token=2"),
        ] {
            assert_eq!(asked(query), expected, "{query}");
        }
    }

    #[test]
    fn every_part_counts_and_stays_in_its_place() {
        let base = hash([b"POST", b"/cart", b"a=1", b"{}"]);
        assert_eq!(base, hash([b"POST", b"/cart", b"a=1", b"{}"]));
        assert_ne!(base, hash([b"GET", b"/cart", b"a=1", b"{}"]));
        assert_ne!(base, hash([b"POST", b"/cart", b"a=1{}", b""]));
        assert_ne!(base, hash([b"POST", b"/carta=1", b"", b"{}"]));
    }
}

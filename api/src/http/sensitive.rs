//! Headers that hold secrets are marked, so that nothing that prints headers prints them.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};

/// Marks what must not be printed.
pub(crate) fn mark(headers: &mut HeaderMap) {
    for name in [COOKIE, AUTHORIZATION, SET_COOKIE] {
        if let axum::http::header::Entry::Occupied(mut found) = headers.entry(name) {
            found.iter_mut().for_each(|value| value.set_sensitive(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    #[test]
    fn secrets_are_not_printed() {
        let mut headers = HeaderMap::new();
        for name in ["cookie", "authorization", "set-cookie"] {
            headers.append(name, HeaderValue::from_static("secret-1"));
            headers.append(name, HeaderValue::from_static("secret-2"));
        }
        headers.insert("accept", HeaderValue::from_static("plain"));
        super::mark(&mut headers);
        let printed = format!("{headers:?}");
        assert!(!printed.contains("secret"), "{printed}");
        assert!(printed.contains("plain"));
    }
}

//! Cookies: finding one in a request, and the one that holds a session.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The values that the request has under the name of a cookie, in order. Other cookies may hold whatever they like, bytes that are no
/// ASCII included.
pub(crate) fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    let value = move |pair: &'a [u8]| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=");
    pairs.filter_map(value).filter_map(|value| std::str::from_utf8(value).ok())
}

/// A cookie that keeps `value` for `age_s` seconds (0 removes it), out of reach of scripts and other sites.
/// `None` if the value cannot stand in a header.
pub(crate) fn set(name: &str, value: &str, age_s: i64, is_secure: bool) -> Option<HeaderValue> {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age_s}{secure}");
    let mut header = HeaderValue::from_str(&text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    fn values(lines: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("cookie", HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        super::values(&headers, "session").map(str::to_owned).collect()
    }

    #[test]
    fn finds_a_cookie_among_others() {
        assert_eq!(values(&["session=abc"]), ["abc"]);
        assert_eq!(values(&["a=1; session=abc; b=2"]), ["abc"]);
        assert_eq!(values(&["a=1", "session=abc"]), ["abc"]);
        assert_eq!(values(&["city=成都; session=abc"]), ["abc"]);
        assert_eq!(values(&["session=one; session=two"]), ["one", "two"]);
        assert_eq!(values(&["xsession=abc; session"]), Vec::<String>::new());
        assert_eq!(values(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_session_cookie_is_out_of_reach() {
        let cookie = super::set("session", "abc", 60, true).unwrap();
        assert_eq!(
            cookie.to_str().unwrap(),
            "session=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure"
        );
        assert!(cookie.is_sensitive());
        let cookie = super::set("session", "", 0, false).unwrap();
        assert_eq!(cookie.to_str().unwrap(), "session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
        assert!(super::set("session", "a\nb", 0, false).is_none());
    }
}

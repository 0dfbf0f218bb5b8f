//! Cookies: finding one in a request, and the one that holds a session.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The value of a cookie, if the request has it. Of several with one name the first counts.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(found, _)| *found == name).map(|(_, value)| value).next()
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

    fn find(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("cookie", HeaderValue::from_static(line));
        }
        super::find(&headers, "session").map(str::to_owned)
    }

    #[test]
    fn finds_a_cookie_among_others() {
        assert_eq!(find(&["session=abc"]).as_deref(), Some("abc"));
        assert_eq!(find(&["a=1; session=abc; b=2"]).as_deref(), Some("abc"));
        assert_eq!(find(&["a=1", "session=abc"]).as_deref(), Some("abc"));
        assert_eq!(find(&["session=one; session=two"]).as_deref(), Some("one"));
        assert_eq!(find(&["xsession=abc; session"]), None);
        assert_eq!(find(&[]), None);
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

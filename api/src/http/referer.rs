//! On whose page a picture is shown.

use axum::http::header::{HOST, REFERER};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};

/// Whether the request comes from a page of a host that is neither the request's own nor one of `hosts`. Without a `Referer` it does
/// not, nor with one that names no page of another host: an empty one, `about:blank`, a path (RFC 9110, section 10.1.3).
pub(crate) fn is_foreign(headers: &HeaderMap, uri: &Uri, hosts: &[String]) -> bool {
    let Some(referer) = headers.get(REFERER) else { return false };
    if matches!(referer.as_bytes(), b"" | b"about:blank") {
        return false;
    }
    let Some(page) = referer.to_str().ok().and_then(|text| text.parse::<Uri>().ok()) else { return true };
    let Some(page) = page.host() else { return false };
    let header = headers.get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let own = header.as_ref().map(Authority::host).or(uri.host());
    let is_own = own.is_some_and(|own| own.eq_ignore_ascii_case(page));
    !is_own && !hosts.iter().any(|host| host.eq_ignore_ascii_case(page))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Uri};

    fn is_foreign(referer: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", "Shop.example:8080".parse().unwrap());
        if let Some(referer) = referer {
            headers.insert("referer", referer.parse().unwrap());
        }
        super::is_foreign(&headers, &Uri::from_static("/a"), &["partner.example".to_owned()])
    }

    #[test]
    fn only_named_hosts_show_pictures() {
        assert!(!is_foreign(None));
        assert!(!is_foreign(Some("https://shop.example/page?x=1")));
        assert!(!is_foreign(Some("http://shop.example:9/")));
        assert!(!is_foreign(Some("https://PARTNER.example")));
        for nowhere in ["", "about:blank", "/page", "/page?x=https://evil.example/"] {
            assert!(!is_foreign(Some(nowhere)), "{nowhere}");
        }
        for foreign in [
            "https://evil.example/",
            "https://evil.example/shop.example",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://www.shop.example/",
            "https://",
            "evil.example/a b",
        ] {
            assert!(is_foreign(Some(foreign)), "{foreign}");
        }
        assert!(super::is_foreign(
            &HeaderMap::from_iter([(axum::http::header::REFERER, "https://a.example/".parse().unwrap())]),
            &Uri::from_static("https://b.example/a"),
            &[],
        ));
    }
}

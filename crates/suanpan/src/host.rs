//! Whom a request is meant for: HTTP/1.1 wants to be told, once (RFC 9112, section 3.2).

use axum::extract::Request;
use axum::http::header::{CONNECTION, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Refuses a request without a `Host`, or with one that may be taken for another by whoever stands before this server.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    if is_told(request.version(), request.headers()) {
        next.run(request).await
    } else {
        // Whatever comes next over this connection is as doubtful.
        (StatusCode::BAD_REQUEST, [(CONNECTION, "close")]).into_response()
    }
}

fn is_told(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(_), Some(_)) => false,
        (Some(host), None) => host
            .to_str()
            .is_ok_and(|host| host.is_empty() || (!host.contains('@') && host.parse::<Authority>().is_ok())),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::HOST;
    use axum::http::{HeaderMap, HeaderValue, Version};

    use super::is_told;

    fn told(version: Version, hosts: &[&'static str]) -> bool {
        let headers: HeaderMap = hosts.iter().map(|host| (HOST, HeaderValue::from_static(host))).collect();
        is_told(version, &headers)
    }

    #[test]
    fn it_is_told_once_and_names_a_host() {
        for host in ["shop.example", "shop.example:8080", "127.0.0.1:1", "[::1]:8080", "x", ""] {
            assert!(told(Version::HTTP_11, &[host]), "{host}");
        }
        for host in ["a b", "a/b", "user@shop.example", "http://a"] {
            assert!(!told(Version::HTTP_11, &[host]), "{host}");
        }
        assert!(!told(Version::HTTP_11, &[]) && told(Version::HTTP_10, &[]));
        assert!(!told(Version::HTTP_11, &["a", "a"]) && !told(Version::HTTP_10, &["a", "b"]));
    }
}

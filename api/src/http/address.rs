//! Where a request comes from. Behind a proxy that is known, the proxy says so.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address: the connection's, or, if that is one of `proxies`, the last one in `X-Forwarded-For` that is none.
/// What stands before it a client can write itself.
pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpAddr]) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.ip().to_canonical();
    if !proxies.contains(&peer) {
        return Some(peer);
    }
    let lines = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    let told: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for address in told.into_iter().rev() {
        match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if proxies.contains(&address) => {}
            Ok(address) => return Some(address),
            Err(_) => break,
        }
    }
    Some(peer)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use axum::extract::ConnectInfo;
    use axum::http::{Extensions, HeaderMap};

    fn of(peer: &str, told: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 7)));
        let mut headers = HeaderMap::new();
        for line in told {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let proxies: [IpAddr; 2] = ["127.0.0.1", "10.0.0.1"].map(|proxy| proxy.parse().unwrap());
        super::of(&extensions, &headers, &proxies).unwrap().to_string()
    }

    #[test]
    fn only_a_known_proxy_is_believed() {
        assert_eq!(of("203.0.113.7", &["1.2.3.4"]), "203.0.113.7");
        assert_eq!(of("127.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(of("::ffff:127.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(of("127.0.0.1", &["6.6.6.6, 1.2.3.4"]), "1.2.3.4", "the client's own words come first");
        assert_eq!(of("127.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.1"]), "1.2.3.4");
        assert_eq!(of("127.0.0.1", &["1.2.3.4, nonsense"]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(super::of(&Extensions::new(), &HeaderMap::new(), &[]), None);
    }
}

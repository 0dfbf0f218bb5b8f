//! What the transport alone says, and what the house serves beside the APIs.

use std::time::Duration;

use api::HttpConfig;
use axum::body::{Body, Bytes};
use futures::stream;

use super::stage::Stage;

#[tokio::test]
async fn failures_of_the_transport_speak_the_envelope() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    let json = [("content-type", "application/json")];
    let long = "x".repeat(64 * 1024 + 1);
    let chunks: Vec<Result<Bytes, std::io::Error>> = vec![Ok(long.clone().into())];
    for (method, path, headers, body, status, code) in [
        ("GET", "/nothing", &[][..], Body::empty(), 404, 10001),
        ("GET", "/products/", &[], Body::empty(), 404, 10001),
        ("GET", "/product/", &[], Body::empty(), 404, 10001),
        ("DELETE", "/cart", &[], Body::empty(), 405, 10001),
        ("POST", "/account/login", &[("content-length", "65537")], Body::empty(), 413, 10005),
        ("POST", "/account/login", &json, Body::from(long.clone()), 413, 10005),
        ("POST", "/account/login", &json, Body::from_stream(stream::iter(chunks)), 413, 10005),
        ("POST", "/account/login", &[], Body::from("{}"), 415, 10005),
        ("POST", "/account/login", &[("content-type", "text/plain")], Body::from("{}"), 415, 10005),
        ("POST", "/cart", &[("content-type", "application/jsonp")], Body::from("{}"), 415, 10005),
    ] {
        let said = client.ask(method, path, headers, body).await;
        assert_eq!(said.status.as_u16(), status, "{method} {path} {}", said.body);
        assert_eq!(said.body["code"], code, "{method} {path}");
        assert!(said.body["message"].is_string() && said.body["data"].is_null(), "{method} {path}");
        assert_eq!(said.header("content-type"), Some("application/json"));
        assert_eq!(said.header("cache-control"), Some("no-store"));
    }
    let refused = client.ask("DELETE", "/cart", &[], "").await;
    assert_eq!(refused.header("allow"), Some("GET,HEAD,POST"));
}

#[tokio::test]
async fn a_head_reads_as_a_get_does_without_the_body() {
    let stage = Stage::new().await;
    let said = stage.client().ask("HEAD", "/products", &[], "").await;
    assert_eq!((said.status.as_u16(), said.text.len()), (200, 0));
}

#[tokio::test]
async fn every_answer_bears_the_requests_id() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    for path in ["/products", "/nothing", "/user"] {
        let said = client.ask("GET", path, &[("x-request-id", "mine-1")], "").await;
        assert_eq!(said.header("x-request-id"), Some("mine-1"), "{path}");
        let said = client.ask("GET", path, &[("x-request-id", "not mine")], "").await;
        assert!(said.header("x-request-id").is_some_and(|id| id != "not mine" && !id.is_empty()), "{path}");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let config = HttpConfig { time_limit: Duration::ZERO, ..HttpConfig::default() };
    let stage = Stage::with(config).await;
    let said =
        stage.client().post("/account/signup", r#"{"phone":"13900000021","password":"secret-1"}"#).await;
    assert_eq!((said.status.as_u16(), &said.body["code"]), (503, &serde_json::json!(10001)));
    assert_eq!(said.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn the_house_says_how_it_fares() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    assert_eq!(client.get("/healthz").await.body, serde_json::json!({"status": "ok"}));
    // The views follow in their own time.
    for _ in 0..200 {
        if client.get("/readyz").await.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let ready = client.get("/readyz").await;
    assert_eq!(ready.status.as_u16(), 200, "{}", ready.body);
    assert_eq!(
        (ready.body["store"].as_str(), ready.body["gateways"]["wechat_pay"].as_str()),
        (Some("ok"), Some("ok"))
    );
    assert!(ready.body["projections"]["each"].as_array().is_some_and(|each| !each.is_empty()));
    assert_eq!(client.get("/metrics").await.text, b"# metrics\n");
}

#[tokio::test]
async fn the_documentation_is_served_from_here() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    let document = client.get("/openapi.json").await;
    assert_eq!(document.body, serde_json::to_value(api::openapi()).unwrap());
    let plain = document.text.len();
    let packed = client.ask("GET", "/openapi.json", &[("accept-encoding", "zstd")], "").await;
    assert_eq!(packed.header("content-encoding"), Some("zstd"));
    assert!(packed.text.len() * 2 < plain);
    let packed = client.ask("GET", "/openapi.json", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));

    assert!(client.get("/docs").await.status.is_redirection());
    let page = client.get("/docs/").await;
    let html = String::from_utf8(page.text).unwrap();
    assert!(page.status.is_success() && !html.contains("https://"), "{html}");
    let script = client.get("/docs/swagger-initializer.js").await;
    assert!(String::from_utf8(script.text).unwrap().contains("/openapi.json"));
    assert!(client.get("/docs/swagger-ui-bundle.js").await.text.len() > 100_000);
}

#[tokio::test]
async fn foreign_origins_are_let_in_only_if_configured() {
    let preflight = [("origin", "https://shop.example"), ("access-control-request-method", "POST")];
    let closed = Stage::new().await;
    let said = closed.client().ask("OPTIONS", "/cart", &preflight, "").await;
    assert_eq!((said.status.as_u16(), said.header("access-control-allow-origin")), (405, None));

    let cors_origins = vec!["https://shop.example".parse().unwrap()];
    let open = Stage::with(HttpConfig { cors_origins, ..HttpConfig::default() }).await;
    let said = open.client().ask("OPTIONS", "/cart", &preflight, "").await;
    assert_eq!(said.header("access-control-allow-origin"), Some("https://shop.example"));
    assert_eq!(said.header("access-control-allow-credentials"), Some("true"));
    let said = open.client().ask("GET", "/products", &[("origin", "https://other.example")], "").await;
    assert_eq!(said.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn cookies_are_secure_unless_told_otherwise() {
    let stage = Stage::with(HttpConfig::default()).await;
    let said =
        stage.client().post("/account/signup", r#"{"phone":"13900000022","password":"secret-1"}"#).await;
    assert!(said.header("set-cookie").unwrap().ends_with("; Secure"));
}

//! Gateways that hang, lie, babble or talk without end: every one a typed error, in time.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use integrations::GatewayError;
use integrations::sandbox::Sandbox;
use integrations::wechat::{
    LoginError, PayError, SignatureError, TradeState, WechatConfig, WechatLogin, WechatPay,
};
use kernel::Clock;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::stage::{Folder, LOOPBACK, order, serve};

const PLATFORM_KEY: &str = include_str!("../../src/sandbox/keys/test-only-platform-private.pem");
const MERCHANT_KEY: &str = include_str!("../../src/sandbox/keys/test-only-merchant-private.pem");
const SHORT: Duration = Duration::from_secs(2);

/// The sandbox's configuration, pointing elsewhere.
async fn config(address: std::net::SocketAddr) -> WechatConfig {
    let folder = Folder::new();
    let sandbox = Sandbox::start(LOOPBACK, folder.path()).await.unwrap();
    let base = format!("http://{address}");
    let config = WechatConfig {
        api_base: base.clone(),
        pay_base: base,
        ..sandbox.wechat_config("http://127.0.0.1:9/notify")
    };
    sandbox.stop().await;
    config
}

async fn clients(router: Router) -> (WechatPay, WechatLogin) {
    let config = config(serve(router).await).await;
    let pay = WechatPay::with_timeout(&config, Clock::default(), SHORT).unwrap();
    (pay, WechatLogin::with_timeout(&config, SHORT).unwrap())
}

/// A gateway that answers everything with what `answer` makes.
fn gateway(answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static) -> Router {
    Router::new().fallback(any(move |_: Request| {
        let answer = answer();
        async move { answer }
    }))
}

fn sign(pem: &str, text: &str) -> String {
    let (_, inside) = pem.split_once("-----BEGIN PRIVATE KEY-----").unwrap();
    let inside: String = inside.lines().take_while(|line| !line.starts_with("-----END")).collect();
    let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(inside).unwrap()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    STANDARD.encode(signature)
}

/// An answer signed with `pem` under the configured serial.
fn signed(pem: &str, body: &str) -> Response<Body> {
    let timestamp = Clock::default().now().seconds();
    Response::builder()
        .header("Wechatpay-Timestamp", timestamp)
        .header("Wechatpay-Nonce", "n-1")
        .header("Wechatpay-Serial", "PUB_KEY_ID_0119000000010000000000000000000001")
        .header("Wechatpay-Signature", sign(pem, &format!("{timestamp}\nn-1\n{body}\n")))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn a_gateway_that_hangs_is_left() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    // Connections are taken by the system and never answered.
    let config = config(listener.local_addr().unwrap()).await;
    let pay = WechatPay::with_timeout(&config, Clock::default(), SHORT).unwrap();
    let login = WechatLogin::with_timeout(&config, SHORT).unwrap();
    let begun = Instant::now();
    assert_eq!(pay.order_app(&order("R00000001")).await, Err(PayError::Gateway(GatewayError::Timeout)));
    assert_eq!(login.identify("user").await, Err(LoginError::Gateway(GatewayError::Timeout)));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_told() {
    let address = {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        listener.local_addr().unwrap()
    };
    let config = config(address).await;
    let pay = WechatPay::new(&config, Clock::default()).unwrap();
    assert_eq!(pay.query("R00000001").await, Err(PayError::Gateway(GatewayError::Unreachable)));
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    let endless = || {
        let chunk = axum::body::Bytes::from(vec![b' '; 8192]);
        Response::new(Body::from_stream(futures::stream::repeat_with(move || {
            Ok::<_, std::io::Error>(chunk.clone())
        })))
    };
    let (pay, login) = clients(gateway(endless)).await;
    assert_eq!(pay.query("R00000001").await, Err(PayError::Gateway(GatewayError::AnswerTooLong)));
    assert_eq!(login.identify("user").await, Err(LoginError::Gateway(GatewayError::AnswerTooLong)));
}

#[tokio::test]
async fn an_answer_that_trickles_is_left() {
    let trickle = || {
        let drops = futures::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, std::io::Error>(" "), ()))
        });
        Response::new(Body::from_stream(drops))
    };
    let (pay, _) = clients(gateway(trickle)).await;
    assert_eq!(pay.query("R00000001").await, Err(PayError::Gateway(GatewayError::Timeout)));
}

#[tokio::test]
async fn success_without_proof_is_not_believed() {
    let body = r#"{"prepay_id":"wx1"}"#;
    let (pay, _) = clients(gateway(move || Response::new(Body::from(body)))).await;
    let missing = SignatureError::Header { name: "Wechatpay-Timestamp" };
    assert_eq!(pay.order_app(&order("R00000001")).await, Err(PayError::Answer(missing)));

    let (pay, _) = clients(gateway(move || signed(MERCHANT_KEY, body))).await;
    let mismatch = Err(PayError::Answer(SignatureError::Mismatch));
    assert_eq!(pay.order_app(&order("R00000001")).await, mismatch, "another key signed");

    let (pay, _) = clients(gateway(move || {
        let mut answer = signed(PLATFORM_KEY, body);
        *answer.body_mut() = Body::from(r#"{"prepay_id":"wx2"}"#);
        answer
    }))
    .await;
    assert_eq!(pay.order_app(&order("R00000001")).await, mismatch, "the body was changed");

    let (pay, _) = clients(gateway(move || {
        let mut answer = signed(PLATFORM_KEY, body);
        answer.headers_mut().insert("Wechatpay-Serial", "5157F09E".parse().unwrap());
        answer
    }))
    .await;
    let unknown = Err(PayError::Answer(SignatureError::SerialUnknown));
    assert_eq!(pay.order_app(&order("R00000001")).await, unknown, "an unknown key");
}

#[tokio::test]
async fn a_refusal_with_a_wrong_proof_is_not_believed() {
    let (pay, _) = clients(gateway(|| {
        let mut answer = signed(MERCHANT_KEY, r#"{"code":"ORDER_NOT_EXIST"}"#);
        *answer.status_mut() = StatusCode::NOT_FOUND;
        answer
    }))
    .await;
    assert_eq!(pay.query("R00000001").await, Err(PayError::Answer(SignatureError::Mismatch)));
}

#[tokio::test]
async fn garbage_is_told_by_field() {
    let unreadable = |field| PayError::Gateway(GatewayError::AnswerUnreadable { field });
    for body in ["", "<html>", "{}", r#"{"prepay_id":7}"#, r#"{"prepay_id":""}"#] {
        let (pay, _) = clients(gateway(move || signed(PLATFORM_KEY, body))).await;
        assert_eq!(pay.order_app(&order("R00000001")).await, Err(unreadable("prepay_id")), "{body}");
    }
    let (_, login) = clients(gateway(|| Response::new(Body::from("<html>")))).await;
    let refused = login.identify("user").await.unwrap_err();
    assert!(matches!(refused, LoginError::Gateway(GatewayError::AnswerUnreadable { .. })), "{refused}");
    let (pay, login) = clients(gateway(|| {
        Response::builder().status(502).body(Body::from("<html>bad gateway</html>")).unwrap()
    }))
    .await;
    let status = GatewayError::Status { status: 502 };
    assert_eq!(pay.query("R00000001").await, Err(PayError::Gateway(status)));
    assert_eq!(login.identify("user").await, Err(LoginError::Gateway(status)));
}

/// What the client makes of a proven answer to a query for `R00000001`.
async fn queried(change: impl FnOnce(&mut Value)) -> Result<TradeState, PayError> {
    let mut told = json!({
        "appid": "wx0000000000000000", "mchid": "1900000001", "out_trade_no": "R00000001",
        "transaction_id": "42", "trade_state": "SUCCESS", "success_time": "2026-11-21T16:00:00+08:00",
        "payer": { "openid": "o" }, "amount": { "total": 1, "currency": "CNY" },
    });
    change(&mut told);
    let body = told.to_string();
    let (pay, _) = clients(gateway(move || signed(PLATFORM_KEY, &body))).await;
    pay.query("R00000001").await.map(|order| order.trade_state)
}

#[tokio::test]
async fn an_answer_about_something_else_is_refused() {
    assert_eq!(queried(|_| {}).await, Ok(TradeState::Success));
    assert_eq!(queried(|told| told["trade_state"] = json!("REFUND")).await, Ok(TradeState::Refund));
    assert_eq!(queried(|told| told["trade_state"] = json!("PAYERROR")).await, Ok(TradeState::PayError));
    for field in ["out_trade_no", "mchid", "appid"] {
        let refused = queried(|told| told[field] = json!("another")).await;
        assert_eq!(refused, Err(PayError::Foreign { field }));
    }
    for (path, field) in [
        ("/trade_state", "trade_state"),
        ("/transaction_id", "transaction_id"),
        ("/success_time", "success_time"),
    ] {
        let refused = queried(|told| *told.pointer_mut(path).unwrap() = json!("")).await;
        assert_eq!(refused, Err(PayError::Gateway(GatewayError::AnswerUnreadable { field })), "{path}");
    }
}

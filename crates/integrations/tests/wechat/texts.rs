//! Text messages and captchas: the client against the sandbox's signed protocol, and what a person would read.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::routing::post;
use integrations::GatewayError;
use integrations::sandbox::{Sandbox, SandboxError};
use integrations::sms::{SmsClient, SmsConfig, SmsError, SmsLimit};
use kernel::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::stage::{Folder, LOOPBACK, browser, serve};

const PHONE: &str = "13800000001";
const SHORT: Duration = Duration::from_secs(2);

struct Texts {
    sandbox: Sandbox,
    sms: SmsClient,
    server: SocketAddr,
}

impl Texts {
    async fn new(folder: &Folder) -> Self {
        let sandbox = Sandbox::start(LOOPBACK, folder.path()).await.unwrap();
        let sms = SmsClient::new(&sandbox.sms_config(), Clock::default()).unwrap();
        let server = serve(sandbox.control_router()).await;
        Self { sandbox, sms, server }
    }

    async fn told(&self, path: &str) -> (u16, Value) {
        let url = format!("http://{}/sandbox/{path}", self.server);
        let answer = browser().get(url).send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
    }

    /// What comes of sending with another configuration or clock.
    async fn with(&self, change: impl FnOnce(&mut SmsConfig), clock: Clock) -> Result<(), SmsError> {
        let mut config = self.sandbox.sms_config();
        change(&mut config);
        SmsClient::new(&config, clock).unwrap().send(PHONE, &["123456"]).await.map(|_| ())
    }
}

fn refused(code: &str, number: u16) -> Result<(), SmsError> {
    Err(SmsError::Refused { code: code.to_owned(), number })
}

#[tokio::test]
async fn a_phone_shows_the_last_code_also_after_a_restart() {
    let folder = Folder::new();
    let texts = Texts::new(&folder).await;
    assert_eq!(texts.told(&format!("sms/{PHONE}")).await.0, 404);
    let first = texts.sms.send(PHONE, &["123456", "3"]).await.unwrap();
    assert_eq!(texts.told(&format!("sms/{PHONE}")).await, (200, json!({ "code": "123456" })));
    let second = texts.sms.send(PHONE, &["654321", "3"]).await.unwrap();
    assert_ne!(first.serial_no, second.serial_no);
    texts.sandbox.stop().await;
    let texts = Texts::new(&folder).await;
    assert_eq!(texts.told(&format!("sms/{PHONE}")).await, (200, json!({ "code": "654321" })));
    assert_eq!(texts.told("sms/13800000002").await.0, 404, "another phone got nothing");
}

#[tokio::test]
async fn whoever_is_not_our_account_is_refused() {
    let folder = Folder::new();
    let texts = Texts::new(&folder).await;
    let now = Clock::default();
    let failure = refused("AuthFailure.SignatureFailure", 1001);
    assert_eq!(texts.with(|config| config.secret_key.push('x'), now).await, failure);
    let unknown = refused("AuthFailure.SecretIdNotFound", 1007);
    assert_eq!(texts.with(|config| config.secret_id.push('x'), now).await, unknown);
    for offset_s in [-400, 400] {
        let expired = refused("AuthFailure.SignatureExpire", 1021);
        assert_eq!(texts.with(|_| {}, Clock::with_offset(offset_s)).await, expired, "{offset_s} s off");
    }
    assert_eq!(texts.with(|_| {}, Clock::with_offset(200)).await, Ok(()));
}

#[tokio::test]
async fn only_the_approved_message_is_sent() {
    let folder = Folder::new();
    let texts = Texts::new(&folder).await;
    let now = Clock::default();
    let app = texts.with(|config| config.sdk_app_id = "1400000002".to_owned(), now).await;
    assert_eq!(app, refused("InvalidParameterValue.SdkAppIdNotExist", 1019));
    let name = texts.with(|config| config.sign_name = "别家".to_owned(), now).await;
    assert_eq!(name, refused("FailedOperation.SignatureIncorrectOrUnapproved", 1012));
    let template = texts.with(|config| config.template_id = "7".to_owned(), now).await;
    assert_eq!(template, refused("FailedOperation.TemplateIncorrectOrUnapproved", 1014));
    let region = texts.with(|config| config.region = "ap-nowhere".to_owned(), now).await;
    assert_eq!(region, refused("UnsupportedRegion", 1007));
    let empty = texts.sms.send(PHONE, &[]).await.map(|_| ());
    assert_eq!(empty, refused("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", 1014));
    assert_eq!(texts.told(&format!("sms/{PHONE}")).await.0, 404, "none of them reached the phone");
}

#[tokio::test]
async fn refusals_can_be_had_for_the_asking() {
    let folder = Folder::new();
    let texts = Texts::new(&folder).await;
    for (phone, error) in [
        ("19900001016", SmsError::Phone),
        ("19900001023", SmsError::Limited { limit: SmsLimit::ThirtySeconds }),
        ("19900001024", SmsError::Limited { limit: SmsLimit::Hour }),
        ("19900001025", SmsError::Limited { limit: SmsLimit::Day }),
        ("19900001026", SmsError::Limited { limit: SmsLimit::SameContent }),
    ] {
        assert_eq!(texts.sms.send(phone, &["123456"]).await, Err(error), "{phone}");
        assert_eq!(texts.told(&format!("sms/{phone}")).await.0, 404, "{phone}");
    }
    let blocked = texts.sms.send("19900001015", &["123456"]).await.map(|_| ());
    assert_eq!(blocked, refused("FailedOperation.PhoneNumberInBlacklist", 1015));
    assert!(
        texts.sms.send("19900009999", &["123456"]).await.is_ok(),
        "a number that Tencent Cloud does not have"
    );
}

/// Stands between client and sandbox and changes what it passes on.
#[derive(Clone)]
struct Meddler {
    sandbox: SocketAddr,
    change: Arc<dyn Fn(String) -> String + Send + Sync>,
}

async fn meddle(State(meddler): State<Meddler>, headers: HeaderMap, body: Bytes) -> Vec<u8> {
    let changed = (meddler.change)(String::from_utf8(body.to_vec()).unwrap());
    let mut headers = headers;
    headers.remove("content-length");
    let url = format!("http://{}/", meddler.sandbox);
    let answer = browser().post(url).headers(headers).body(changed).send().await.unwrap();
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn what_is_changed_on_the_way_is_refused() {
    let folder = Folder::new();
    let texts = Texts::new(&folder).await;
    let sandbox = texts.sandbox.address();
    let sent = async |change: fn(String) -> String| {
        let router = Router::new().route("/", post(meddle));
        let address = serve(router.with_state(Meddler { sandbox, change: Arc::new(change) })).await;
        texts.with(|config| config.base = format!("http://{address}"), Clock::default()).await
    };
    assert_eq!(sent(|body| body).await, Ok(()), "passed on as it was");
    let changed = sent(|body| body.replace("13800000001", "13800000002")).await;
    assert_eq!(changed, refused("AuthFailure.SignatureFailure", 1001));
    assert_eq!(texts.told("sms/13800000002").await.0, 404);
}

#[tokio::test]
async fn a_request_without_a_proper_signature_is_refused() {
    let folder = Folder::new();
    let texts = Texts::new(&folder).await;
    let url = format!("http://{}/", texts.sandbox.address());
    let now = Clock::default().now();
    let credential =
        format!("AKIDtest-only-secret-id-of-sandbox/{}/sms/tc3_request", now.utc().format("%Y-%m-%d"));
    let signature = "0".repeat(64);
    let all = "content-type;host;x-tc-action";
    for (authorization, expected) in [
        (String::new(), "AuthFailure.InvalidAuthorization"),
        ("Bearer x".to_owned(), "AuthFailure.InvalidAuthorization"),
        (format!("TC3-HMAC-SHA256 Credential={credential}"), "AuthFailure.InvalidAuthorization"),
        (
            format!("TC3-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={signature}"),
            "AuthFailure.InvalidAuthorization",
        ),
        (
            format!("TC3-HMAC-SHA256 Credential={credential}, SignedHeaders={all}, Signature={signature}"),
            "AuthFailure.SignatureFailure",
        ),
    ] {
        let answer = browser()
            .post(&url)
            .header("Authorization", &authorization)
            .header("Content-Type", "application/json; charset=utf-8")
            .header("X-TC-Action", "SendSms")
            .header("X-TC-Timestamp", now.seconds())
            .body("{}")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "refusals come with 200");
        let told: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(told["Response"]["Error"]["Code"], expected, "{authorization}");
        assert!(told["Response"]["RequestId"].is_string());
    }
}

async fn at(address: SocketAddr) -> SmsClient {
    let folder = Folder::new();
    let sandbox = Sandbox::start(LOOPBACK, folder.path()).await.unwrap();
    let config = SmsConfig { base: format!("http://{address}"), ..sandbox.sms_config() };
    sandbox.stop().await;
    SmsClient::with_timeout(&config, Clock::default(), SHORT).unwrap()
}

#[tokio::test]
async fn a_gateway_that_misbehaves_is_told() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    // Connections are taken by the system and never answered.
    let hanging = at(listener.local_addr().unwrap()).await.send(PHONE, &["123456"]).await;
    assert_eq!(hanging, Err(SmsError::Gateway(GatewayError::Timeout)));
    assert_eq!(hanging.unwrap_err().number(), 1008);
    let endless = || async {
        let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 8192])));
        Response::new(Body::from_stream(chunks))
    };
    let endless = at(serve(Router::new().fallback(endless)).await).await;
    assert_eq!(endless.send(PHONE, &["1"]).await, Err(SmsError::Gateway(GatewayError::AnswerTooLong)));
    let broken = || async { Response::builder().status(502).body(Body::from("<html>")).unwrap() };
    let broken = at(serve(Router::new().fallback(broken)).await).await;
    assert_eq!(
        broken.send(PHONE, &["1"]).await,
        Err(SmsError::Gateway(GatewayError::Status { status: 502 }))
    );
    let garbage = at(serve(Router::new().fallback(|| async { "<html>" })).await).await;
    let field = "Response";
    let unreadable = SmsError::Gateway(GatewayError::AnswerUnreadable { field });
    assert_eq!(garbage.send(PHONE, &["1"]).await, Err(unreadable));
}

#[tokio::test]
async fn a_picture_tells_its_code_to_tests() {
    let folder = Folder::new();
    let texts = Texts::new(&folder).await;
    let book = texts.sandbox.captcha_book();
    assert_eq!(texts.told("captcha/CST43").await.0, 404);
    book.note("CST43", "ac3f4").await.unwrap();
    assert_eq!(texts.told("captcha/CST43").await, (200, json!({ "code": "ac3f4" })));
    let refused = book.note(&"x".repeat(200), "ac3f4").await.unwrap_err();
    assert!(matches!(refused, SandboxError::TooLong { field: "rand" }), "{refused}");
    texts.sandbox.stop().await;
    let texts = Texts::new(&folder).await;
    assert_eq!(texts.told("captcha/CST43").await.0, 200, "also after a restart");
}

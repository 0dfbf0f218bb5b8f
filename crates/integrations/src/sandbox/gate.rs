//! The gate of the payment gateway: who asks must have signed, and whatever is answered is signed.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::keys::{MCH_ID, MERCHANT_SERIAL, PLATFORM_SERIAL};
use super::world::World;
use crate::wechat::pay::signing::{SCHEME, SignedRequest, message, nonce};

/// The longest request that is read.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;
const TIMESTAMP_SLACK_S: u64 = 300;

/// A refusal in WeChat Pay's form.
pub(super) fn refusal(status: StatusCode, code: &str, reason: &str) -> Response {
    json_answer(status, &json!({ "code": code, "message": reason }))
}

/// The refusal of one field of the request.
pub(super) fn bad_field(field: &str, issue: &str) -> Response {
    let body = json!({
        "code": "PARAM_ERROR",
        "message": format!("参数错误: {field} {issue}"),
        "detail": { "field": field, "issue": issue, "location": "body" },
    });
    json_answer(StatusCode::BAD_REQUEST, &body)
}

pub(super) fn json_answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// Lets signed requests through and signs the answers.
pub(super) async fn gate(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match to_bytes(body, BODY_BYTES_MAX).await {
        Err(_) => refusal(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "请求包体过大或不完整"),
        Ok(body) => {
            let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
            match proven(&world, parts.method.as_str(), target, &parts.headers, &body) {
                Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
                Err(reason) => refusal(StatusCode::UNAUTHORIZED, "SIGN_ERROR", reason),
            }
        }
    };
    signed(&world, answer).await
}

/// Whether our merchant signed this request just now; if not, why.
fn proven(
    world: &World,
    method: &str,
    target: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), &'static str> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let fields =
        given.and_then(|text| text.strip_prefix(SCHEME)).ok_or("Http头Authorization缺失或认证类型不正确")?;
    let field = |name: &str| {
        fields
            .split(',')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.strip_prefix('"')?.strip_suffix('"'))
    };
    if field("mchid") != Some(MCH_ID) {
        return Err("商户号不存在");
    }
    if field("serial_no") != Some(MERCHANT_SERIAL) {
        return Err("商户证书序列号有误");
    }
    let timestamp = field("timestamp").ok_or("Http头Authorization中的timestamp不正确")?;
    let signed_at: i64 = timestamp.parse().map_err(|_| "Http头Authorization中的timestamp不正确")?;
    if world.now().seconds().abs_diff(signed_at) > TIMESTAMP_SLACK_S {
        return Err("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟");
    }
    let nonce = field("nonce_str").filter(|nonce| !nonce.is_empty()).ok_or("nonce_str缺失")?;
    let message = SignedRequest { method, target, timestamp, nonce, body }.message();
    let signature = field("signature").ok_or("signature缺失")?;
    if world.merchant.verifies(&message, signature) { Ok(()) } else { Err("错误的签名，验签失败") }
}

/// The answer with the four headers that prove it.
async fn signed(world: &World, answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    match proof(world, &body, Proof::Genuine) {
        Some(headers) => {
            parts.headers.extend(headers);
            Response::from_parts(parts, Body::from(body))
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether a signature is to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Genuine,
    Forged,
}

/// The four headers over `body`; forged, the signature is one over something else.
pub(super) fn proof(world: &World, body: &Bytes, kind: Proof) -> Option<HeaderMap> {
    let timestamp = world.now().seconds().to_string();
    let nonce = nonce();
    let signed_body: &[u8] = match kind {
        Proof::Genuine => body,
        Proof::Forged => b"something else",
    };
    let text = message(&[timestamp.as_bytes(), nonce.as_bytes(), signed_body]);
    let signature = world.platform.sign(&text)?;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("wechatpay-timestamp", timestamp.as_str()),
        ("wechatpay-nonce", &nonce),
        ("wechatpay-serial", PLATFORM_SERIAL),
        ("wechatpay-signature", &signature),
    ] {
        headers.insert(name, HeaderValue::from_str(value).ok()?);
    }
    Some(headers)
}

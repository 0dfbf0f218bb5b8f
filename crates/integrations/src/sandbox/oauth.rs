//! WeChat's side of log-in: `code=NAME` is a person of that name, `code=bad` is refused as WeChat refuses.

use std::sync::Arc;

use axum::Router;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::{APP_ID, APP_SECRET};
use super::world::World;

const OPENID_PREFIX: &str = "sandbox-";
const NAME_CHARS_MAX: usize = 32;
const NAME_BYTES_MAX: usize = 96;
/// Where the invented people say they live.
const PLACES: [(&str, &str); 4] = [("广东", "深圳"), ("浙江", "杭州"), ("四川", "成都"), ("北京", "海淀")];

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/sns/oauth2/access_token", get(access_token))
        .route("/sns/userinfo", get(userinfo))
        .with_state(world)
}

/// WeChat answers log-in with `text/plain` and always with HTTP 200.
fn answer(body: &Value) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain")], body.to_string()).into_response()
}

fn refusal(errcode: i64, errmsg: &str) -> Response {
    answer(&json!({ "errcode": errcode, "errmsg": errmsg }))
}

#[derive(Deserialize)]
struct TokenRequest {
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    grant_type: String,
}

async fn access_token(Query(request): Query<TokenRequest>) -> Response {
    if request.appid != APP_ID {
        return refusal(40013, "invalid appid");
    }
    if request.secret != APP_SECRET {
        return refusal(40125, "invalid appsecret");
    }
    if request.grant_type != "authorization_code" {
        return refusal(40002, "invalid grant_type");
    }
    let name = request.code;
    if name.is_empty() {
        return refusal(41008, "missing code");
    }
    let too_long = name.len() > NAME_BYTES_MAX || name.chars().count() > NAME_CHARS_MAX;
    if name == "bad" || too_long || name.chars().any(char::is_control) {
        return refusal(40029, "invalid code");
    }
    let openid = format!("{OPENID_PREFIX}{name}");
    answer(&json!({
        "access_token": token(&openid),
        "expires_in": 7200,
        "refresh_token": token(&format!("refresh {openid}")),
        "scope": "snsapi_userinfo",
        "unionid": unionid(&name),
        "openid": openid,
    }))
}

#[derive(Deserialize)]
struct ProfileRequest {
    #[serde(default)]
    access_token: String,
    #[serde(default)]
    openid: String,
}

async fn userinfo(Query(request): Query<ProfileRequest>) -> Response {
    let Some(name) = request.openid.strip_prefix(OPENID_PREFIX) else {
        return refusal(40003, "invalid openid");
    };
    if request.access_token != token(&request.openid) {
        return refusal(40001, "invalid credential, access_token is invalid or not latest");
    }
    // Any stable spread will do: the same name is always the same person.
    let draw = name.bytes().fold(0_usize, |sum, byte| sum + usize::from(byte));
    let (province, city) = PLACES.get(draw % PLACES.len()).copied().unwrap_or_default();
    answer(&json!({
        "openid": request.openid,
        "nickname": name,
        "sex": draw % 3,
        "language": "zh_CN",
        "province": province,
        "city": city,
        "country": "中国",
        "headimgurl": format!("https://sandbox.invalid/headimg/{}/132", URL_SAFE_NO_PAD.encode(name)),
        "privilege": [],
        "unionid": unionid(name),
    }))
}

fn unionid(name: &str) -> String {
    format!("sandbox-union-{name}")
}

/// A token that proves itself, so that none need be remembered.
fn token(subject: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, subject.as_bytes()))
}

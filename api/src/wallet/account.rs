//! `/account`: signing up, in and out.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use commerce::SignedIn;
use utoipa::ToSchema;

use super::envelope::{Answer, Done, Refused, Reply, Success};
use super::user::User;
use super::who::{self, API};
use crate::http::ask::Ask;
use crate::http::fault::Fault;
use crate::state::App;

/// No field is longer; what each must be is for the use case.
const TEXT_CHARS_MAX: usize = 512;

/// A phone and its password.
#[derive(ToSchema)]
#[schema(as = wallet::Credentials)]
struct Credentials {
    /// A mobile number of the mainland.
    #[schema(example = "13800000001")]
    phone: String,
    /// 6 to 128 characters.
    #[schema(min_length = 6, max_length = 128)]
    password: String,
}

impl Credentials {
    fn read(ask: &Ask) -> Result<Self, Fault> {
        let form = ask.form()?;
        Ok(Self {
            phone: form.need_text("phone", TEXT_CHARS_MAX)?.to_owned(),
            password: form.need_text("password", TEXT_CHARS_MAX)?.to_owned(),
        })
    }
}

/// 微信登录: signs in by WeChat and sets the cookie.
#[utoipa::path(
    get, path = "/account/signin", tag = "wallet",
    params(("code" = String, Query, description = "微信认证的code")),
    responses(
        (status = 200, description = "0, or 10001 (WeChat refuses the code; HEAD, prefetch or cross-site) or 10005",
            body = Answer<User>, headers(("Set-Cookie" = String, description = "The session"))),
        (status = 503, description = "WeChat or the store is not available", body = Refused),
    ),
)]
pub(super) async fn signin(State(app): State<App>, ask: Ask) -> Reply<Answer<User>> {
    ask.guard()?;
    let query = ask.query()?;
    let code = query.need_text("code", TEXT_CHARS_MAX)?;
    let account = app.commerce.sign_in_wechat(&ask.caller(API, None), code).await?;
    welcome(&app, &ask, account).await
}

/// 手机号密码登录: logs in by phone and password and sets the cookie.
#[utoipa::path(
    post, path = "/account/login", tag = "wallet",
    request_body(content((Credentials = "application/json"), (Credentials = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "0, or 10001 (unknown phone, wrong password, too many attempts, prefetch or cross-site) or 10005",
            body = Answer<User>, headers(("Set-Cookie" = String, description = "The session"))),
        (status = 503, description = "The store is not available", body = Refused),
    ),
)]
pub(super) async fn login(State(app): State<App>, ask: Ask) -> Reply<Answer<User>> {
    ask.guard()?;
    let Credentials { phone, password } = Credentials::read(&ask)?;
    let whose = app.commerce.log_in(&ask.caller(API, None), &phone, &password).await?;
    welcome(&app, &ask, whose).await
}

/// 手机号密码注册: opens an account and sets the cookie.
#[utoipa::path(
    post, path = "/account/signup", tag = "wallet",
    request_body(content((Credentials = "application/json"), (Credentials = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "0, or 10001 (prefetch or cross-site), 10004 (the phone has an account) or 10005",
            body = Answer<User>, headers(("Set-Cookie" = String, description = "The session"))),
        (status = 503, description = "The store is not available", body = Refused),
    ),
)]
pub(super) async fn signup(State(app): State<App>, ask: Ask) -> Reply<Answer<User>> {
    ask.guard()?;
    let Credentials { phone, password } = Credentials::read(&ask)?;
    let whose = app.commerce.sign_up(&ask.caller(API, None), &phone, &password).await?;
    welcome(&app, &ask, whose).await
}

/// 登出: ends the session; without one there is nothing to end.
#[utoipa::path(
    get, path = "/account/signout", tag = "wallet",
    responses(
        (status = 200, description = "0, or 10001 (HEAD, prefetch or cross-site)", body = Done),
        (status = 503, description = "The store is not available", body = Refused),
    ),
    security((), ("session" = [])),
)]
pub(super) async fn signout(State(app): State<App>, ask: Ask) -> Reply<Done> {
    ask.guard()?;
    for token in who::tokens(&ask) {
        app.commerce.end_session(token).await?;
    }
    Ok(Success::done().with(SET_COOKIE, who::cookie(&app, "")))
}

/// The session, and who it belongs to.
async fn welcome(app: &App, ask: &Ask, whose: impl Into<SignedIn>) -> Reply<Answer<User>> {
    let whose = whose.into();
    let user = app.commerce.profile(&ask.caller(API, Some(whose.account)), whose.account).await?;
    let token = app.commerce.open_session(whose, who::SESSION_LIFETIME_S).await?;
    Ok(Success::of(user.into()).with(SET_COOKIE, who::cookie(app, token.reveal())))
}

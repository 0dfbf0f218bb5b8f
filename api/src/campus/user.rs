//! `POST /api/external/user`: logging in, signing up, logging out.

use axum::extract::State;
use axum::response::Response;
use commerce::SignedIn;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Call, calls};
use super::envelope::{self, Failure, Nothing, Reply, Success};
use super::fields::request;
use super::kinds::Text;
use super::who::{self, API};
use crate::http::ask::Ask;
use crate::state::App;

request! {
    /// 登录: by phone and password.
    Login("user", "login"), missing DataKey {
        /// 手机号
        phone: Required Text<64>,
        /// 密码, 6 to 128 characters
        password: Required Text<128>,
    }
}

request! {
    /// 注册: with the proof that the phone is one's own. Who signed up elsewhere without one loses the phone to whoever proves it.
    Signup("user", "signup"), missing DataKey {
        /// 手机号, of the mainland
        phone: Required Text<64>,
        /// 密码, 6 to 128 characters
        password: Required Text<128>,
        /// MD5 of the code that the phone got and its rand
        hash: Required Text<64>,
    }
}

request! {
    /// 登出: ends the session of the token in the address.
    Logout("user", "logout"), missing DataKey {}
}

/// A session.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Session)]
struct Session {
    /// To be given as `?token=`; lasts 30 days
    token: String,
    /// The account's id
    user_id: u64,
}

calls! {
    /// What can be asked of `/api/external/user`.
    UserCall asks UserAsks answers UserAnswers {
        Login: Login => Session,
        Signup: Signup => Session,
        Logout: Logout => Nothing,
    }
}

/// 登录, 注册, 登出
#[utoipa::path(
    post, path = "/api/external/user", tag = "campus", extensions(("x-extension" = json!(true))),
    params(("token" = Option<String>, Query, description = "Needed by logout")),
    request_body = UserAsks,
    responses((status = 200, body = UserAnswers, description = "0, -1, -2, -3, -4 (signup: the hash is \
        wrong, expired, used or locked), -100 (logout), -101 (logout), -201, -203, -204 (login also: unknown phone, wrong \
        password or too many attempts, without naming a field), or 100 (signup: the phone has an account that proved it)")),
    security((), ("token" = [])),
)]
pub(super) async fn user(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, |call| dispatch(&app, &ask, call)).await
}

async fn dispatch(app: &App, ask: &Ask, call: Call) -> Reply {
    match UserCall::of(&call)? {
        UserCall::Login => log_in(app, ask, call.data()?).await,
        UserCall::Signup => sign_up(app, ask, call.data()?).await,
        UserCall::Logout => log_out(app, ask, &call).await,
    }
}

async fn log_in(app: &App, ask: &Ask, login: Login) -> Reply {
    let Login { phone, password } = login;
    let whose = app.commerce.log_in(&ask.caller(API, None), &phone, &password).await;
    // Nothing says which of the two is wrong.
    let whose = whose.map_err(|error| Failure::from(error).without_field())?;
    welcome(app, whose).await
}

async fn sign_up(app: &App, ask: &Ask, signup: Signup) -> Reply {
    let Signup { phone, password, hash } = signup;
    welcome(app, app.commerce.sign_up_proved(&ask.caller(API, None), &phone, &password, &hash).await?).await
}

async fn log_out(app: &App, ask: &Ask, call: &Call) -> Reply {
    who::signed_in(app, ask).await?;
    let Logout {} = call.data()?;
    app.commerce.end_session(&who::token(ask)?).await?;
    Success::done()
}

/// A new session.
async fn welcome(app: &App, whose: SignedIn) -> Reply {
    let account = whose.account;
    let token = app.commerce.open_session(whose, who::SESSION_LIFETIME_S).await?;
    Success::of(&Session { token: token.reveal().to_owned(), user_id: account.get() })
}

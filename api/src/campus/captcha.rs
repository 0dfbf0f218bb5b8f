//! `POST /api/external/captcha`: pictures of codes, and codes to phones.

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use commerce::Error;
use kernel::{Coded as _, ErrorCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Call, calls};
use super::codes::Code;
use super::envelope::{self, Failure, Nothing, Reply, Success};
use super::fields::request;
use super::kinds::Text;
use crate::http::ask::Ask;
use crate::state::App;

request! {
    /// 登录图片验证码: a picture of a code, good for five minutes.
    ImgGenerate("img", "generate"), missing DataKey {}
}

request! {
    /// 图片验证码校验: uses the picture up.
    ImgValidate("img", "validate"), missing DataKey {
        /// MD5 of the code in lower case and its rand
        hash: Required Text<64>,
    }
}

request! {
    /// 注册手机验证码: sends a code that is good for three minutes; uses the picture up.
    SmsGenerate("sms", "generate"), missing DataKey {
        /// 手机号, of the mainland
        phone: Required Text<128>,
        /// MD5 of the picture's code in lower case and its rand
        hash: Required Text<64>,
    }
}

/// A picture of a code.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Captcha)]
struct Captcha {
    /// PNG in base64
    imgdata: String,
    /// 随机文本
    #[schema(example = "CST43x9K")]
    rand: String,
}

/// A code is on its way.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::SmsSent)]
struct SmsSent {
    /// 随机文本: `hash` is the MD5 of the code and this
    #[schema(example = "DSf4s0aB")]
    rand: String,
}

calls! {
    /// What can be asked of `/api/external/captcha`.
    CaptchaCall asks CaptchaAsks answers CaptchaAnswers {
        Generate: ImgGenerate => Captcha,
        Validate: ImgValidate => Nothing,
        Sms: SmsGenerate => SmsSent,
    }
}

/// 登录图片验证码, 图片验证码校验, 注册手机验证码
#[utoipa::path(
    post, path = "/api/external/captcha", tag = "campus",
    request_body = CaptchaAsks,
    responses((status = 200, body = CaptchaAnswers, description = "0, -1 (validate also: the hash is wrong, expired or used), \
        -2, -3, -4 (sms: as that), -201, -203, -204, -404 (validate, sms: what holds them does not answer), 1000 (generate: likewise), 1016 (sms: no mobile number of the mainland), 1024 (sms: more than \
        five in ten minutes) or another number of Tencent Cloud's SMS documents")),
)]
pub(super) async fn captcha(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, |call| dispatch(&app, &ask, call)).await
}

async fn dispatch(app: &App, ask: &Ask, call: Call) -> Reply {
    match CaptchaCall::of(&call)? {
        CaptchaCall::Generate => generate(app, call.data()?).await,
        CaptchaCall::Validate => validate(app, ask, call.data()?).await,
        CaptchaCall::Sms => send(app, ask, call.data()?).await,
    }
}

async fn generate(app: &App, _: ImgGenerate) -> Reply {
    let drawn = app.commerce.draw_captcha().await.map_err(|error| kept(error, Code::CaptchaFailed))?;
    Success::of(&Captcha { imgdata: STANDARD.encode(drawn.png), rand: drawn.rand })
}

async fn validate(app: &App, ask: &Ask, asked: ImgValidate) -> Reply {
    let used = app.commerce.use_captcha(ask.address(), &asked.hash).await;
    used.map_err(|error| {
        kept(error, Code::Unknown)
            .recoded(|code| if code == Code::Hash { Code::CaptchaMismatch } else { code })
            .without_field()
    })?;
    Success::done()
}

async fn send(app: &App, ask: &Ask, asked: SmsGenerate) -> Reply {
    let SmsGenerate { phone, hash } = asked;
    let sent = app.commerce.send_sms_code(ask.address(), &phone, &hash).await;
    Success::of(&SmsSent { rand: sent.map_err(|error| kept(error, Code::Unknown))? })
}

/// Where what holds captchas and codes does not answer, the document has a status for it.
fn kept(error: Error, unanswered: Code) -> Failure {
    if error.code() == ErrorCode::StoreUnavailable { Failure::of(unanswered) } else { error.into() }
}

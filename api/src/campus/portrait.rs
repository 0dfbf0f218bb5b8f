//! `POST /api/external/portrait`: one's own portrait.

use axum::extract::State;
use axum::response::Response;
use commerce::{NewPicture, PictureKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::{Call, calls};
use super::codes::Code;
use super::envelope::{self, Failure, Reply, Success};
use super::fields::request;
use super::kinds::Text;
use super::{PICTURE_BODY_BYTES_MAX, who};
use crate::http::ask::Ask;
use crate::state::App;

request! {
    /// 上传头像: in place of the one before.
    Upload("portrait", "upload"), missing DataKey {
        /// The file's name; not used
        name: RequiredOrEmpty Text<255>,
        /// 账号id: the token's own
        id: Required Text<20>,
        /// 图片base64数据: PNG, JPEG, GIF or WebP, 1,024 KB at most
        base64: Required Text<PICTURE_BODY_BYTES_MAX>,
        /// What it is: `png` or `image/png`, and so on
        r#type: Required Text<32>,
    }
}

/// Where a picture is.
#[derive(Serialize, ToSchema)]
#[schema(as = campus::Picture)]
pub(super) struct Picture {
    /// Where it is shown
    #[schema(example = "./api/external/get/pic/property/a5466a1ce75e8043ab3bf5689fdec4aa")]
    pub(super) url: String,
}

calls! {
    /// What can be asked of `/api/external/portrait`.
    PortraitCall asks PortraitAsks answers PortraitAnswers {
        Upload: Upload => Picture,
    }
}

/// 上传头像
#[utoipa::path(
    post, path = "/api/external/portrait", tag = "campus",
    params(
        ("token" = String, Query, description = "用户token"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = PortraitAsks,
    responses((status = 200, body = PortraitAnswers, description = "0, -1, -2, -3, -100, -101, -102, -201, -203, -204 (another's \
        id; base64 that is no picture, too large, or of another type) or -500")),
    security(("token" = [])),
)]
pub(super) async fn portrait(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, |call| dispatch(&app, &ask, call)).await
}

async fn dispatch(app: &App, ask: &Ask, call: Call) -> Reply {
    match PortraitCall::of(&call)? {
        PortraitCall::Upload => upload(app, ask, call).await,
    }
}

async fn upload(app: &App, ask: &Ask, call: Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Upload { name, id, base64, r#type } = call.data()?;
    tracing::debug!(is_named = name.is_some(), characters = base64.len(), "a portrait is brought");
    if caller.account.is_none_or(|account| account.to_string() != id) {
        return Err(Failure::at(Code::Value, "id"));
    }
    let url = format!("./api/external/get/portrait/{id}");
    let new = NewPicture { kind: PictureKind::Portrait, name: Some(id), base64, format: Some(r#type) };
    app.commerce.keep_picture(&caller, new).await?;
    Success::of(&Picture { url })
}

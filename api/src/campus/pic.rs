//! `POST /api/external/pic`: pictures of things, shops and products.

use axum::extract::State;
use axum::response::Response;
use commerce::{NewPicture, PictureKind};

use super::call::{Call, calls};
use super::codes::Code;
use super::envelope::{self, Failure, Reply, Success};
use super::fields::request;
use super::kinds::Text;
use super::portrait::Picture;
use super::{PICTURE_BODY_BYTES_MAX, who};
use crate::http::ask::Ask;
use crate::http::percent::encode_segment;
use crate::state::App;

request! {
    /// 上传图片
    Upload("pic", "upload"), missing DataKey {
        /// 图片来源: `property`, `shop`, `product` or `portrait`
        from: Required Text<32>,
        /// 图片base64数据: PNG, JPEG, GIF or WebP, 1,024 KB at most
        base64: Required Text<PICTURE_BODY_BYTES_MAX>,
        /// The name to get it by; the MD5 of its bytes if it is missing. A portrait's is one's own account id
        name: Optional Text<100>,
    }
}

calls! {
    /// What can be asked of `/api/external/pic`.
    PicCall asks PicAsks answers PicAnswers {
        Upload: Upload => Picture,
    }
}

/// 上传图片
#[utoipa::path(
    post, path = "/api/external/pic", tag = "campus",
    params(
        ("token" = String, Query, description = "用户token"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters"),
    ),
    request_body = PicAsks,
    responses((status = 200, body = PicAnswers, description = "0, -1, -2, -3, -100, -101, -102, -201, -203, -204 (an unknown \
        source; base64 that is no picture or too large; a name that is no name or belongs to another's picture) or -500")),
    security(("token" = [])),
)]
pub(super) async fn pic(State(app): State<App>, ask: Ask) -> Response {
    envelope::answer(&ask, |call| dispatch(&app, &ask, call)).await
}

async fn dispatch(app: &App, ask: &Ask, call: Call) -> Reply {
    match PicCall::of(&call)? {
        PicCall::Upload => upload(app, ask, call).await,
    }
}

async fn upload(app: &App, ask: &Ask, call: Call) -> Reply {
    let caller = who::writing(app, ask).await?;
    let Upload { from, base64, name } = call.data()?;
    let kind = PictureKind::from_word(&from).ok_or_else(|| Failure::at(Code::Value, "from"))?;
    let new = NewPicture { kind, name, base64, format: None };
    let name = app.commerce.keep_picture(&caller, new).await?;
    Success::of(&Picture { url: format!("./api/external/get/pic/{from}/{}", encode_segment(&name)) })
}

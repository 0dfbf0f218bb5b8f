//! `GET /api/external/get/portrait/{id}` and `get/pic/{j_from}/{name}`: always a picture.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use commerce::{BuiltInPicture, PictureKind, StoredPicture};
use kernel::AccountId;

use super::envelope::Failure;
use crate::http::ask::Ask;
use crate::http::fault::Transport;
use crate::state::App;

/// The longest part of a path that can name a picture.
const NAME_CHARS_MAX: usize = 512;
/// A picture that is called by the MD5 of its bytes is always that one.
const FOR_LONG: &str = "public, max-age=86400";
/// Any other may be another soon; its tag tells.
const ASK_AGAIN: &str = "no-cache";

/// 获取头像
#[utoipa::path(
    get, path = "/api/external/get/portrait/{id}", tag = "campus",
    params(("id" = String, Path, description = "账号id")),
    responses(
        (status = 200, content_type = "image/png", body = Vec<u8>, description = "The portrait (PNG, JPEG, GIF or WebP); the \
            default one if there is none; the error picture if the id is none; the ban picture on foreign pages"),
        (status = 304, description = "Still the one that If-None-Match names"),
    ),
)]
pub(super) async fn get_portrait(State(app): State<App>, ask: Ask) -> Response {
    let id: Option<AccountId> = ask.path_id("id", 4).ok();
    let key = id.map(|id| (PictureKind::Portrait, id.to_string()));
    show(&app, &ask, key, BuiltInPicture::DefaultAvatar).await
}

/// 获取图片
#[utoipa::path(
    get, path = "/api/external/get/pic/{j_from}/{name}", tag = "campus",
    params(
        ("j_from" = String, Path, description = "图片来源: property, shop, product, portrait"),
        ("name" = String, Path, description = "图片名称"),
    ),
    responses(
        (status = 200, content_type = "image/png", body = Vec<u8>, description = "The picture (PNG, JPEG, GIF or WebP); the error \
            picture if there is none; the ban picture on foreign pages"),
        (status = 304, description = "Still the one that If-None-Match names"),
    ),
)]
pub(super) async fn get_pic(State(app): State<App>, ask: Ask) -> Response {
    let kind = ask.path_text("j_from", 4, NAME_CHARS_MAX).ok().and_then(|from| PictureKind::from_word(&from));
    let name = ask.path_text("name", 5, NAME_CHARS_MAX).ok();
    show(&app, &ask, kind.zip(name), BuiltInPicture::Error).await
}

/// The picture under that key, `or_else` if there is none, the error picture if there is no key.
async fn show(app: &App, ask: &Ask, key: Option<(PictureKind, String)>, or_else: BuiltInPicture) -> Response {
    let built_in = |which| match app.commerce.built_in_picture(which) {
        Ok(picture) => send(picture, ASK_AGAIN, &ask.headers),
        Err(error) => super::envelope::render(super::envelope::NO_ID, Err(Failure::from(error))),
    };
    if ask.is_from_foreign_page(&app.config.referer_hosts) {
        return built_in(BuiltInPicture::Ban);
    }
    let Some((kind, name)) = key else { return built_in(BuiltInPicture::Error) };
    match app.commerce.picture(kind, &name).await {
        Ok(Some(picture)) => {
            let is_its_own_name = picture.etag.trim_matches('"') == name;
            send(&picture, if is_its_own_name { FOR_LONG } else { ASK_AGAIN }, &ask.headers)
        }
        Ok(None) => built_in(or_else),
        // What is wrong is in the process's log; who looks at a page sees that a picture is missing.
        Err(_) => built_in(BuiltInPicture::Error),
    }
}

fn send(picture: &StoredPicture, caching: &'static str, asked: &HeaderMap) -> Response {
    let Ok(etag) = HeaderValue::from_str(&picture.etag) else {
        return super::envelope::transport(Transport::Internal);
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(picture.format.content_type())),
        (CACHE_CONTROL, HeaderValue::from_static(caching)),
        (VARY, HeaderValue::from_static("Referer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (ETAG, etag),
    ];
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let mut known = known.flat_map(|tags| tags.split(',')).map(|tag| tag.trim().trim_start_matches("W/"));
    if known.any(|tag| tag == picture.etag || tag == "*") {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Body::from(picture.bytes.clone())).into_response()
}

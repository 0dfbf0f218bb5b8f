//! How WeChat Pay wants to be answered: a word, and why if it is FAIL.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::json;

/// The answer to a notice.
#[derive(Serialize, ToSchema)]
pub(crate) struct Taken {
    /// `SUCCESS` or `FAIL`.
    code: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The notice is taken care of, now or before.
pub(super) fn taken() -> Response {
    json::answer(StatusCode::OK, &Taken { code: "SUCCESS", message: None })
}

/// The notice is not taken; WeChat Pay sends it again.
pub(super) fn refused(status: StatusCode, message: &str) -> Response {
    json::answer(status, &Taken { code: "FAIL", message: Some(message.to_owned()) })
}

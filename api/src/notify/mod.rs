//! What WeChat tells us by itself: payments. The way there and back is WeChat Pay's, version 3.

mod codes;
mod envelope;

use axum::extract::State;
use axum::response::Response;
use commerce::NoticeHeaders;
use kernel::{Coded as _, ErrorCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::ask::Ask;
use crate::http::face::Face;
use crate::http::fault::{Fault, Transport};
use crate::state::App;
use envelope::{Taken, refused, taken};

/// The notices as the floor sees them.
pub(crate) const FACE: Face =
    Face { name: "notify", render: |transport| refused(transport.status(), transport.reason()) };

/// The routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(wechat_pay))
}

/// WeChat Pay's notice of a payment.
///
/// The signature is verified, the content decrypted, the amount compared; a repeated notice changes nothing. Whatever
/// is not answered with SUCCESS is sent again by WeChat Pay.
#[utoipa::path(
    post, path = "/notify/wechat/pay", tag = "notify", extensions(("x-extension" = json!(true))),
    params(
        ("Wechatpay-Timestamp" = String, Header, description = "Seconds since 1970, within five minutes of now"),
        ("Wechatpay-Nonce" = String, Header, description = "A random text"),
        ("Wechatpay-Serial" = String, Header, description = "Which key signed"),
        ("Wechatpay-Signature" = String, Header, description = "RSA-SHA256 over timestamp, nonce and body, base64"),
    ),
    request_body(content = String, content_type = "application/json", description = "The encrypted notice"),
    responses(
        (status = 200, description = "SUCCESS: it is on the books", body = Taken),
        (status = 401, description = "FAIL: forged, damaged or too old", body = Taken),
        (status = 404, description = "FAIL: no such order", body = Taken),
        (status = 409, description = "FAIL: another amount or state than the order's", body = Taken),
        (status = 503, description = "FAIL: not available just now", body = Taken),
    ),
)]
async fn wechat_pay(State(app): State<App>, ask: Ask) -> Response {
    let body = match ask.body() {
        Ok(body) => body,
        Err(Fault::Transport(transport)) => return (FACE.render)(transport),
        Err(Fault::Refused { code, message }) => return refused(codes::of(code), &message),
    };
    let headers = match NoticeHeaders::from_headers(&ask.headers) {
        Ok(headers) => headers,
        Err(error) => return refused(codes::of(ErrorCode::NoticeRefused), &error.to_string()),
    };
    match app.commerce.take_payment_notice(&ask.caller("notify", None), &headers, body).await {
        Ok(()) => taken(),
        Err(error) => {
            let status = codes::of(error.code());
            let reason = error.to_string();
            let is_told = error.code() == ErrorCode::ReadOnly || !status.is_server_error();
            refused(status, if is_told { &reason } else { Transport::Unavailable.reason() })
        }
    }
}

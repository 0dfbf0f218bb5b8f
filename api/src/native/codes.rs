//! The one match from error codes to HTTP statuses and titles.

use axum::http::StatusCode;
use kernel::ErrorCode;

/// The status that says it, and what it is called.
#[expect(clippy::too_many_lines, reason = "one total match, a line a code")]
pub(super) const fn of(code: ErrorCode) -> (StatusCode, &'static str) {
    match code {
        ErrorCode::InvalidParameter => (StatusCode::BAD_REQUEST, "A parameter cannot be accepted"),
        ErrorCode::UnsafeRequest => (StatusCode::BAD_REQUEST, "The request came in a way that does nothing"),
        ErrorCode::BillRefused => (StatusCode::BAD_REQUEST, "The file is no bill"),
        ErrorCode::WechatCodeRefused => (StatusCode::BAD_REQUEST, "WeChat refuses the code"),
        ErrorCode::NoticeRefused => (StatusCode::BAD_REQUEST, "The notice is forged or damaged"),
        ErrorCode::SessionRequired => (StatusCode::UNAUTHORIZED, "A session is needed"),
        ErrorCode::WrongCredentials => (StatusCode::UNAUTHORIZED, "Unknown name or wrong password"),
        ErrorCode::CodeRefused => (StatusCode::BAD_REQUEST, "The code is wrong or used up"),
        ErrorCode::PhoneUnusable => (StatusCode::BAD_REQUEST, "No text messages are sent to that phone"),
        ErrorCode::SmsLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many text messages"),
        ErrorCode::Forbidden
        | ErrorCode::NotOwner
        | ErrorCode::PurchaseNotYours
        | ErrorCode::NoticeNotOwned => (StatusCode::FORBIDDEN, "The session may not do that"),
        ErrorCode::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, "Too many wrong attempts"),
        ErrorCode::MomentUnknown => (StatusCode::NOT_FOUND, "The log knows nothing of that moment"),
        ErrorCode::BookAccountUnknown => (StatusCode::NOT_FOUND, "The books know no such account"),
        ErrorCode::AccountUnknown => (StatusCode::NOT_FOUND, "No such account"),
        ErrorCode::StreamUnknown => (StatusCode::NOT_FOUND, "No such stream"),
        ErrorCode::ProjectionUnknown => (StatusCode::NOT_FOUND, "No such projection"),
        ErrorCode::ProductUnknown
        | ErrorCode::ShopUnknown
        | ErrorCode::LineUnknown
        | ErrorCode::PurchaseUnknown
        | ErrorCode::NoticeUnknown
        | ErrorCode::RechargeItemUnknown
        | ErrorCode::RechargeUnknown => (StatusCode::NOT_FOUND, "There is no such thing"),
        ErrorCode::AccountErased => (StatusCode::GONE, "The account was erased"),
        ErrorCode::ProjectionStopped => (StatusCode::CONFLICT, "A projection cannot digest an event"),
        ErrorCode::IdempotencyKeyReused
        | ErrorCode::IdentityTaken
        | ErrorCode::AccountExists
        | ErrorCode::IdentityNotHeld
        | ErrorCode::LowBalance
        | ErrorCode::LowCoupon
        | ErrorCode::AmountOutOfRange
        | ErrorCode::ProductDelisted
        | ErrorCode::ProductExists
        | ErrorCode::ShopExists
        | ErrorCode::CartEmpty
        | ErrorCode::CartFull
        | ErrorCode::PurchaseExists
        | ErrorCode::ShopNameTaken
        | ErrorCode::ShopsCapped
        | ErrorCode::ProductElsewhere
        | ErrorCode::UnitPriceMismatch
        | ErrorCode::TotalMismatch
        | ErrorCode::PurchaseNotPaying
        | ErrorCode::NoticeExists
        | ErrorCode::SmsRefused
        | ErrorCode::CaptchaFailed
        | ErrorCode::PictureTaken
        | ErrorCode::PictureNotStored
        | ErrorCode::RechargeItemDelisted
        | ErrorCode::RechargeItemExists
        | ErrorCode::RechargeExists
        | ErrorCode::RechargeAmountMismatch
        | ErrorCode::RechargeWrongState
        | ErrorCode::NoFreeId => (StatusCode::CONFLICT, "The state of things does not allow that"),
        ErrorCode::ReadOnly => (StatusCode::SERVICE_UNAVAILABLE, "This server only reads"),
        ErrorCode::TooManyAtOnce => (StatusCode::SERVICE_UNAVAILABLE, "Too many at once"),
        ErrorCode::StoreUnavailable
        | ErrorCode::Overloaded
        | ErrorCode::GatewayUnavailable
        | ErrorCode::ViewsLagging => (StatusCode::SERVICE_UNAVAILABLE, "Not available just now"),
        ErrorCode::LogBreached => (StatusCode::INTERNAL_SERVER_ERROR, "The log is not as it must be"),
        ErrorCode::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong here"),
    }
}

#[cfg(test)]
mod tests {
    use kernel::ErrorCode;

    use super::of;

    #[test]
    fn no_failure_looks_like_success() {
        for code in ErrorCode::ALL {
            let (status, title) = of(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code:?}");
            let is_ours = code.is_transient() || *code == ErrorCode::LogBreached;
            assert_eq!(status.is_server_error(), is_ours, "{code:?}");
            assert!(!title.is_empty() && !title.ends_with('.'), "{code:?}");
        }
    }
}

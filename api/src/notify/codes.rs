//! The one match from error codes to the HTTP statuses that WeChat Pay reads.

use axum::http::StatusCode;
use kernel::ErrorCode;

/// The status that says it. All of them make WeChat Pay send the notice again.
#[expect(clippy::too_many_lines, reason = "one total match, a line a code")]
pub(super) const fn of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidParameter | ErrorCode::IdempotencyKeyReused | ErrorCode::UnsafeRequest => {
            StatusCode::BAD_REQUEST
        }
        ErrorCode::NoticeRefused
        | ErrorCode::SessionRequired
        | ErrorCode::WrongCredentials
        | ErrorCode::TooManyAttempts
        | ErrorCode::Forbidden
        | ErrorCode::WechatCodeRefused => StatusCode::UNAUTHORIZED,
        ErrorCode::RechargeUnknown
        | ErrorCode::AccountUnknown
        | ErrorCode::ProductUnknown
        | ErrorCode::ShopUnknown
        | ErrorCode::LineUnknown
        | ErrorCode::PurchaseUnknown
        | ErrorCode::RechargeItemUnknown
        | ErrorCode::NoticeUnknown
        | ErrorCode::MomentUnknown
        | ErrorCode::BookAccountUnknown
        | ErrorCode::StreamUnknown
        | ErrorCode::ProjectionUnknown => StatusCode::NOT_FOUND,
        ErrorCode::RechargeAmountMismatch
        | ErrorCode::RechargeWrongState
        | ErrorCode::RechargeExists
        | ErrorCode::NoticeExists
        | ErrorCode::NoticeNotOwned
        | ErrorCode::RechargeItemDelisted
        | ErrorCode::RechargeItemExists
        | ErrorCode::IdentityTaken
        | ErrorCode::IdentityNotHeld
        | ErrorCode::AccountExists
        | ErrorCode::AccountErased
        | ErrorCode::LowBalance
        | ErrorCode::LowCoupon
        | ErrorCode::AmountOutOfRange
        | ErrorCode::ProductDelisted
        | ErrorCode::ProductExists
        | ErrorCode::ShopExists
        | ErrorCode::NotOwner
        | ErrorCode::ShopNameTaken
        | ErrorCode::ShopsCapped
        | ErrorCode::ProductElsewhere
        | ErrorCode::UnitPriceMismatch
        | ErrorCode::TotalMismatch
        | ErrorCode::PurchaseNotYours
        | ErrorCode::PurchaseNotPaying
        | ErrorCode::CartEmpty
        | ErrorCode::CartFull
        | ErrorCode::PurchaseExists
        | ErrorCode::CodeRefused
        | ErrorCode::PhoneUnusable
        | ErrorCode::SmsLimited
        | ErrorCode::SmsRefused
        | ErrorCode::CaptchaFailed
        | ErrorCode::PictureTaken
        | ErrorCode::PictureNotStored
        | ErrorCode::NoFreeId
        | ErrorCode::LogBreached
        | ErrorCode::BillRefused
        | ErrorCode::ProjectionStopped => StatusCode::CONFLICT,
        ErrorCode::StoreUnavailable
        | ErrorCode::Overloaded
        | ErrorCode::GatewayUnavailable
        | ErrorCode::ViewsLagging
        | ErrorCode::TooManyAtOnce
        | ErrorCode::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use kernel::ErrorCode;

    #[test]
    fn no_failure_looks_like_success() {
        for code in ErrorCode::ALL {
            let status = super::of(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code:?}");
            assert_eq!(status.is_server_error(), code.is_transient(), "{code:?}");
        }
    }
}

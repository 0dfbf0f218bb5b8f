//! The document's codes, and the one match from error codes to them.

use kernel::ErrorCode;

use crate::http::fault::Transport;

/// The document's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Code {
    /// SUCCESS
    Success = 0,
    /// OPERATE_ERROR
    OperateError = 10001,
    /// DATA_NOT_EXIST
    DataNotExist = 10002,
    /// AUTH_REQUIRED
    AuthRequired = 10003,
    /// DUPLICATE_DATA
    DuplicateData = 10004,
    /// PARAMETER_ERROR
    ParameterError = 10005,
    /// LOW_BALANCE
    LowBalance = 10006,
}

impl Code {
    /// As it stands in the body.
    pub(super) const fn number(self) -> u16 {
        self as u16
    }
}

/// The document's code, and the HTTP failure where it is one: everything else is HTTP 200.
#[expect(clippy::too_many_lines, reason = "one total match, a line a code")]
pub(super) const fn of(code: ErrorCode) -> (Code, Option<Transport>) {
    let outcome = match code {
        ErrorCode::InvalidParameter | ErrorCode::IdempotencyKeyReused => Code::ParameterError,
        // Whose account was erased has no session any more.
        ErrorCode::SessionRequired | ErrorCode::AccountErased => Code::AuthRequired,
        ErrorCode::LowBalance | ErrorCode::LowCoupon => Code::LowBalance,
        ErrorCode::IdentityTaken
        | ErrorCode::AccountExists
        | ErrorCode::ProductExists
        | ErrorCode::ShopExists
        | ErrorCode::PurchaseExists
        | ErrorCode::ShopNameTaken
        | ErrorCode::RechargeItemExists
        | ErrorCode::RechargeExists
        | ErrorCode::NoticeExists => Code::DuplicateData,
        ErrorCode::AccountUnknown
        | ErrorCode::ProductUnknown
        | ErrorCode::ShopUnknown
        | ErrorCode::CartEmpty
        | ErrorCode::LineUnknown
        | ErrorCode::PurchaseUnknown
        | ErrorCode::RechargeItemUnknown
        | ErrorCode::RechargeUnknown
        | ErrorCode::NoticeUnknown
        | ErrorCode::MomentUnknown
        | ErrorCode::BookAccountUnknown
        | ErrorCode::StreamUnknown
        | ErrorCode::ProjectionUnknown => Code::DataNotExist,
        ErrorCode::UnsafeRequest
        | ErrorCode::WrongCredentials
        | ErrorCode::TooManyAttempts
        | ErrorCode::Forbidden
        | ErrorCode::WechatCodeRefused
        | ErrorCode::IdentityNotHeld
        | ErrorCode::AmountOutOfRange
        | ErrorCode::ProductDelisted
        | ErrorCode::NotOwner
        | ErrorCode::ShopsCapped
        | ErrorCode::ProductElsewhere
        | ErrorCode::UnitPriceMismatch
        | ErrorCode::TotalMismatch
        | ErrorCode::PurchaseNotYours
        | ErrorCode::PurchaseNotPaying
        | ErrorCode::CartFull
        | ErrorCode::RechargeItemDelisted
        | ErrorCode::RechargeAmountMismatch
        | ErrorCode::RechargeWrongState
        | ErrorCode::NoticeNotOwned
        | ErrorCode::NoticeRefused
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
        | ErrorCode::ProjectionStopped => Code::OperateError,
        ErrorCode::StoreUnavailable
        | ErrorCode::Overloaded
        | ErrorCode::GatewayUnavailable
        | ErrorCode::ViewsLagging
        | ErrorCode::TooManyAtOnce => return (Code::OperateError, Some(Transport::Unavailable)),
        ErrorCode::ReadOnly => return (Code::OperateError, Some(Transport::ReadOnly)),
        ErrorCode::Internal => return (Code::OperateError, Some(Transport::Internal)),
    };
    (outcome, None)
}

/// The code beside a failure of the transport.
pub(super) const fn of_transport(transport: Transport) -> Code {
    match transport {
        Transport::BodyTooLarge | Transport::UnsupportedMediaType => Code::ParameterError,
        Transport::UnknownPath
        | Transport::MethodNotAllowed
        | Transport::Internal
        | Transport::Unavailable
        | Transport::ReadOnly => Code::OperateError,
    }
}

#[cfg(test)]
mod tests {
    use kernel::ErrorCode;

    use super::{Code, Transport, of, of_transport};

    #[test]
    fn codes_are_the_documents() {
        let numbers = [
            Code::Success,
            Code::OperateError,
            Code::DataNotExist,
            Code::AuthRequired,
            Code::DuplicateData,
            Code::ParameterError,
            Code::LowBalance,
        ]
        .map(Code::number);
        assert_eq!(numbers, [0, 10001, 10002, 10003, 10004, 10005, 10006]);
    }

    #[test]
    fn only_what_may_pass_is_an_http_failure() {
        for code in ErrorCode::ALL {
            let (outcome, transport) = of(*code);
            assert_ne!(outcome, Code::Success, "{code:?}");
            assert_eq!(transport.is_some(), code.is_transient(), "{code:?}");
        }
        assert_eq!(of(ErrorCode::Internal).1, Some(Transport::Internal));
        assert_eq!(of(ErrorCode::ReadOnly), (Code::OperateError, Some(Transport::ReadOnly)));
    }

    #[test]
    fn outcomes_are_told_apart() {
        for (code, outcome) in [
            (ErrorCode::SessionRequired, Code::AuthRequired),
            (ErrorCode::ProductUnknown, Code::DataNotExist),
            (ErrorCode::CartEmpty, Code::DataNotExist),
            (ErrorCode::IdentityTaken, Code::DuplicateData),
            (ErrorCode::InvalidParameter, Code::ParameterError),
            (ErrorCode::IdempotencyKeyReused, Code::ParameterError),
            (ErrorCode::LowBalance, Code::LowBalance),
            (ErrorCode::LowCoupon, Code::LowBalance),
            (ErrorCode::WrongCredentials, Code::OperateError),
            (ErrorCode::WechatCodeRefused, Code::OperateError),
            (ErrorCode::ProductDelisted, Code::OperateError),
            (ErrorCode::UnsafeRequest, Code::OperateError),
        ] {
            assert_eq!(of(code), (outcome, None), "{code:?}");
        }
        assert_eq!(of_transport(Transport::BodyTooLarge), Code::ParameterError);
        assert_eq!(of_transport(Transport::UnsupportedMediaType), Code::ParameterError);
        assert_eq!(of_transport(Transport::UnknownPath), Code::OperateError);
    }
}

//! What can go wrong with WeChat Pay. Every message names the field, none the data.

use kernel::{Coded, ErrorCode};

use crate::http::GatewayError;

/// Why a call to WeChat Pay gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// No usable answer: whether the call had an effect is unknown. It may be repeated.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The answer is not proven to be WeChat Pay's.
    #[error("the answer of WeChat Pay is not proven: {0}")]
    Answer(#[from] SignatureError),
    /// The answer speaks of another merchant, app or order.
    #[error("the answer of WeChat Pay is about another {field}")]
    Foreign {
        /// Which field differs.
        field: &'static str,
    },
    /// What was asked cannot be sent; nothing was.
    #[error("{field} does not fit WeChat Pay's rules")]
    Invalid {
        /// Which field.
        field: &'static str,
    },
    /// The request could not be signed.
    #[error("the request could not be signed")]
    Signing,
    /// WeChat Pay knows no such order.
    #[error("WeChat Pay knows no such order")]
    OrderUnknown,
    /// The order was paid already.
    #[error("the order was paid already")]
    OrderPaid,
    /// The order was closed.
    #[error("the order was closed")]
    OrderClosed,
    /// The order number was used before with other parameters.
    #[error("the order number was used before with other parameters")]
    OrderNumberUsed,
    /// WeChat Pay refused for another reason.
    #[error("WeChat Pay refused: {code} (HTTP status {status})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// WeChat Pay's own code, such as `SYSTEM_ERROR`.
        code: String,
    },
}

/// Why a message is not proven to come from WeChat Pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing or is no plain text.
    #[error("the header {name} is missing or does not read")]
    Header {
        /// Its name.
        name: &'static str,
    },
    /// The timestamp is more than five minutes away from now.
    #[error("the header Wechatpay-Timestamp is more than five minutes off")]
    Stale,
    /// Signed with a key that is not configured.
    #[error("the header Wechatpay-Serial names a key that is not configured")]
    SerialUnknown,
    /// The signature does not fit the message.
    #[error("the header Wechatpay-Signature does not fit the message")]
    Mismatch,
}

/// Why a notice is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// It is not proven to come from WeChat Pay.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Longer than any real notice.
    #[error("the notice is too long")]
    TooLong,
    /// A field is missing or is not what the protocol promises.
    #[error("the notice does not read: {field}")]
    Unreadable {
        /// Which field.
        field: &'static str,
    },
    /// The resource does not open with our APIv3 key.
    #[error("the notice's resource.ciphertext does not open")]
    Sealed,
    /// It speaks of another merchant or app.
    #[error("the notice is about another {field}")]
    Foreign {
        /// Which field differs.
        field: &'static str,
    },
}

impl Coded for NoticeError {
    fn code(&self) -> ErrorCode {
        ErrorCode::NoticeRefused
    }
}

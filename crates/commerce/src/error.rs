//! Why a use case was refused or failed.

use engine::{CommitError, SealError, StoreError};
use integrations::pictures::{PictureError, PictureStoreError};
use integrations::sms::SmsError;
use integrations::wechat::{LoginError, NoticeError, PayError};
use kernel::{Coded, ErrorCode};

/// A reason with its number; the message names the field or id and holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    code: ErrorCode,
    message: String,
    gateway_number: Option<u16>,
}

impl Error {
    /// An error in its own words.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), gateway_number: None }
    }

    /// The number that the gateway of text messages gives its reason, if it is the reason.
    #[must_use]
    pub const fn gateway_number(&self) -> Option<u16> {
        self.gateway_number
    }

    /// A parameter that cannot be accepted.
    pub(crate) fn parameter(field: &str, reason: &str) -> Self {
        Self::new(ErrorCode::InvalidParameter, format!("{field}: {reason}"))
    }

    /// Nothing can be changed here.
    pub(crate) fn read_only() -> Self {
        Self::new(ErrorCode::ReadOnly, "this server only reads")
    }

    /// Something that must not happen; the details go to the process's log.
    pub(crate) fn internal(what: &'static str) -> Self {
        tracing::error!(what, "internal error");
        Self::new(ErrorCode::Internal, "internal error")
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        self.code
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::ReadOnly) {
            return Self::read_only();
        }
        tracing::error!(%error, "the vault cannot be used");
        Self::new(ErrorCode::StoreUnavailable, "the store is not available")
    }
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Vault(error) => error.into(),
            SealError::Erased => Self::new(ErrorCode::AccountErased, "the account was erased"),
            SealError::Damaged => Self::internal("sealed data does not open"),
            SealError::NoRandomness => Self::internal("no random numbers"),
        }
    }
}

impl From<LoginError> for Error {
    fn from(error: LoginError) -> Self {
        let code = error.code();
        if code.is_transient() {
            tracing::error!(%error, "WeChat log-in failed");
            return Self::new(code, "WeChat is not available");
        }
        Self::new(code, "code: WeChat does not accept it")
    }
}

impl From<SmsError> for Error {
    fn from(error: SmsError) -> Self {
        tracing::warn!(%error, "a text message was not sent");
        let told = Self::new(ErrorCode::SmsRefused, "the text message was not sent");
        Self { gateway_number: Some(error.number()), ..told }
    }
}

impl From<PictureError> for Error {
    fn from(error: PictureError) -> Self {
        Self::new(error.code(), format!("base64: {error}"))
    }
}

impl From<PictureStoreError> for Error {
    fn from(error: PictureStoreError) -> Self {
        tracing::error!(%error, "the store of pictures cannot be used");
        Self::new(ErrorCode::PictureNotStored, "the store of pictures is not available")
    }
}

impl From<PayError> for Error {
    fn from(error: PayError) -> Self {
        tracing::error!(%error, "WeChat Pay failed");
        Self::new(ErrorCode::GatewayUnavailable, "WeChat Pay is not available")
    }
}

impl From<NoticeError> for Error {
    fn from(error: NoticeError) -> Self {
        tracing::warn!(%error, "a payment notice was refused");
        Self::new(ErrorCode::NoticeRefused, error.to_string())
    }
}

//! What can be wrong with a request outside the use cases. Each API says it in its own words.

use std::borrow::Cow;

use axum::http::StatusCode;
use kernel::ErrorCode;

/// What fails before or around a use case and has an HTTP status of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Nothing is served at this path.
    UnknownPath,
    /// The path does not take this method.
    MethodNotAllowed,
    /// The body is longer than may be.
    BodyTooLarge,
    /// The body is of a kind that is not read here.
    UnsupportedMediaType,
    /// Something that must not happen did.
    Internal,
    /// Not just now; later perhaps.
    Unavailable,
    /// Not here, for nothing can be changed on this server.
    ReadOnly,
}

impl Transport {
    /// The HTTP status.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable | Self::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The reason in words.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::UnknownPath => "nothing is served at this path",
            Self::MethodNotAllowed => "the path does not take this method",
            Self::BodyTooLarge => "the body is too long",
            Self::UnsupportedMediaType => {
                "Content-Type: application/json or application/x-www-form-urlencoded is meant"
            }
            Self::Internal => "something went wrong here; nothing is known to be wrong with the request",
            Self::Unavailable => "not available just now; try again later",
            Self::ReadOnly => "this server only reads: nothing can be changed here",
        }
    }

    /// After how many seconds it is worth trying again, if it is.
    pub(crate) const fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::Unavailable => Some(1),
            Self::UnknownPath
            | Self::MethodNotAllowed
            | Self::BodyTooLarge
            | Self::UnsupportedMediaType
            | Self::Internal
            | Self::ReadOnly => None,
        }
    }
}

/// Why a request did not get as far as a use case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The transport's failure.
    Transport(Transport),
    /// A business outcome: a code, and a message that names the field.
    Refused {
        /// The code.
        code: ErrorCode,
        /// The message.
        message: Cow<'static, str>,
    },
}

impl Fault {
    /// A parameter that cannot be accepted.
    pub(crate) fn parameter(field: &str, reason: impl std::fmt::Display) -> Self {
        Self::Refused { code: ErrorCode::InvalidParameter, message: format!("{field}: {reason}").into() }
    }

    /// Another refusal, in fixed words.
    pub(crate) const fn refused(code: ErrorCode, message: &'static str) -> Self {
        Self::Refused { code, message: Cow::Borrowed(message) }
    }
}

impl From<Transport> for Fault {
    fn from(transport: Transport) -> Self {
        Self::Transport(transport)
    }
}

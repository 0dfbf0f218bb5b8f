//! Why a text message was not sent.

use crate::http::GatewayError;

use super::codes;

/// Why a text message was not sent. No message holds the phone or what was to be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmsError {
    /// Not a mobile number of the Chinese mainland.
    #[error("not a mobile number of the Chinese mainland")]
    Phone,
    /// The phone has got as many messages as Tencent Cloud lets it get for now.
    #[error("the phone has got as many messages as it may: {limit:?}")]
    Limited {
        /// Which limit.
        limit: SmsLimit,
    },
    /// What was to be sent does not fit a template; nothing was sent.
    #[error("{field} does not fit a template of text messages")]
    Invalid {
        /// Which part.
        field: &'static str,
    },
    /// Tencent Cloud refused for another reason.
    #[error("Tencent Cloud refused: {code} ({number})")]
    Refused {
        /// Tencent Cloud's own code, such as `FailedOperation.PhoneNumberInBlacklist`.
        code: String,
        /// The number its SMS documents give that reason, 1007 (another error) if they give none.
        number: u16,
    },
    /// No usable answer: the message may have been sent or not.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

/// Tencent Cloud's limits for one phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsLimit {
    /// Within 30 seconds.
    ThirtySeconds,
    /// Within an hour.
    Hour,
    /// Within a day.
    Day,
    /// The same text within a day.
    SameContent,
}

impl SmsLimit {
    /// Tencent Cloud's number of the limit.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::ThirtySeconds => 1023,
            Self::Hour => 1024,
            Self::Day => 1025,
            Self::SameContent => 1026,
        }
    }
}

impl SmsError {
    /// The number that Tencent Cloud's SMS documents give the reason (1016: the phone; 1023 to 1026: the phone's limits;
    /// 1008: no answer in time; 1007: another error).
    #[must_use]
    pub const fn number(&self) -> u16 {
        match self {
            Self::Phone => codes::PHONE,
            Self::Limited { limit } => limit.number(),
            Self::Invalid { .. } => codes::TEMPLATE,
            Self::Refused { number, .. } => *number,
            Self::Gateway(GatewayError::Timeout) => codes::TIMEOUT,
            Self::Gateway(
                GatewayError::Unreachable
                | GatewayError::Broken
                | GatewayError::AnswerTooLong
                | GatewayError::AnswerUnreadable { .. }
                | GatewayError::Status { .. },
            ) => codes::OTHER,
        }
    }

    /// What a refusal of Tencent Cloud means.
    pub(super) fn refused(code: String) -> Self {
        match codes::number(&code) {
            codes::PHONE => Self::Phone,
            1023 => Self::Limited { limit: SmsLimit::ThirtySeconds },
            1024 => Self::Limited { limit: SmsLimit::Hour },
            1025 => Self::Limited { limit: SmsLimit::Day },
            1026 => Self::Limited { limit: SmsLimit::SameContent },
            number => Self::Refused { code, number },
        }
    }
}

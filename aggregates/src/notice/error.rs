//! Why a notice refuses.

use kernel::{Coded, ErrorCode};

use super::NoticeText;

/// Why a notice refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// The id was used before.
    #[error("the notice exists already")]
    NoticeExists,
    /// It was never published, or it was deleted.
    #[error("no such notice")]
    NoticeUnknown,
    /// Only the owner may do that.
    #[error("only the notice's owner may do that")]
    NoticeNotOwned,
    /// A text that must be there is not.
    #[error("{}: it must not be empty", .0.name())]
    InvalidParameter(NoticeText),
}

impl Coded for NoticeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoticeExists => ErrorCode::NoticeExists,
            Self::NoticeUnknown => ErrorCode::NoticeUnknown,
            Self::NoticeNotOwned => ErrorCode::NoticeNotOwned,
            Self::InvalidParameter(_) => ErrorCode::InvalidParameter,
        }
    }
}

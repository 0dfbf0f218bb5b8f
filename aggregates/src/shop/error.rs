//! Why a shop refuses.

use kernel::{Coded, ErrorCode};

use crate::text::TextError;

/// Why a shop refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShopError {
    /// The id was used before.
    #[error("the shop exists already")]
    ShopExists,
    /// It was never opened.
    #[error("no such shop")]
    ShopUnknown,
    /// Only the owner may do that.
    #[error("only the shop's owner may do that")]
    NotOwner,
    /// A text is empty, too long or holds NUL.
    #[error(transparent)]
    InvalidParameter(#[from] TextError),
}

impl Coded for ShopError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::ShopExists => ErrorCode::ShopExists,
            Self::ShopUnknown => ErrorCode::ShopUnknown,
            Self::NotOwner => ErrorCode::NotOwner,
            Self::InvalidParameter(_) => ErrorCode::InvalidParameter,
        }
    }
}

//! Why a product refuses.

use kernel::{Coded, ErrorCode};

use crate::text::TextError;

/// Why a product refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    /// The id was used before.
    #[error("the product exists already")]
    ProductExists,
    /// It was never listed, or it was deleted.
    #[error("no such product")]
    ProductUnknown,
    /// It is not on sale.
    #[error("the product is not on sale")]
    ProductDelisted,
    /// A text is empty, too long or holds NUL.
    #[error(transparent)]
    InvalidParameter(#[from] TextError),
    /// The price is not more than nothing or too great, or the number of pieces is.
    #[error("price or number of pieces out of range")]
    AmountOutOfRange,
}

impl Coded for ProductError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::ProductExists => ErrorCode::ProductExists,
            Self::ProductUnknown => ErrorCode::ProductUnknown,
            Self::ProductDelisted => ErrorCode::ProductDelisted,
            Self::InvalidParameter(_) => ErrorCode::InvalidParameter,
            Self::AmountOutOfRange => ErrorCode::AmountOutOfRange,
        }
    }
}

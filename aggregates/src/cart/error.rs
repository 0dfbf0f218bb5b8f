//! Why a cart refuses.

use kernel::{Coded, ErrorCode, LineId};

/// Why a cart refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// No pieces at all.
    #[error("num must be at least 1")]
    InvalidNumber,
    /// The cart holds as many lines, or the line as many pieces, as it can.
    #[error("the cart is full")]
    CartFull,
    /// No such line, or it left the cart.
    #[error("no line {line} in the cart")]
    LineUnknown {
        /// The line asked for.
        line: LineId,
    },
}

impl Coded for CartError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidNumber => ErrorCode::InvalidParameter,
            Self::CartFull => ErrorCode::CartFull,
            Self::LineUnknown { .. } => ErrorCode::LineUnknown,
        }
    }
}

//! Why a recharge item refuses.

use kernel::{Coded, ErrorCode};

use crate::text::TextError;

/// Why a recharge item refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RechargeItemError {
    /// The id was used before.
    #[error("the recharge item exists already")]
    RechargeItemExists,
    /// It was never listed.
    #[error("no such recharge item")]
    RechargeItemUnknown,
    /// It is on offer no longer.
    #[error("the recharge item is on offer no longer")]
    RechargeItemDelisted,
    /// A text is empty, too long or holds NUL.
    #[error(transparent)]
    InvalidParameter(#[from] TextError),
    /// What it costs is not more than nothing, what it gives on top is less than nothing, or either is too great.
    #[error("money or charge out of range")]
    AmountOutOfRange,
}

impl Coded for RechargeItemError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::RechargeItemExists => ErrorCode::RechargeItemExists,
            Self::RechargeItemUnknown => ErrorCode::RechargeItemUnknown,
            Self::RechargeItemDelisted => ErrorCode::RechargeItemDelisted,
            Self::InvalidParameter(_) => ErrorCode::InvalidParameter,
            Self::AmountOutOfRange => ErrorCode::AmountOutOfRange,
        }
    }
}

//! Why a recharge refuses.

use kernel::{Coded, ErrorCode, Money};

use crate::text::TextError;

/// Why a recharge refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RechargeError {
    /// The id was used before.
    #[error("the recharge exists already")]
    RechargeExists,
    /// It was never asked for.
    #[error("no such recharge")]
    RechargeUnknown,
    /// One of WeChat's ids is empty, too long or holds NUL.
    #[error(transparent)]
    InvalidParameter(#[from] TextError),
    /// What it costs is not more than nothing, what it gives on top is less than nothing, or either is too great.
    #[error("money or charge out of range")]
    AmountOutOfRange,
    /// Something else was paid than what it costs.
    #[error("paid {paid}, but {asked} was asked for")]
    RechargeAmountMismatch {
        /// What was asked for.
        asked: Money,
        /// What was paid.
        paid: Money,
    },
    /// It was paid, or paid by another transaction, or closed.
    #[error("the recharge was paid or closed")]
    RechargeWrongState,
}

impl Coded for RechargeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::RechargeExists => ErrorCode::RechargeExists,
            Self::RechargeUnknown => ErrorCode::RechargeUnknown,
            Self::InvalidParameter(_) => ErrorCode::InvalidParameter,
            Self::AmountOutOfRange => ErrorCode::AmountOutOfRange,
            Self::RechargeAmountMismatch { .. } => ErrorCode::RechargeAmountMismatch,
            Self::RechargeWrongState => ErrorCode::RechargeWrongState,
        }
    }
}

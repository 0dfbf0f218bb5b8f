//! Why a balance refuses.

use kernel::{Coded, ErrorCode, Money};

use crate::text::TextError;

/// Why a balance refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// The reason of an adjustment is empty or too long.
    #[error(transparent)]
    InvalidParameter(#[from] TextError),
    /// The amount is not more than nothing, or the balance would be over [`AMOUNT_MAX`](crate::AMOUNT_MAX).
    #[error("amount must be more than nothing and the balance stay in range")]
    AmountOutOfRange,
    /// There is less than is to be taken.
    #[error("balance {balance} is lower than {needed}")]
    LowBalance {
        /// What there is.
        balance: Money,
        /// What is to be taken.
        needed: Money,
    },
}

impl Coded for BalanceError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidParameter(_) => ErrorCode::InvalidParameter,
            Self::AmountOutOfRange => ErrorCode::AmountOutOfRange,
            Self::LowBalance { .. } => ErrorCode::LowBalance,
        }
    }
}

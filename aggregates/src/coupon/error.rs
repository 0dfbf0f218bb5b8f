//! Why a coupon balance refuses.

use kernel::{Coded, ErrorCode, Money};

use crate::text::TextError;

/// Why a coupon balance refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CouponError {
    /// The reason of an adjustment is empty or too long.
    #[error(transparent)]
    InvalidParameter(#[from] TextError),
    /// The amount is not more than nothing, or the coupon balance would be over [`AMOUNT_MAX`](crate::AMOUNT_MAX).
    #[error("amount must be more than nothing and the coupon balance stay in range")]
    AmountOutOfRange,
    /// There is less than is to be spent.
    #[error("coupon balance {coupon} is lower than {needed}")]
    LowCoupon {
        /// What there is.
        coupon: Money,
        /// What is to be spent.
        needed: Money,
    },
}

impl Coded for CouponError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidParameter(_) => ErrorCode::InvalidParameter,
            Self::AmountOutOfRange => ErrorCode::AmountOutOfRange,
            Self::LowCoupon { .. } => ErrorCode::LowCoupon,
        }
    }
}

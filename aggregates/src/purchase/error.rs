//! Why a purchase refuses.

use kernel::{Coded, ErrorCode, Money};

/// Why a purchase refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurchaseError {
    /// The id was used before.
    #[error("the purchase exists already")]
    PurchaseExists,
    /// The price or the number of pieces is not more than nothing, or the total is too great.
    #[error("price, number of pieces or total out of range")]
    AmountOutOfRange,
    /// The buyer believes in another price of a piece.
    #[error("unit price: it is {now} now")]
    UnitPriceMismatch {
        /// What a piece costs.
        now: Money,
    },
    /// The buyer believes in another total.
    #[error("total: it comes to {total}")]
    TotalMismatch {
        /// What all of it costs.
        total: Money,
    },
    /// It was never made or asked for.
    #[error("no such purchase")]
    PurchaseUnknown,
    /// Somebody else asked for it.
    #[error("another account's purchase")]
    PurchaseNotYours,
    /// It was paid or given up already.
    #[error("the purchase does not wait to be paid")]
    PurchaseNotPaying,
}

impl Coded for PurchaseError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::PurchaseExists => ErrorCode::PurchaseExists,
            Self::AmountOutOfRange => ErrorCode::AmountOutOfRange,
            Self::UnitPriceMismatch { .. } => ErrorCode::UnitPriceMismatch,
            Self::TotalMismatch { .. } => ErrorCode::TotalMismatch,
            Self::PurchaseUnknown => ErrorCode::PurchaseUnknown,
            Self::PurchaseNotYours => ErrorCode::PurchaseNotYours,
            Self::PurchaseNotPaying => ErrorCode::PurchaseNotPaying,
        }
    }
}

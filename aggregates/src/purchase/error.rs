//! Why a purchase refuses.

use kernel::{Coded, ErrorCode};

/// Why a purchase refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurchaseError {
    /// The id was used before.
    #[error("the purchase exists already")]
    PurchaseExists,
    /// The price or the number of pieces is not more than nothing, or the total is too great.
    #[error("price, number of pieces or total out of range")]
    AmountOutOfRange,
}

impl Coded for PurchaseError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::PurchaseExists => ErrorCode::PurchaseExists,
            Self::AmountOutOfRange => ErrorCode::AmountOutOfRange,
        }
    }
}

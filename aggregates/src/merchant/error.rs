//! Why a merchant refuses.

use kernel::{Coded, ErrorCode};

/// Why a merchant refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MerchantError {
    /// The account has opened as many shops as it may.
    #[error("the account has as many shops as it may have")]
    ShopsCapped,
}

impl Coded for MerchantError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::ShopsCapped => ErrorCode::ShopsCapped,
        }
    }
}

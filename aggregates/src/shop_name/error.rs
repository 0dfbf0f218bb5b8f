//! Why a shop's name refuses.

use kernel::{Coded, ErrorCode};

/// Why a shop's name refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShopNameError {
    /// Another shop has it.
    #[error("another shop has the name")]
    ShopNameTaken,
}

impl Coded for ShopNameError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::ShopNameTaken => ErrorCode::ShopNameTaken,
        }
    }
}

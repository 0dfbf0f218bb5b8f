//! Why a picture's name refuses.

use kernel::{Coded, ErrorCode};

/// Why a picture's name refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// It belongs to another account.
    #[error("name: it belongs to another account's picture")]
    PictureTaken,
}

impl Coded for PictureError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::PictureTaken => ErrorCode::PictureTaken,
        }
    }
}

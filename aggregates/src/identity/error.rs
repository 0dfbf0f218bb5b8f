//! Why an identity refuses.

use kernel::{Coded, ErrorCode};

/// Why an identity refuses. It never says whose the identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// It belongs to another account.
    #[error("the identity belongs to another account")]
    IdentityTaken,
    /// It does not belong to the account that would release it.
    #[error("the identity is not bound to this account")]
    IdentityNotHeld,
}

impl Coded for IdentityError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::IdentityTaken => ErrorCode::IdentityTaken,
            Self::IdentityNotHeld => ErrorCode::IdentityNotHeld,
        }
    }
}

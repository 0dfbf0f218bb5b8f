//! Why an account refuses.

use kernel::{Coded, ErrorCode};

/// Why an account refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The person is gone.
    #[error("the account was erased")]
    AccountErased,
    /// It was opened before.
    #[error("the account exists already")]
    AccountExists,
    /// It was never opened.
    #[error("no such account")]
    AccountUnknown,
}

impl Coded for AccountError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::AccountErased => ErrorCode::AccountErased,
            Self::AccountExists => ErrorCode::AccountExists,
            Self::AccountUnknown => ErrorCode::AccountUnknown,
        }
    }
}

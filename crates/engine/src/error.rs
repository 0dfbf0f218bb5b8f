//! Why a unit of work ended without its commit.

use event_store::StoreError;
use kernel::{Coded, DecodeError, ErrorCode};
use serde::{Deserialize, Serialize};

/// A business reason why not: its code and a message that names the field or id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The reason's number.
    pub code: ErrorCode,
    /// The reason in words.
    pub message: String,
}

impl Refusal {
    /// A refusal with its own words.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl Coded for Refusal {
    fn code(&self) -> ErrorCode {
        self.code
    }
}

/// A refusal as kept with an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptRefusal {
    pub(crate) code: u16,
    pub(crate) message: String,
}

/// Why a unit of work stops. Work passes it on with `?` and does not look inside.
#[derive(Debug)]
pub enum Stop {
    /// A business rule says no.
    Refused(Refusal),
    /// A state is not in memory; the work runs again when it is.
    NotLoaded,
    /// Something that no unit of work can do anything about: a state or event that cannot be read or written as JSON, no ids or random
    /// numbers left.
    Broken(String),
}

impl<E: Coded> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refused(Refusal { code: error.code(), message: error.to_string() })
    }
}

impl Stop {
    pub(crate) fn broken(error: &serde_json::Error) -> Self {
        Self::Broken(format!("{:?}", error.classify()))
    }
}

/// Why there was no commit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A business rule says no. Kept with the idempotency key.
    #[error("{0}")]
    Refused(Refusal),
    /// As many commands wait as may.
    #[error("too many requests are waiting")]
    Overloaded,
    /// The store cannot be used just now, or others were faster too often; nothing was written.
    #[error("the store is not available")]
    Unavailable,
    /// The engine is stopping. What was under way may have been decided: its idempotency key tells.
    #[error("the engine is stopping")]
    Stopping,
    /// Something that must not happen did; the log of the process has the details.
    #[error("internal error")]
    Internal,
}

impl Coded for CommitError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Overloaded => ErrorCode::Overloaded,
            Self::Unavailable | Self::Stopping => ErrorCode::StoreUnavailable,
            Self::Internal => ErrorCode::Internal,
        }
    }
}

/// Why a state could not be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("the task that loaded it is gone")]
    Lost,
}

//! Why a command failed, and the exit code that says so.

use std::process::ExitCode;

use audit::ReportError;
use engine::StartError;
use event_store::{OpenError, StoreError};
use projections::RebuildError;

/// The exit codes are part of the command line: 1 a breach was found, 2 wrong usage, 3 something cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The log, the views or a bill is not as it must be.
    #[error("{0}")]
    Breach(String),
    /// An option, key or variable is wrong.
    #[error("{0}")]
    Usage(String),
    /// The store, a file, an address or a gateway cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Breach(_) => 1,
            Self::Usage(_) => 2,
            Self::Unusable(_) => 3,
        })
    }

    pub(crate) fn unusable(error: impl std::fmt::Display) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Address(_) => Self::Usage(error.to_string()),
            OpenError::Locked(_)
            | OpenError::Newer { .. }
            | OpenError::Older { .. }
            | OpenError::Encoding(_)
            | OpenError::Missing(_)
            | OpenError::Foreign(_)
            | OpenError::Incomplete(_)
            | OpenError::Past(_)
            | OpenError::Migration { .. }
            | OpenError::Unreadable { .. }
            | OpenError::File { .. }
            | OpenError::Database { .. } => Self::unusable(error),
        }
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Breach(breach) => Self::Breach(format!("breach: {breach}")),
            ReportError::AfterHead { .. }
            | ReportError::BeforeFirst { .. }
            | ReportError::UnknownAccount(_)
            | ReportError::Bill(_) => Self::Usage(error.to_string()),
            ReportError::Store(_) | ReportError::Range(_) | ReportError::Output(_) => Self::unusable(error),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::unusable(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::unusable(error)
    }
}

impl From<commerce::Error> for Failure {
    fn from(error: commerce::Error) -> Self {
        Self::unusable(error)
    }
}

impl From<RebuildError> for Failure {
    fn from(error: RebuildError) -> Self {
        match error {
            RebuildError::Unknown { .. } => Self::Usage(error.to_string()),
            RebuildError::Busy
            | RebuildError::Stopped { .. }
            | RebuildError::Store(_)
            | RebuildError::File { .. } => Self::unusable(error),
        }
    }
}

//! What auditors and operators work with, and how much of it at once.

use std::sync::Arc;

use audit::Archive;
use projections::Rebuilder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Reports over the whole log at the same time.
const REPORTS_MAX: usize = 2;
/// Verifications at the same time.
const VERIFICATIONS_MAX: usize = 1;
/// Rebuilds at the same time.
const REBUILDS_MAX: usize = 1;
/// Those who follow the log at the same time.
const LISTENERS_MAX: usize = 64;

/// What auditors and operators work with.
pub struct AuditDesk {
    pub(crate) archive: Archive,
    /// None where nothing is written.
    pub(crate) rebuilder: Option<Rebuilder>,
    /// Ends everything that would go on for long.
    pub(crate) stop: CancellationToken,
    pub(crate) reports: Places,
    pub(crate) verifications: Places,
    pub(crate) rebuilds: Places,
    pub(crate) listeners: Places,
}

impl AuditDesk {
    /// A desk over the log and the views; once `stop` is cancelled, whatever would go on for long ends.
    #[must_use]
    pub fn new(archive: Archive, rebuilder: Option<Rebuilder>, stop: CancellationToken) -> Self {
        Self {
            archive,
            rebuilder,
            stop,
            reports: Places::new(REPORTS_MAX),
            verifications: Places::new(VERIFICATIONS_MAX),
            rebuilds: Places::new(REBUILDS_MAX),
            listeners: Places::new(LISTENERS_MAX),
        }
    }
}

/// So many may be at it at the same time.
pub(crate) struct Places(Arc<Semaphore>);

impl Places {
    fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// A place, if there is one.
    pub(crate) fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

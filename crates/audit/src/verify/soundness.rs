//! What stands around the events: tables, guards, and the store's own indexes.

use std::sync::Arc;

use event_store::{Flaw, StoreError};
use tokio::task::JoinHandle;

use super::{Verifier, VerifyError};
use crate::breach::Breach;

impl Verifier {
    /// Makes sure that there is everything that will be read.
    pub(super) async fn check_tables(&self) -> Result<(), VerifyError> {
        told(self.log.missing().await?)
    }

    /// Begins to look whether anything around the events is another than it was made, beside all else that is to do. What the events
    /// show is told first.
    pub(super) fn begin_soundness(&self) -> JoinHandle<Result<Option<Flaw>, StoreError>> {
        let log = Arc::clone(&self.log);
        tokio::spawn(async move { log.flaw().await })
    }
}

/// What was found is a breach.
pub(super) fn told(flaw: Option<Flaw>) -> Result<(), VerifyError> {
    flaw.map_or(Ok(()), |flaw| Err(Breach::from(flaw).into()))
}

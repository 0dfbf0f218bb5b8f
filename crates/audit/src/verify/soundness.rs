//! What stands around the events: tables, guards, and the store's own indexes.

use event_store::Flaw;

use super::{Verifier, VerifyError};
use crate::breach::Breach;

impl Verifier {
    /// Makes sure that there is everything that will be read.
    pub(super) async fn check_tables(&self) -> Result<(), VerifyError> {
        told(self.log.missing().await?)
    }

    /// Makes sure that nothing around the events is another than it was made.
    pub(super) async fn check_soundness(&self) -> Result<(), VerifyError> {
        told(self.log.flaw().await?)
    }
}

fn told(flaw: Option<Flaw>) -> Result<(), VerifyError> {
    flaw.map_or(Ok(()), |flaw| Err(Breach::from(flaw).into()))
}

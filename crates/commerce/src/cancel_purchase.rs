//! Giving up what was asked for.

use aggregates::purchase::{Purchase, PurchaseCommand};
use kernel::PurchaseId;

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;

impl Commerce {
    /// Gives up what the caller has asked for and not paid.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::PurchaseUnknown`],
    /// [`kernel::ErrorCode::PurchaseNotYours`], [`kernel::ErrorCode::PurchaseNotPaying`].
    pub async fn cancel_purchase(&self, caller: &Caller, purchase: PurchaseId) -> Result<(), Error> {
        self.require_writable()?;
        let by = caller.require_account()?;
        self.commit(caller.context(), move |tx| {
            tx.execute::<Purchase>(purchase, PurchaseCommand::Cancel { by })?;
            Ok(())
        })
        .await
    }
}

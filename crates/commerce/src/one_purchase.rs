//! Reading one purchase, by whoever made it.

use aggregates::purchase::{Bought, Purchase, PurchaseError};
use kernel::PurchaseId;

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;

impl Commerce {
    /// The caller's purchase.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::PurchaseUnknown`],
    /// [`kernel::ErrorCode::PurchaseNotYours`].
    pub async fn purchase(&self, caller: &Caller, purchase: PurchaseId) -> Result<Bought, Error> {
        let buyer = caller.require_account()?;
        self.commit(caller.context_of_step(), move |tx| {
            let state = tx.state::<Purchase>(purchase)?;
            let bought = state.bought.clone().ok_or(PurchaseError::PurchaseUnknown)?;
            if bought.buyer == buyer { Ok(bought) } else { Err(PurchaseError::PurchaseNotYours.into()) }
        })
        .await
    }
}

//! Paying for what was asked for: the payment, the debit and the sale are one commit.

use aggregates::product::{Product, ProductCommand};
use aggregates::purchase::{PaymentMethod, Purchase, PurchaseCommand};
use kernel::PurchaseId;

use crate::buy::{Payment, pay, want_funds};
use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;

impl Commerce {
    /// Pays for what the caller has asked for, at the price of then. The product must still be on sale.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::PurchaseUnknown`],
    /// [`kernel::ErrorCode::PurchaseNotYours`], [`kernel::ErrorCode::PurchaseNotPaying`],
    /// [`kernel::ErrorCode::LowBalance`] or [`kernel::ErrorCode::LowCoupon`], [`kernel::ErrorCode::ProductUnknown`],
    /// [`kernel::ErrorCode::ProductDelisted`].
    pub async fn pay_purchase(
        &self,
        caller: &Caller,
        purchase: PurchaseId,
        method: PaymentMethod,
    ) -> Result<(), Error> {
        self.require_writable()?;
        let buyer = caller.require_account()?;
        self.commit(caller.context(), move |tx| {
            want_funds(tx, buyer, method);
            let asked = tx.state::<Purchase>(purchase)?;
            let asked = asked.require_paying(buyer)?;
            tx.want::<Product>(asked.product);
            tx.execute::<Purchase>(purchase, PurchaseCommand::Pay { by: buyer, method })?;
            let (product, num, amount) = (asked.product, asked.num, asked.total);
            pay(tx, buyer, method, &Payment { purchase, product, name: &asked.name, num, amount })?;
            tx.execute::<Product>(product, ProductCommand::Sell { purchase, num })?;
            Ok(())
        })
        .await
    }
}

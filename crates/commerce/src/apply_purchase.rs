//! Asking for a product, to be paid later at the price of now.

use aggregates::product::Product;
use aggregates::purchase::{Purchase, PurchaseCommand};
use kernel::{Money, ProductId, PurchaseId};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::create_shop::require_named;
use crate::error::Error;

impl Commerce {
    /// Asks for `num` pieces of a product, which the caller believes to cost so much. The purchase keeps that price.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::ProductUnknown`], [`kernel::ErrorCode::ProductDelisted`],
    /// [`kernel::ErrorCode::ShopUnknown`], [`kernel::ErrorCode::AmountOutOfRange`], [`kernel::ErrorCode::UnitPriceMismatch`],
    /// [`kernel::ErrorCode::TotalMismatch`].
    pub async fn apply_purchase(
        &self,
        caller: &Caller,
        product: ProductId,
        num: u32,
        told_unit_price: Money,
        told_total: Money,
    ) -> Result<PurchaseId, Error> {
        self.require_writable()?;
        let buyer = caller.require_account()?;
        self.commit(caller.context(), move |tx| {
            let state = tx.state::<Product>(product)?;
            let offer = state.offer()?;
            require_named(tx, offer.shop)?;
            let purchase: PurchaseId = tx.new_id()?;
            let apply = PurchaseCommand::Apply {
                buyer,
                product,
                shop: offer.shop,
                name: offer.name.to_owned(),
                unit_price: offer.price,
                num,
                told_unit_price,
                told_total,
            };
            tx.create::<Purchase>(purchase, apply)?;
            Ok(purchase)
        })
        .await
    }
}

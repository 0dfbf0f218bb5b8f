//! Purchases: made once, at the price of the moment.

use aggregates::purchase::PurchaseEvent;
use kernel::{Money, ProductId, PurchaseId};
use serde::{Deserialize, Serialize};

use super::funds::check_amount;
use super::{ProductState, ProductStatus, Streams};
use crate::breach::{Wrong, ensure, same};
use crate::digest::Digest;

/// Purchases as a whole: a single one needs no memory, since nothing happens to it after it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PurchasesState {
    /// No purchase so far has a greater id: one with a greater is surely new.
    pub(crate) greatest: u64,
    pub(crate) count: u64,
    /// What was paid in all.
    pub(crate) total: Money,
}

impl PurchasesState {
    pub(super) fn take(
        &mut self,
        purchase: PurchaseId,
        sequence: u64,
        event: &PurchaseEvent,
        products: &Streams<ProductId, ProductState>,
    ) -> Result<(), Wrong> {
        same("a purchase is made once", 1, sequence)?;
        let PurchaseEvent::PurchaseMade { product, shop, name, unit_price, num, total, .. } = event;
        let offer = products.get(product).copied().unwrap_or_default();
        offer.expect("only products on sale are bought", &[ProductStatus::OnSale])?;
        let sold_by = offer.shop.map_or(String::new(), |shop| shop.to_string());
        same("a product is bought from its shop", sold_by, shop.to_string())?;
        same("a purchase is at the price of the moment", offer.price, *unit_price)?;
        let rule = "a purchase bears the name of the moment";
        ensure(offer.name == Digest::of(&[name]), rule, "the product's name", "another")?;
        ensure(*num > 0, "pieces are more than none", "1 or more", num)?;
        let product = i128::from(unit_price.fen()) * i128::from(*num);
        let expected = i64::try_from(product).map_or(Money::from_fen(i64::MAX), Money::from_fen);
        same("a total is price times pieces", expected, *total)?;
        check_amount(*total)?;
        self.greatest = self.greatest.max(purchase.get());
        self.count += 1;
        self.total =
            self.total.plus(*total).map_err(|error| Wrong::new("totals can be counted", "a sum", error))?;
        Ok(())
    }
}

//! Purchases: made at the price of the moment, or applied for at it and then paid as applied for, or cancelled.

use aggregates::AnyEvent;
use aggregates::purchase::PurchaseEvent;
use kernel::{AccountId, Money, ProductId, PurchaseId, ShopId};
use serde::{Deserialize, Serialize};

use super::funds::check_amount;
use super::{ProductState, ProductStatus, Streams};
use crate::breach::{Wrong, ensure, same};
use crate::digest::Digest;

/// Purchases as a whole. Of a single one nothing is kept but while it waits to be paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PurchasesState {
    /// No purchase so far has a greater id: one with a greater is surely new.
    pub(crate) greatest: u64,
    /// How many were paid.
    pub(crate) count: u64,
    /// What was paid in all.
    pub(crate) total: Money,
    #[serde(default, skip_serializing_if = "Streams::is_empty")]
    pub(crate) waiting: Streams<PurchaseId, PurchaseState>,
}

/// A purchase that was applied for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PurchaseState {
    status: Status,
    asked: Option<Asked>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    #[default]
    Unmade,
    Paying,
    Paid,
    Cancelled,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Self::Unmade => "no purchase",
            Self::Paying => "a purchase that waits to be paid",
            Self::Paid => "a paid purchase",
            Self::Cancelled => "a cancelled purchase",
        }
    }
}

/// What was applied for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    buyer: AccountId,
    product: ProductId,
    shop: ShopId,
    num: u32,
    total: Money,
    name: Digest,
}

/// What a purchase says when it begins.
struct Begun<'a> {
    product: ProductId,
    shop: ShopId,
    name: &'a str,
    unit_price: Money,
    num: u32,
    total: Money,
}

impl PurchasesState {
    pub(super) fn take(
        &mut self,
        purchase: PurchaseId,
        sequence: u64,
        event: &PurchaseEvent,
        products: &Streams<ProductId, ProductState>,
    ) -> Result<(), Wrong> {
        match event {
            PurchaseEvent::PurchaseMade { product, shop, name, unit_price, num, total, .. } => {
                let (product, shop, unit_price, num) = (*product, *shop, *unit_price, *num);
                let begun = Begun { product, shop, name, unit_price, num, total: *total };
                self.begin(purchase, sequence, &begun, products)?;
                self.count(*total)
            }
            PurchaseEvent::PurchaseApplied { product, shop, name, unit_price, num, total, .. } => {
                let (product, shop, unit_price, num) = (*product, *shop, *unit_price, *num);
                let begun = Begun { product, shop, name, unit_price, num, total: *total };
                self.begin(purchase, sequence, &begun, products)?;
                let mut state = PurchaseState::default();
                state.fold(event);
                self.waiting.put(purchase, sequence, state);
                Ok(())
            }
            PurchaseEvent::PurchasePaid { total, .. } => {
                self.waiting.next(purchase, sequence)?.pay(event)?;
                self.count(*total)
            }
            PurchaseEvent::PurchaseCancelled { buyer } => {
                let state = self.waiting.next(purchase, sequence)?;
                state.expect_paying("only purchases that wait are cancelled")?;
                let told = |asked: Option<AccountId>| asked.map_or(String::new(), |it| it.to_string());
                let applied = told(state.asked.map(|asked| asked.buyer));
                same("a purchase is cancelled by who applied", applied, told(Some(*buyer)))?;
                state.fold(event);
                Ok(())
            }
        }
    }

    fn begin(
        &mut self,
        purchase: PurchaseId,
        sequence: u64,
        begun: &Begun<'_>,
        products: &Streams<ProductId, ProductState>,
    ) -> Result<(), Wrong> {
        same("a purchase is made once", 1, sequence)?;
        let Begun { product, shop, name, unit_price, num, total } = begun;
        let offer = products.get(product).copied().unwrap_or_default();
        offer.expect("only products on sale are bought", &[ProductStatus::OnSale])?;
        if offer.shop != Some(*shop) {
            let sold_by = offer.shop.map_or(String::new(), |shop| shop.to_string());
            return Err(Wrong::new("a product is bought from its shop", sold_by, shop));
        }
        same("a purchase is at the price of the moment", offer.price_paid(), *unit_price)?;
        let rule = "a purchase bears the name of the moment";
        ensure(offer.name == Digest::of_name(name), rule, "the product's name", "another")?;
        ensure(*num > 0, "pieces are more than none", "1 or more", num)?;
        let product = i128::from(unit_price.fen()) * i128::from(*num);
        let expected = i64::try_from(product).map_or(Money::from_fen(i64::MAX), Money::from_fen);
        same("a total is price times pieces", expected, *total)?;
        check_amount(*total)?;
        self.greatest = self.greatest.max(purchase.get());
        Ok(())
    }

    fn count(&mut self, total: Money) -> Result<(), Wrong> {
        self.count += 1;
        self.total =
            self.total.plus(total).map_err(|error| Wrong::new("totals can be counted", "a sum", error))?;
        Ok(())
    }

    /// Lets go of purchases that do not wait any more.
    pub(super) fn forget_done(&mut self) {
        self.waiting.retain(|state| state.status == Status::Paying);
    }
}

impl PurchaseState {
    fn pay(&mut self, event: &PurchaseEvent) -> Result<(), Wrong> {
        self.expect_paying("only purchases that wait are paid")?;
        if let (PurchaseEvent::PurchasePaid { buyer, product, shop, name, num, total, .. }, Some(asked)) =
            (event, self.asked)
        {
            same("a purchase is paid by who applied", asked.buyer, *buyer)?;
            same("a purchase is paid for the product applied for", asked.product, *product)?;
            same("a purchase is paid to the shop applied to", asked.shop, *shop)?;
            same("as many pieces are paid as applied for", asked.num, *num)?;
            same("a purchase keeps its price", asked.total, *total)?;
            let is_same = asked.name == Digest::of_name(name);
            ensure(is_same, "a purchase keeps its product's name", "the name applied for", "another")?;
        }
        self.fold(event);
        Ok(())
    }

    fn expect_paying(&self, rule: &'static str) -> Result<(), Wrong> {
        ensure(self.status == Status::Paying, rule, Status::Paying.name(), self.status.name())
    }

    fn fold(&mut self, event: &PurchaseEvent) {
        match event {
            PurchaseEvent::PurchaseApplied { buyer, product, shop, name, num, total, .. } => {
                let (buyer, product, shop, num, total) = (*buyer, *product, *shop, *num, *total);
                let asked = Asked { buyer, product, shop, num, total, name: Digest::of_name(name) };
                (self.status, self.asked) = (Status::Paying, Some(asked));
            }
            PurchaseEvent::PurchaseMade { .. } | PurchaseEvent::PurchasePaid { .. } => {
                self.status = Status::Paid;
            }
            PurchaseEvent::PurchaseCancelled { .. } => self.status = Status::Cancelled,
        }
    }
}

/// What must be remembered of a purchase that was forgotten, from its events, which were judged when they were met.
pub(crate) fn recall_purchase(events: &[AnyEvent]) -> PurchaseState {
    let mut state = PurchaseState::default();
    for event in events {
        if let AnyEvent::Purchase(event) = event {
            state.fold(event);
        }
    }
    state
}

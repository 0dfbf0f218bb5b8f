//! Buying one product at once: the debit, the purchase and the sale are one commit.

use aggregates::balance::{Balance, BalanceCommand, DebitPurpose};
use aggregates::coupon::{Coupon, CouponCommand, SpendPurpose};
use aggregates::product::{Product, ProductCommand};
use aggregates::purchase::{PaymentMethod, Purchase, PurchaseCommand};
use engine::{Stop, Tx};
use kernel::{AccountId, Money, ProductId, PurchaseId};

use crate::caller::Caller;
use crate::commerce::Commerce;
use crate::error::Error;
use crate::views::ProductView;

impl Commerce {
    /// Buys one piece of a product at today's price.
    ///
    /// # Errors
    /// In this order: [`kernel::ErrorCode::SessionRequired`], [`kernel::ErrorCode::ProductUnknown`],
    /// [`kernel::ErrorCode::ProductDelisted`], [`kernel::ErrorCode::LowBalance`] or [`kernel::ErrorCode::LowCoupon`].
    pub async fn buy(
        &self,
        caller: &Caller,
        product: ProductId,
        method: PaymentMethod,
    ) -> Result<ProductView, Error> {
        let buyer = caller.require_account()?;
        self.require_writable()?;
        let bought = self
            .commit(caller.context(), move |tx| {
                want_funds(tx, buyer, method);
                tx.want::<Product>(product);
                purchase(tx, buyer, product, 1, method).map(|(_, view)| view)
            })
            .await?;
        Ok(bought)
    }
}

/// Says which funds a payment will touch.
pub(crate) fn want_funds(tx: &mut Tx<'_>, account: AccountId, method: PaymentMethod) {
    match method {
        PaymentMethod::Balance => tx.want::<Balance>(account),
        PaymentMethod::Coupon => tx.want::<Coupon>(account),
    }
}

/// Debits, records and sells `num` pieces as part of a unit of work.
pub(crate) fn purchase(
    tx: &mut Tx<'_>,
    buyer: AccountId,
    id: ProductId,
    num: u32,
    method: PaymentMethod,
) -> Result<(PurchaseId, ProductView), Stop> {
    let product = tx.state::<Product>(id)?;
    let offer = product.offer()?;
    let purchase: PurchaseId = tx.new_id()?;
    let make = PurchaseCommand::Make {
        buyer,
        product: id,
        shop: offer.shop,
        name: offer.name.to_owned(),
        unit_price: offer.price,
        num,
        method,
    };
    tx.create::<Purchase>(purchase, make)?;
    let amount = offer.price.times(num).map_err(|_| aggregates::purchase::PurchaseError::AmountOutOfRange)?;
    let of = Payment { purchase, product: id, name: offer.name, num, amount };
    pay(tx, buyer, method, &of)?;
    tx.execute::<Product>(id, ProductCommand::Sell { purchase, num })?;
    Ok((purchase, ProductView::new(id, &product)))
}

/// What is paid for.
pub(crate) struct Payment<'a> {
    pub(crate) purchase: PurchaseId,
    pub(crate) product: ProductId,
    pub(crate) name: &'a str,
    pub(crate) num: u32,
    pub(crate) amount: Money,
}

/// Debits the price of a purchase as part of a unit of work.
pub(crate) fn pay(
    tx: &mut Tx<'_>,
    buyer: AccountId,
    method: PaymentMethod,
    of: &Payment<'_>,
) -> Result<(), Stop> {
    let Payment { purchase, product, num, amount, .. } = *of;
    let (entry, name) = (tx.new_id()?, of.name.to_owned());
    match method {
        PaymentMethod::Balance => {
            let purpose = DebitPurpose::Purchase { purchase, product, name, num };
            tx.execute::<Balance>(buyer, BalanceCommand::Debit { entry, amount, purpose }).map(drop)
        }
        PaymentMethod::Coupon => {
            let purpose = SpendPurpose::Purchase { purchase, product, name, num };
            tx.execute::<Coupon>(buyer, CouponCommand::Spend { entry, amount, purpose }).map(drop)
        }
    }
}

//! The model: what the house is, in a few maps, and what each command must come to.

use std::collections::BTreeMap;

use commerce::PaymentMethod;
use kernel::ErrorCode;

use super::command::{CAMPUS_PRODUCTS, Change, Conclusion, Deed, Standing};

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// The account that was opened; the model does not know its id beforehand and says 0.
    Opened(u64),
    /// The price paid.
    Bought(i64),
    /// Product, pieces and price of what was bought; product, pieces and reason of what was not.
    Settled {
        bought: Vec<(u64, u32, i64)>,
        failed: Vec<(u64, u32, ErrorCode)>,
    },
    /// What the recharge puts on the balance and on the coupon balance; its id is not known beforehand either.
    Ordered {
        id: u64,
        money: i64,
        charge: i64,
    },
    /// The purchase that was asked for; its id is not known beforehand.
    Applied(u64),
    Refused(ErrorCode),
}

impl Outcome {
    /// The outcome without ids that were drawn.
    pub(crate) fn without_ids(&self) -> Self {
        match self {
            Self::Opened(_) => Self::Opened(0),
            Self::Applied(_) => Self::Applied(0),
            Self::Ordered { money, charge, .. } => Self::Ordered { id: 0, money: *money, charge: *charge },
            Self::Done | Self::Bought(_) | Self::Settled { .. } | Self::Refused(_) => self.clone(),
        }
    }
}

/// A product as far as buyers are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) price: i64,
    pub(crate) discount: Option<i64>,
    pub(crate) standing: Standing,
    pub(crate) sold: u64,
}

impl Offer {
    pub(crate) const fn new(price: i64) -> Self {
        Self { price, discount: None, standing: Standing::OnSale, sold: 0 }
    }

    fn price_paid(&self) -> i64 {
        self.discount.unwrap_or(self.price)
    }
}

/// Where a purchase that was asked for is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Paying,
    Paid,
    Cancelled,
}

impl Stage {
    /// As the purchase's state calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Paying => "paying",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A purchase that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) buyer: u64,
    pub(crate) product: u64,
    pub(crate) num: u32,
    pub(crate) total: i64,
    pub(crate) stage: Stage,
}

/// A recharge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) account: u64,
    pub(crate) money: i64,
    pub(crate) charge: i64,
    pub(crate) is_prepared: bool,
    pub(crate) is_paid: bool,
}

/// The house.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    /// Slots with an account, by slot.
    pub(crate) opened: BTreeMap<u8, u64>,
    /// Balance and coupon balance, by account.
    pub(crate) purses: BTreeMap<u64, (i64, i64)>,
    /// Products and pieces in the order of adding, by account.
    pub(crate) carts: BTreeMap<u64, Vec<(u64, u32)>>,
    pub(crate) products: BTreeMap<u64, Offer>,
    /// Money, bonus and whether it is on offer, by recharge item.
    pub(crate) items: BTreeMap<u64, (i64, i64, bool)>,
    pub(crate) recharges: BTreeMap<u64, Asked>,
    pub(crate) applications: BTreeMap<u64, Application>,
    /// Who owns the campus shop.
    pub(crate) shopkeeper: u64,
}

impl Model {
    /// What is held.
    pub(crate) fn held(&self, account: u64, method: PaymentMethod) -> i64 {
        let (balance, coupon) = self.purses.get(&account).copied().unwrap_or_default();
        match method {
            PaymentMethod::Balance => balance,
            PaymentMethod::Coupon => coupon,
        }
    }

    fn purse(&mut self, account: u64, method: PaymentMethod) -> &mut i64 {
        let purse = self.purses.entry(account).or_default();
        match method {
            PaymentMethod::Balance => &mut purse.0,
            PaymentMethod::Coupon => &mut purse.1,
        }
    }

    fn offer(&self, product: u64) -> Result<Offer, ErrorCode> {
        let offer = self.products.get(&product).ok_or(ErrorCode::ProductUnknown)?;
        match offer.standing {
            Standing::OnSale => Ok(*offer),
            Standing::Delisted => Err(ErrorCode::ProductDelisted),
            Standing::Deleted => Err(ErrorCode::ProductUnknown),
        }
    }

    /// A product that is listed, on sale or not.
    fn listed(&mut self, product: u64) -> Result<&mut Offer, ErrorCode> {
        let offer = self.products.get_mut(&product);
        offer.filter(|offer| offer.standing != Standing::Deleted).ok_or(ErrorCode::ProductUnknown)
    }

    /// Does `deed`, if it can be done. Says what it comes to and whether anything changes.
    pub(crate) fn perform(&mut self, deed: &Deed) -> (Outcome, bool) {
        let before = self.clone();
        let outcome = self.attempt(deed).unwrap_or_else(Outcome::Refused);
        if matches!(outcome, Outcome::Refused(_)) {
            *self = before;
            return (outcome, false);
        }
        // Ids that are drawn leave no mark here, but something happens all the same.
        let is_drawn = matches!(outcome, Outcome::Opened(_) | Outcome::Ordered { .. } | Outcome::Applied(_));
        (outcome, is_drawn || *self != before)
    }

    fn attempt(&mut self, deed: &Deed) -> Result<Outcome, ErrorCode> {
        match deed {
            Deed::Open { slot } => {
                if self.opened.contains_key(slot) {
                    Err(ErrorCode::IdentityTaken)
                } else {
                    Ok(Outcome::Opened(0))
                }
            }
            Deed::Adjust { account, method, fen } => {
                let held = self.held(account.get(), *method);
                if *fen == 0 {
                    return Err(ErrorCode::AmountOutOfRange);
                }
                if held + fen < 0 {
                    return Err(low(*method));
                }
                *self.purse(account.get(), *method) += fen;
                Ok(Outcome::Done)
            }
            Deed::Buy { account, product, method } => {
                self.buy(account.get(), product.get(), 1, *method).map(Outcome::Bought)
            }
            Deed::AddToCart { account, product } => {
                self.offer(product.get())?;
                let cart = self.carts.entry(account.get()).or_default();
                match cart.iter_mut().find(|(held, _)| *held == product.get()) {
                    Some((_, pieces)) => *pieces += 1,
                    None => cart.push((product.get(), 1)),
                }
                Ok(Outcome::Done)
            }
            Deed::Settle { account, method } => self.settle(account.get(), *method),
            Deed::Price { product, fen } => {
                let offer = self.listed(product.get())?;
                if *fen == 0 {
                    return Err(ErrorCode::AmountOutOfRange);
                }
                offer.price = *fen;
                Ok(Outcome::Done)
            }
            Deed::Delist { product } => self.list(product.get(), Standing::Delisted),
            Deed::Relist { product } => self.list(product.get(), Standing::OnSale),
            Deed::Order { item, .. } => {
                let (money, charge, is_offered) =
                    *self.items.get(&item.get()).ok_or(ErrorCode::RechargeItemUnknown)?;
                if !is_offered {
                    return Err(ErrorCode::RechargeItemDelisted);
                }
                Ok(Outcome::Ordered { id: 0, money, charge })
            }
            Deed::Apply { product, num, unit, total, .. } => self.apply(product.get(), *num, *unit, *total),
            Deed::Conclude { account, purchase, conclusion } => {
                self.conclude(account.get(), purchase.get(), *conclusion)
            }
            Deed::Update { account, product, change } => self.update(account.get(), product.get(), *change),
        }
    }

    fn list(&mut self, product: u64, standing: Standing) -> Result<Outcome, ErrorCode> {
        self.listed(product)?.standing = standing;
        Ok(Outcome::Done)
    }

    fn apply(&self, product: u64, num: u32, unit: i64, total: i64) -> Result<Outcome, ErrorCode> {
        let price = self.offer(product)?.price_paid();
        if !CAMPUS_PRODUCTS.contains(&product) {
            return Err(ErrorCode::ShopUnknown);
        }
        if num == 0 {
            return Err(ErrorCode::AmountOutOfRange);
        }
        if unit != price {
            return Err(ErrorCode::UnitPriceMismatch);
        }
        if total != price * i64::from(num) {
            return Err(ErrorCode::TotalMismatch);
        }
        Ok(Outcome::Applied(0))
    }

    fn conclude(
        &mut self,
        account: u64,
        purchase: u64,
        conclusion: Conclusion,
    ) -> Result<Outcome, ErrorCode> {
        let application = *self.applications.get(&purchase).ok_or(ErrorCode::PurchaseUnknown)?;
        if application.buyer != account {
            return Err(ErrorCode::PurchaseNotYours);
        }
        if application.stage != Stage::Paying {
            return Err(ErrorCode::PurchaseNotPaying);
        }
        let stage = match conclusion {
            Conclusion::Cancel => Stage::Cancelled,
            Conclusion::Pay(method) => {
                let Application { product, num, total, .. } = application;
                if self.held(account, method) < total {
                    return Err(low(method));
                }
                self.offer(product)?;
                *self.purse(account, method) -= total;
                self.listed(product)?.sold += u64::from(num);
                Stage::Paid
            }
        };
        self.applications.insert(purchase, Application { stage, ..application });
        Ok(Outcome::Done)
    }

    fn update(&mut self, account: u64, product: u64, change: Change) -> Result<Outcome, ErrorCode> {
        if account != self.shopkeeper {
            return Err(ErrorCode::NotOwner);
        }
        let offer = self.listed(product)?;
        if !CAMPUS_PRODUCTS.contains(&product) {
            return Err(ErrorCode::ProductElsewhere);
        }
        if change.price == Some(0) || change.discount == Some(Some(0)) {
            return Err(ErrorCode::AmountOutOfRange);
        }
        offer.price = change.price.unwrap_or(offer.price);
        offer.discount = change.discount.unwrap_or(offer.discount);
        offer.standing = change.shelf;
        Ok(Outcome::Done)
    }

    fn buy(&mut self, account: u64, product: u64, num: u32, method: PaymentMethod) -> Result<i64, ErrorCode> {
        let price = self.offer(product)?.price_paid();
        let total = price * i64::from(num);
        if self.held(account, method) < total {
            return Err(low(method));
        }
        *self.purse(account, method) -= total;
        if let Some(offer) = self.products.get_mut(&product) {
            offer.sold += u64::from(num);
        }
        Ok(price)
    }

    fn settle(&mut self, account: u64, method: PaymentMethod) -> Result<Outcome, ErrorCode> {
        let cart = self.carts.get(&account).cloned().unwrap_or_default();
        if cart.is_empty() {
            return Err(ErrorCode::CartEmpty);
        }
        let (mut bought, mut failed) = (Vec::new(), Vec::new());
        for (product, num) in cart {
            match self.buy(account, product, num, method) {
                Ok(price) => bought.push((product, num, price)),
                Err(code) => failed.push((product, num, code)),
            }
        }
        let left = failed.iter().map(|(product, num, _)| (*product, *num)).collect();
        self.carts.insert(account, left);
        Ok(Outcome::Settled { bought, failed })
    }

    /// WeChat was paid for a recharge. Says whether that can be.
    pub(crate) fn pay(&mut self, recharge: u64) -> Result<(), String> {
        let Some(asked) = self.recharges.get_mut(&recharge) else {
            return Err(format!("recharge {recharge} was paid, but never asked for"));
        };
        if !asked.is_prepared || asked.is_paid {
            return Err(format!("recharge {recharge} was paid as {asked:?}"));
        }
        asked.is_paid = true;
        let Asked { account, money, charge, .. } = *asked;
        *self.purse(account, PaymentMethod::Balance) += money;
        *self.purse(account, PaymentMethod::Coupon) += charge;
        Ok(())
    }
}

const fn low(method: PaymentMethod) -> ErrorCode {
    match method {
        PaymentMethod::Balance => ErrorCode::LowBalance,
        PaymentMethod::Coupon => ErrorCode::LowCoupon,
    }
}

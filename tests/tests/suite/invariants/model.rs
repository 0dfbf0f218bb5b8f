//! The model: what the house is, in a few maps, and what each command must come to.

use std::collections::BTreeMap;

use commerce::PaymentMethod;
use kernel::ErrorCode;

use super::command::Deed;

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
    Refused(ErrorCode),
}

impl Outcome {
    /// The outcome without ids that were drawn.
    pub(crate) fn without_ids(&self) -> Self {
        match self {
            Self::Opened(_) => Self::Opened(0),
            Self::Ordered { money, charge, .. } => Self::Ordered { id: 0, money: *money, charge: *charge },
            Self::Done | Self::Bought(_) | Self::Settled { .. } | Self::Refused(_) => self.clone(),
        }
    }
}

/// A product as far as buyers are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) price: i64,
    pub(crate) is_on_sale: bool,
    pub(crate) sold: u64,
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
        if offer.is_on_sale { Ok(*offer) } else { Err(ErrorCode::ProductDelisted) }
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
        let is_drawn = matches!(outcome, Outcome::Opened(_) | Outcome::Ordered { .. });
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
                let offer = self.products.get_mut(&product.get()).ok_or(ErrorCode::ProductUnknown)?;
                if *fen == 0 {
                    return Err(ErrorCode::AmountOutOfRange);
                }
                offer.price = *fen;
                Ok(Outcome::Done)
            }
            Deed::Delist { product } => self.list(product.get(), false),
            Deed::Relist { product } => self.list(product.get(), true),
            Deed::Order { item, .. } => {
                let (money, charge, is_offered) =
                    *self.items.get(&item.get()).ok_or(ErrorCode::RechargeItemUnknown)?;
                if !is_offered {
                    return Err(ErrorCode::RechargeItemDelisted);
                }
                Ok(Outcome::Ordered { id: 0, money, charge })
            }
        }
    }

    fn list(&mut self, product: u64, is_on_sale: bool) -> Result<Outcome, ErrorCode> {
        self.products.get_mut(&product).ok_or(ErrorCode::ProductUnknown)?.is_on_sale = is_on_sale;
        Ok(Outcome::Done)
    }

    fn buy(&mut self, account: u64, product: u64, num: u32, method: PaymentMethod) -> Result<i64, ErrorCode> {
        let price = self.offer(product)?.price;
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

//! What one commit must hold together: a purchase its debit and its sale, a paid recharge its credit and its bonus, a claimed
//! name and a counted shop the opening of that shop.

use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use aggregates::merchant::MerchantEvent;
use aggregates::product::ProductEvent;
use aggregates::purchase::{PaymentMethod, PurchaseEvent};
use aggregates::shop::ShopEvent;
use aggregates::shop_name::ShopNameEvent;
use kernel::{AccountId, Money, ProductId, PurchaseId, RechargeId, RechargeItemId, ShopId};

use super::Purse;
use super::cart::SettledLine;
use super::recharge::Asked;
use crate::breach::{Breach, Place, Wrong, ensure, same};
use crate::digest::Digest;

/// The events of the running commit that belong together.
#[derive(Debug, Default)]
pub(crate) struct Together {
    made: Vec<Noted<PurchaseId, Made>>,
    debits: Vec<Noted<PurchaseId, Debit>>,
    sales: Vec<Noted<PurchaseId, (ProductId, u32)>>,
    settled: Vec<Noted<PurchaseId, (AccountId, ProductId, u32)>>,
    paid: Vec<Noted<RechargeId, Asked>>,
    credits: Vec<Noted<RechargeId, Credit>>,
    grants: Vec<Noted<RechargeId, Credit>>,
    opened: Vec<Noted<ShopId, (Option<AccountId>, Digest)>>,
    named: Vec<Noted<ShopId, Digest>>,
    counted: Vec<Noted<ShopId, AccountId>>,
}

/// A fact with what it is about and where it stands.
#[derive(Debug)]
struct Noted<K, T> {
    key: K,
    fact: T,
    place: Place,
}

#[derive(Debug)]
struct Made {
    buyer: AccountId,
    product: ProductId,
    num: u32,
    total: Money,
    method: PaymentMethod,
    name: Digest,
}

#[derive(Debug)]
struct Debit {
    account: AccountId,
    purse: Purse,
    amount: Money,
    product: ProductId,
    num: u32,
    name: Digest,
}

#[derive(Debug)]
struct Credit {
    account: AccountId,
    amount: Money,
    item: RechargeItemId,
    name: Digest,
}

impl Together {
    pub(super) fn note_balance(&mut self, account: AccountId, event: &BalanceEvent, place: Place) {
        match event {
            BalanceEvent::BalanceCredited { amount, source, .. } => {
                if let CreditSource::Recharge { recharge, item, name } = source {
                    let fact = Credit { account, amount: *amount, item: *item, name: Digest::of_name(name) };
                    note(&mut self.credits, *recharge, fact, place);
                }
            }
            BalanceEvent::BalanceDebited { amount, purpose, .. } => {
                if let DebitPurpose::Purchase { purchase, product, name, num } = purpose {
                    let (amount, product, num, name) = (*amount, *product, *num, Digest::of_name(name));
                    let fact = Debit { account, purse: Purse::Balance, amount, product, num, name };
                    note(&mut self.debits, *purchase, fact, place);
                }
            }
        }
    }

    pub(super) fn note_coupon(&mut self, account: AccountId, event: &CouponEvent, place: Place) {
        match event {
            CouponEvent::CouponGranted { amount, source, .. } => {
                if let GrantSource::Recharge { recharge, item, name } = source {
                    let fact = Credit { account, amount: *amount, item: *item, name: Digest::of_name(name) };
                    note(&mut self.grants, *recharge, fact, place);
                }
            }
            CouponEvent::CouponSpent { amount, purpose, .. } => {
                if let SpendPurpose::Purchase { purchase, product, name, num } = purpose {
                    let (amount, product, num, name) = (*amount, *product, *num, Digest::of_name(name));
                    let fact = Debit { account, purse: Purse::Coupon, amount, product, num, name };
                    note(&mut self.debits, *purchase, fact, place);
                }
            }
        }
    }

    pub(super) fn note_settled(&mut self, account: AccountId, settled: Option<SettledLine>, place: Place) {
        if let Some(SettledLine { purchase, product, num }) = settled {
            note(&mut self.settled, purchase, (account, product, num), place);
        }
    }

    pub(super) fn note_sold(&mut self, product: ProductId, event: &ProductEvent, place: Place) {
        if let ProductEvent::ProductSold { purchase, num, .. } = event {
            note(&mut self.sales, *purchase, (product, *num), place);
        }
    }

    pub(super) fn note_purchase(&mut self, purchase: PurchaseId, event: &PurchaseEvent, place: Place) {
        if let PurchaseEvent::PurchaseMade { buyer, product, name, num, total, method, .. }
        | PurchaseEvent::PurchasePaid { buyer, product, name, num, total, method, .. } = event
        {
            let (buyer, product, num, total, method) = (*buyer, *product, *num, *total, *method);
            let fact = Made { buyer, product, num, total, method, name: Digest::of_name(name) };
            note(&mut self.made, purchase, fact, place);
        }
    }

    pub(super) fn note_opened(&mut self, shop: ShopId, event: &ShopEvent, place: Place) {
        if let ShopEvent::ShopOpened { owner, name } = event {
            note(&mut self.opened, shop, (*owner, Digest::of_name(name)), place);
        }
    }

    pub(super) fn note_named(&mut self, name: Digest, event: &ShopNameEvent, place: Place) {
        let ShopNameEvent::ShopNameClaimed { shop } = event;
        note(&mut self.named, *shop, name, place);
    }

    pub(super) fn note_counted(&mut self, account: AccountId, event: &MerchantEvent, place: Place) {
        let MerchantEvent::MerchantShopOpened { shop, .. } = event;
        note(&mut self.counted, *shop, account, place);
    }

    pub(super) fn note_paid(&mut self, recharge: RechargeId, paid: Option<Asked>, place: Place) {
        if let Some(asked) = paid {
            note(&mut self.paid, recharge, asked, place);
        }
    }

    /// Checks that nothing of what belongs together is missing or left over, and begins anew.
    ///
    /// # Errors
    /// The first event that stands alone or does not fit.
    pub(crate) fn close(&mut self) -> Result<(), Breach> {
        for made in &self.made {
            self.check_purchase(made).map_err(|wrong| wrong.at(made.place))?;
        }
        for paid in &self.paid {
            self.check_recharge(paid).map_err(|wrong| wrong.at(paid.place))?;
        }
        has_owner("a debit belongs to a purchase of its commit", &self.debits, &self.made)?;
        has_owner("a sale belongs to a purchase of its commit", &self.sales, &self.made)?;
        has_owner("a settled line belongs to a purchase of its commit", &self.settled, &self.made)?;
        has_owner("a credit belongs to a payment of its commit", &self.credits, &self.paid)?;
        has_owner("a bonus belongs to a payment of its commit", &self.grants, &self.paid)?;
        self.check_shops()?;
        self.clear();
        Ok(())
    }

    /// Begins anew; the room is kept.
    fn clear(&mut self) {
        let Self { made, debits, sales, settled, paid, credits, grants, opened, named, counted } = self;
        made.clear();
        debits.clear();
        sales.clear();
        settled.clear();
        paid.clear();
        credits.clear();
        grants.clear();
        opened.clear();
        named.clear();
        counted.clear();
    }

    fn check_shops(&self) -> Result<(), Breach> {
        for named in &self.named {
            self.check_named(named).map_err(|wrong| wrong.at(named.place))?;
        }
        for counted in &self.counted {
            self.check_counted(counted).map_err(|wrong| wrong.at(counted.place))?;
        }
        Ok(())
    }

    fn check_named(&self, named: &Noted<ShopId, Digest>) -> Result<(), Wrong> {
        let (_, name) = one("a name is claimed for a shop opened in its commit", &self.opened, named.key)?;
        ensure(*name == named.fact, "a shop bears the name it claims", "the shop's name", "another")
    }

    fn check_counted(&self, counted: &Noted<ShopId, AccountId>) -> Result<(), Wrong> {
        let (owner, _) = one("a shop is counted in the commit that opens it", &self.opened, counted.key)?;
        let told = |owner: Option<AccountId>| owner.map_or("the house".to_owned(), |it| it.to_string());
        same("a shop is counted for its owner", told(*owner), counted.fact.to_string())
    }

    fn check_purchase(&self, made: &Noted<PurchaseId, Made>) -> Result<(), Wrong> {
        let Made { buyer, product, num, total, method, name } = &made.fact;
        let debit = one("a purchase has exactly its debit", &self.debits, made.key)?;
        let purse = match method {
            PaymentMethod::Balance => Purse::Balance,
            PaymentMethod::Coupon => Purse::Coupon,
        };
        if purse != debit.purse {
            let told = |purse: Purse| format!("a debit of the {purse:?}").to_lowercase();
            return Err(Wrong::new("a purchase is paid as it says", told(purse), told(debit.purse)));
        }
        same("a purchase is paid by its buyer", *buyer, debit.account)?;
        same("a purchase is paid in full", *total, debit.amount)?;
        same("a debit names the product bought", *product, debit.product)?;
        same("a debit names the pieces bought", *num, debit.num)?;
        ensure(*name == debit.name, "a debit bears the product's name", "the product's name", "another")?;
        let (sold, pieces) = one("a purchase has exactly its sale", &self.sales, made.key)?;
        same("what is bought is sold", *product, *sold)?;
        same("as many are sold as bought", *num, *pieces)?;
        let mut settled = self.settled.iter().filter(|settled| settled.key == made.key);
        if let Some(Noted { fact: (account, product_settled, pieces), .. }) = settled.next() {
            same("a cart is settled by its owner", *buyer, *account)?;
            same("a line is settled by its product", *product, *product_settled)?;
            same("a line is settled whole", *pieces, *num)?;
        }
        same("a purchase settles one line", 0, settled.count())
    }

    fn check_recharge(&self, paid: &Noted<RechargeId, Asked>) -> Result<(), Wrong> {
        let asked = &paid.fact;
        let credit = one("a payment has exactly its credit", &self.credits, paid.key)?;
        check_credit(asked, asked.money, credit)?;
        if asked.charge == Money::ZERO {
            let none = self.grants.iter().filter(|grant| grant.key == paid.key).count();
            return same("a payment without a bonus gives none", 0, none);
        }
        let grant = one("a payment has exactly its bonus", &self.grants, paid.key)?;
        check_credit(asked, asked.charge, grant)
    }
}

fn check_credit(asked: &Asked, amount: Money, credit: &Credit) -> Result<(), Wrong> {
    same("a payment is credited to who asked", asked.account, credit.account)?;
    same("a payment is credited as asked", amount, credit.amount)?;
    same("a credit names the item asked for", asked.item, credit.item)?;
    ensure(asked.name == credit.name, "a credit bears the item's name", "the item's name", "another")
}

fn note<K, T>(list: &mut Vec<Noted<K, T>>, key: K, fact: T, place: Place) {
    list.push(Noted { key, fact, place });
}

/// The one fact about `key`.
fn one<'a, K: PartialEq, T>(rule: &'static str, list: &'a [Noted<K, T>], key: K) -> Result<&'a T, Wrong> {
    let mut about = list.iter().filter(|noted| noted.key == key).map(|noted| &noted.fact);
    match (about.next(), about.next()) {
        (Some(fact), None) => Ok(fact),
        (None, _) => Err(Wrong::new(rule, "one in the commit", "none")),
        (Some(_), Some(_)) => Err(Wrong::new(rule, "one in the commit", "several")),
    }
}

/// Makes sure that each of `list` is about one of `owners`.
fn has_owner<K: PartialEq + std::fmt::Display, T, O>(
    rule: &'static str,
    list: &[Noted<K, T>],
    owners: &[Noted<K, O>],
) -> Result<(), Breach> {
    let orphan = list.iter().find(|noted| !owners.iter().any(|owner| owner.key == noted.key));
    orphan.map_or(Ok(()), |noted| {
        Err(Wrong::new(rule, format_args!("{} in the commit", noted.key), "nothing").at(noted.place))
    })
}

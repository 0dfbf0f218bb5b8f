//! Long random histories, as the house would write them, from a seed. They are made without the engine, so that a
//! million events take seconds.

use std::collections::BTreeMap;
use std::sync::Arc;

use aggregates::account::{AccountEvent, Role};
use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::cart::{CartEvent, RemovalReason};
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use aggregates::identity::IdentityEvent;
use aggregates::merchant::MerchantEvent;
use aggregates::product::ProductEvent;
use aggregates::purchase::{PaymentMethod, PurchaseEvent};
use aggregates::recharge::RechargeEvent;
use aggregates::recharge_item::RechargeItemEvent;
use aggregates::shop::ShopEvent;
use aggregates::shop_name::ShopNameEvent;
use event_store::{Answer, AnswerKey, Commit, NewEvent, StreamId};
use kernel::{DomainEvent, Money, Sealed, Timestamp};
use serde::Serialize;
use uuid::Uuid;

const SHOPS: u64 = 3;
const ITEMS: [(&str, i64, i64); 3] =
    [("充10元", 1_000, 0), ("充50元送5元", 5_000, 500), ("充100;\"送\"\\20|", 10_000, 2_000)];
/// 2026-01-01 00:00:00 in Shanghai.
const BEGIN_MICROS: i64 = 1_767_196_800_000_000;

/// Numbers from a seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

#[derive(Clone, Default)]
struct Product {
    shop: u64,
    name: String,
    price: i64,
    discount: Option<i64>,
    sold: u64,
    on_sale: bool,
}

#[derive(Clone)]
struct Recharge {
    id: u64,
    account: u64,
    item: usize,
    prepared: bool,
    closed: bool,
}

/// A purchase that waits to be paid.
#[derive(Clone)]
struct Waiting {
    id: u64,
    account: u64,
    product: usize,
    shop: u64,
    name: String,
    num: u32,
    total: i64,
}

/// A history in the making.
pub(crate) struct History {
    dice: Dice,
    now: i64,
    step_max: i64,
    position: u64,
    sequences: BTreeMap<(&'static str, String), u64>,
    accounts: Vec<u64>,
    products: Vec<Product>,
    carts: BTreeMap<u64, Vec<(u64, usize, u32)>>,
    funds: BTreeMap<(u64, bool), i64>,
    recharges: Vec<Recharge>,
    waiting: Vec<Waiting>,
    ids: u64,
    events: Vec<NewEvent>,
    recharges_made: u64,
    accounts_max: usize,
}

impl History {
    /// One with so many accounts at the most, whose commits are up to `step_max_s` seconds apart.
    pub(crate) fn new(seed: u64, accounts_max: usize, step_max_s: i64) -> Self {
        Self {
            dice: Dice::new(seed),
            now: BEGIN_MICROS,
            step_max: step_max_s * 1_000_000,
            position: 1,
            sequences: BTreeMap::new(),
            accounts: Vec::new(),
            products: Vec::new(),
            carts: BTreeMap::new(),
            funds: BTreeMap::new(),
            recharges: Vec::new(),
            waiting: Vec::new(),
            ids: 0,
            events: Vec::new(),
            recharges_made: 0,
            accounts_max,
        }
    }

    /// The next so many commits.
    pub(crate) fn commits(&mut self, count: usize) -> Vec<Commit> {
        (0..count).map(|_| self.commit()).collect()
    }

    /// The next commit; it has at least one event.
    pub(crate) fn commit(&mut self) -> Commit {
        while self.events.is_empty() {
            self.ids = 0;
            self.act();
        }
        self.position += self.events.len() as u64;
        self.now += i64::try_from(self.dice.below(self.step_max.unsigned_abs() + 1)).unwrap();
        let id = Uuid::now_v7();
        let recorded_at = Timestamp::from_micros(self.now);
        let account = self.accounts.first().copied().unwrap_or(1);
        let answer = (self.dice.below(10) == 0).then(|| Answer {
            key: AnswerKey { account, key: format!("key-{}", self.position).into() },
            request_hash: [7; 32],
            body: Arc::from(&br#"{"Ok":null}"#[..]),
            commit_id: id,
            recorded_at,
        });
        // Programs of before the digests told nothing of answers.
        let told = answer.as_ref().filter(|_| !self.position.is_multiple_of(3));
        let told = told.map(|answer| format!(r#","answer":"{}""#, answer.digest())).unwrap_or_default();
        Commit {
            id,
            recorded_at,
            metadata: format!(
                r#"{{"actor":"{account}","api":"wallet","correlation":"c-{}"{told}}}"#,
                self.position
            )
            .into(),
            events: std::mem::take(&mut self.events),
            answer,
        }
    }

    fn act(&mut self) {
        if self.products.is_empty() {
            return self.open_house();
        }
        match self.dice.below(100) {
            _ if self.accounts.is_empty() => self.open_account(),
            0..5 if self.accounts.len() < self.accounts_max => self.open_account(),
            5..12 => self.change_product(),
            12..25 => self.request_recharge(),
            25..50 => self.go_on_with_recharge(),
            50..60 => self.adjust(),
            60..75 => self.fill_cart(),
            75..80 => self.settle_cart(),
            80..85 => self.apply(),
            85..90 => self.go_on_with_purchase(),
            _ => self.buy(),
        }
    }

    fn push<E: DomainEvent + Serialize>(&mut self, kind: &'static str, id: impl ToString, event: &E) {
        let sequence = self.sequences.entry((kind, id.to_string())).or_default();
        *sequence += 1;
        self.events.push(NewEvent {
            stream: StreamId::new(kind, id.to_string()),
            sequence: *sequence,
            event_type: event.event_type().into(),
            event_version: event.event_version().into(),
            payload: serde_json::to_string(event).unwrap().into(),
        });
        // Purchases that were paid or cancelled are never touched again.
        if kind == "purchase" && event.event_type() != "PurchaseApplied" {
            self.sequences.remove(&(kind, id.to_string()));
        }
    }

    fn new_id<T: TryFrom<u64, Error: std::fmt::Debug>>(&mut self) -> T {
        let number = (1 << 40) + (self.position << 10) + self.ids;
        self.ids += 1;
        T::try_from(number).unwrap()
    }

    fn open_house(&mut self) {
        for shop in 0..SHOPS {
            let owner = (shop > 0).then(|| id(100_000_000_000 + shop));
            let name = format!("店{shop}");
            self.push("shop", shop, &ShopEvent::ShopOpened { owner, name: name.clone() });
            if let Some(owner) = owner {
                let (content, picture) = ("好茶".to_owned(), "/1.png".to_owned());
                self.push("shop", shop, &ShopEvent::ShopDescribed { content, picture });
                self.push("shop_name", name, &ShopNameEvent::ShopNameClaimed { shop: id(shop) });
                let counted = MerchantEvent::MerchantShopOpened { shop: id(shop), shops: 1 };
                self.push("merchant", owner, &counted);
            }
        }
        for (number, (name, money, charge)) in (1_u64..).zip(ITEMS) {
            let (money, charge) = (fen(money), fen(charge));
            let (name, description) = (name.to_owned(), String::new());
            self.push(
                "recharge_item",
                number,
                &RechargeItemEvent::RechargeItemListed { name, description, money, charge },
            );
        }
        for number in 0..8_u64 {
            let (name, description, icon) =
                (format!("商品;{number} \"q\" | \\"), String::new(), String::new());
            let (shop, price) = (number % SHOPS, 50 + i64::try_from(number).unwrap() * 333);
            let event = ProductEvent::ProductListed {
                shop: id(shop),
                name: name.clone(),
                description,
                icon,
                price: fen(price),
            };
            self.push("product", number, &event);
            self.products.push(Product { shop, name, price, discount: None, sold: 0, on_sale: true });
        }
    }

    fn open_account(&mut self) {
        let account = 100_000_000_000 + 17 * self.accounts.len() as u64;
        let profile = Sealed::from_base64("c2VhbGVk".to_owned());
        self.push("account", account, &AccountEvent::AccountOpened { roles: vec![Role::Customer], profile });
        let identity = format!("phone:{account:064x}");
        self.push("identity", identity, &IdentityEvent::IdentityClaimed { account: id(account) });
        self.accounts.push(account);
    }

    fn change_product(&mut self) {
        let index = usize::try_from(self.dice.below(self.products.len() as u64)).unwrap();
        let on_sale = self.products[index].on_sale;
        let event = match self.dice.below(3) {
            0 if on_sale => {
                self.products[index].on_sale = false;
                ProductEvent::ProductDelisted {}
            }
            _ if !on_sale => {
                self.products[index].on_sale = true;
                ProductEvent::ProductRelisted {}
            }
            1 => {
                let price = self.products[index].price;
                let discount = self.products[index].discount.map_or(Some(price / 2 + 1), |_| None);
                self.products[index].discount = discount;
                ProductEvent::ProductDiscounted { discount: discount.map(fen) }
            }
            _ => {
                self.products[index].price += 1;
                ProductEvent::ProductPriced { price: fen(self.products[index].price) }
            }
        };
        self.push("product", index, &event);
    }

    fn some_account(&mut self) -> u64 {
        self.accounts[usize::try_from(self.dice.below(self.accounts.len() as u64)).unwrap()]
    }

    fn request_recharge(&mut self) {
        let (account, item) = (self.some_account(), usize::try_from(self.dice.below(3)).unwrap());
        self.recharges_made += 1;
        // Recharge ids are drawn, not counted.
        let number = (1 << 44) + (self.recharges_made.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12);
        let (name, money, charge) = ITEMS[item];
        let event = RechargeEvent::RechargeRequested {
            account: id(account),
            item: id(item as u64 + 1),
            name: name.to_owned(),
            money: fen(money),
            charge: fen(charge),
        };
        self.push("recharge", number, &event);
        self.recharges.push(Recharge { id: number, account, item, prepared: false, closed: false });
    }

    fn go_on_with_recharge(&mut self) {
        if self.recharges.is_empty() {
            return;
        }
        let index = usize::try_from(self.dice.below(self.recharges.len() as u64)).unwrap();
        let recharge = self.recharges[index].clone();
        match self.dice.below(10) {
            0 if !recharge.closed => {
                self.push("recharge", recharge.id, &RechargeEvent::RechargeClosed {});
                self.recharges[index].closed = true;
            }
            1..4 if !recharge.prepared && !recharge.closed => {
                let prepay_id = format!("wx{}", recharge.id);
                self.push("recharge", recharge.id, &RechargeEvent::RechargePrepared { prepay_id });
                self.recharges[index].prepared = true;
            }
            _ => {
                self.recharges.swap_remove(index);
                // Of those that were closed most are never paid.
                if !recharge.closed || self.dice.below(4) == 0 {
                    self.pay_recharge(&recharge);
                }
            }
        }
    }

    fn pay_recharge(&mut self, recharge: &Recharge) {
        let (name, money, charge) = ITEMS[recharge.item];
        let (item, number) = (recharge.item as u64 + 1, recharge.id);
        let event = RechargeEvent::RechargePaid {
            transaction_id: format!("4200{number}"),
            amount: fen(money),
            success_time: Some(Timestamp::from_micros(self.now)),
        };
        self.push("recharge", number, &event);
        let source = CreditSource::Recharge { recharge: id(number), item: id(item), name: name.to_owned() };
        self.credit(recharge.account, money, source);
        if charge > 0 {
            let source =
                GrantSource::Recharge { recharge: id(number), item: id(item), name: name.to_owned() };
            self.grant(recharge.account, charge, source);
        }
    }

    fn adjust(&mut self) {
        let account = self.some_account();
        let amount = 1 + i64::try_from(self.dice.below(5_000)).unwrap();
        let reason = "goodwill; \"quoted\"\nsecond line | payee".to_owned();
        match self.dice.below(4) {
            0 => self.credit(account, amount, CreditSource::Adjustment { reason }),
            1 => self.grant(account, amount, GrantSource::Adjustment { reason }),
            2 => drop(self.debit(account, amount, DebitPurpose::Adjustment { reason })),
            _ => drop(self.spend(account, amount, SpendPurpose::Adjustment { reason })),
        }
    }

    fn credit(&mut self, account: u64, amount: i64, source: CreditSource) {
        let balance = self.hold(account, false, amount).unwrap();
        let entry = self.new_id();
        self.push(
            "balance",
            account,
            &BalanceEvent::BalanceCredited { entry, amount: fen(amount), balance, source },
        );
    }

    fn grant(&mut self, account: u64, amount: i64, source: GrantSource) {
        let coupon = self.hold(account, true, amount).unwrap();
        let entry = self.new_id();
        self.push(
            "coupon",
            account,
            &CouponEvent::CouponGranted { entry, amount: fen(amount), coupon, source },
        );
    }

    #[must_use]
    fn debit(&mut self, account: u64, amount: i64, purpose: DebitPurpose) -> Option<()> {
        let balance = self.hold(account, false, -amount)?;
        let entry = self.new_id();
        self.push(
            "balance",
            account,
            &BalanceEvent::BalanceDebited { entry, amount: fen(amount), balance, purpose },
        );
        Some(())
    }

    #[must_use]
    fn spend(&mut self, account: u64, amount: i64, purpose: SpendPurpose) -> Option<()> {
        let coupon = self.hold(account, true, -amount)?;
        let entry = self.new_id();
        self.push(
            "coupon",
            account,
            &CouponEvent::CouponSpent { entry, amount: fen(amount), coupon, purpose },
        );
        Some(())
    }

    fn hold(&mut self, account: u64, is_coupon: bool, change: i64) -> Option<Money> {
        let held = self.funds.entry((account, is_coupon)).or_default();
        let after = (*held + change >= 0).then_some(*held + change)?;
        *held = after;
        Some(fen(after))
    }

    fn buy(&mut self) {
        let (account, product) = (self.some_account(), usize::try_from(self.dice.below(8)).unwrap());
        let num = 1 + u32::try_from(self.dice.below(3)).unwrap();
        let is_coupon = self.dice.below(3) == 0;
        self.purchase(account, product, num, is_coupon);
    }

    /// Buys, if it can be.
    fn purchase(&mut self, account: u64, index: usize, num: u32, is_coupon: bool) -> Option<u64> {
        let Product { shop, name, price, discount, on_sale, .. } = self.products[index].clone();
        let price = discount.unwrap_or(price);
        let total = price * i64::from(num);
        let held = self.funds.get(&(account, is_coupon)).copied().unwrap_or_default();
        if !on_sale || held < total {
            return None;
        }
        let number: kernel::PurchaseId = self.new_id();
        let (product, purchase) = (id(index as u64), number);
        let method = if is_coupon { PaymentMethod::Coupon } else { PaymentMethod::Balance };
        let made = PurchaseEvent::PurchaseMade {
            buyer: id(account),
            product,
            shop: id(shop),
            name: name.clone(),
            unit_price: fen(price),
            num,
            total: fen(total),
            method,
        };
        self.push("purchase", number, &made);
        if is_coupon {
            self.spend(account, total, SpendPurpose::Purchase { purchase, product, name, num })?;
        } else {
            self.debit(account, total, DebitPurpose::Purchase { purchase, product, name, num })?;
        }
        self.sell(index, number.get(), num);
        Some(number.get())
    }

    fn sell(&mut self, index: usize, purchase: u64, num: u32) {
        self.products[index].sold += u64::from(num);
        let sold = self.products[index].sold;
        self.push("product", index, &ProductEvent::ProductSold { purchase: id(purchase), num, sold });
    }

    fn apply(&mut self) {
        let (account, index) = (self.some_account(), usize::try_from(self.dice.below(8)).unwrap());
        let num = 1 + u32::try_from(self.dice.below(3)).unwrap();
        let Product { shop, name, price, discount, on_sale, .. } = self.products[index].clone();
        if !on_sale {
            return;
        }
        let unit_price = discount.unwrap_or(price);
        let total = unit_price * i64::from(num);
        let number: kernel::PurchaseId = self.new_id();
        let applied = PurchaseEvent::PurchaseApplied {
            buyer: id(account),
            product: id(index as u64),
            shop: id(shop),
            name: name.clone(),
            unit_price: fen(unit_price),
            num,
            total: fen(total),
        };
        self.push("purchase", number, &applied);
        self.waiting.push(Waiting { id: number.get(), account, product: index, shop, name, num, total });
    }

    fn go_on_with_purchase(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let at = usize::try_from(self.dice.below(self.waiting.len() as u64)).unwrap();
        let Waiting { id: number, account, product: index, shop, name, num, total } =
            self.waiting[at].clone();
        if self.dice.below(4) == 0 {
            self.waiting.swap_remove(at);
            return self.push("purchase", number, &PurchaseEvent::PurchaseCancelled { buyer: id(account) });
        }
        let held = self.funds.get(&(account, false)).copied().unwrap_or_default();
        if !self.products[index].on_sale || held < total {
            return;
        }
        self.waiting.swap_remove(at);
        let (product, method) = (id(index as u64), PaymentMethod::Balance);
        let paid = PurchaseEvent::PurchasePaid {
            buyer: id(account),
            product,
            shop: id(shop),
            name: name.clone(),
            num,
            total: fen(total),
            method,
        };
        self.push("purchase", number, &paid);
        self.debit(account, total, DebitPurpose::Purchase { purchase: id(number), product, name, num })
            .unwrap();
        self.sell(index, number, num);
    }

    fn fill_cart(&mut self) {
        let (account, index) = (self.some_account(), usize::try_from(self.dice.below(8)).unwrap());
        if !self.products[index].on_sale {
            return;
        }
        let product = id(index as u64);
        let held = self.carts.get(&account).and_then(|cart| cart.iter().position(|line| line.1 == index));
        let event = if let Some(at) = held {
            let line = &mut self.carts.get_mut(&account).unwrap()[at];
            line.2 += 1;
            CartEvent::CartLineIncreased { line: id(line.0), product, num: line.2 }
        } else {
            let line: kernel::LineId = self.new_id();
            self.carts.entry(account).or_default().push((line.get(), index, 1));
            CartEvent::CartLineAdded { line, product, num: 1 }
        };
        self.push("cart", account, &event);
    }

    fn settle_cart(&mut self) {
        let account = self.some_account();
        let lines = self.carts.get(&account).cloned().unwrap_or_default();
        for (line, index, num) in lines {
            let Some(purchase) = self.purchase(account, index, num, false) else { continue };
            let reason = RemovalReason::Settled { purchase: id(purchase) };
            let (line_id, product) = (id(line), id(index as u64));
            self.push("cart", account, &CartEvent::CartLineRemoved { line: line_id, product, reason });
            self.carts.get_mut(&account).unwrap().retain(|held| held.0 != line);
        }
    }
}

pub(crate) fn id<T: TryFrom<u64, Error: std::fmt::Debug>>(number: u64) -> T {
    T::try_from(number).unwrap()
}

pub(crate) const fn fen(fen: i64) -> Money {
    Money::from_fen(fen)
}

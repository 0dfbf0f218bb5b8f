//! A client of a case: does its commands one after another and writes down what it was told.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use aggregates::product::ProductCommand;
use commerce::{
    Caller, Commerce, Discount, Error, IdempotencyKey, PaymentMethod, ProductChanges, RechargeOrder,
    Registration, Role, Settlement,
};
use event_store::EventStore;
use kernel::{AccountId, Coded as _, ErrorCode, Money, ProductId, PurchaseId, RechargeItemId, ShopId};
use serde::Serialize;
use tokio::runtime::Handle;

use super::command::{Change, Command, Conclusion, Deed, Manner, SLOTS};
use super::explain::{Attempt, correlation_of};
use super::house::Outside;
use super::model::Outcome;

/// What all clients of a case have written down.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) attempts: Mutex<Vec<Attempt>>,
    pub(crate) slots: Mutex<[Option<AccountId>; SLOTS as usize]>,
    /// The recharges that can be paid.
    pub(crate) orders: Mutex<Vec<RechargeOrder>>,
    /// The purchases that were asked for, and by whom.
    pub(crate) applications: Mutex<Vec<(PurchaseId, AccountId)>>,
    /// What products are believed to cost: right but for what nobody was told.
    pub(crate) prices: Mutex<HashMap<ProductId, (i64, Option<i64>)>>,
    /// The campus shop.
    pub(crate) shop: Mutex<Option<ShopId>>,
    /// What should not have happened while nothing was being stopped.
    pub(crate) troubles: Mutex<Vec<String>>,
    reconciled: AtomicU64,
}

/// A client.
#[derive(Clone)]
pub(crate) struct Shopper {
    pub(crate) commerce: Commerce,
    pub(crate) log: Arc<dyn EventStore>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) outside: Arc<Outside>,
    /// Where WeChat lives: longer than any server.
    pub(crate) world: Handle,
    /// Nobody stops anything while it works: then nothing is unavailable.
    pub(crate) is_calm: bool,
}

impl Shopper {
    pub(crate) async fn run(self, commands: Vec<Command>) {
        for command in commands {
            self.perform(command).await;
        }
    }

    async fn perform(&self, command: Command) {
        let slot = |slot: u8| self.notes.slots.lock().unwrap()[usize::from(slot)];
        let product = |number: u8| ProductId::try_from(u64::from(number) + 1).unwrap();
        let keyed = match command {
            Command::Open { slot } => Some((Deed::Open { slot }, None)),
            Command::Adjust { slot: number, method, fen, key } => {
                slot(number).map(|account| (Deed::Adjust { account, method, fen }, key))
            }
            Command::Buy { slot: number, product: one, method, key } => {
                slot(number).map(|account| (Deed::Buy { account, product: product(one), method }, key))
            }
            Command::AddToCart { slot: number, product: one, key } => {
                slot(number).map(|account| (Deed::AddToCart { account, product: product(one) }, key))
            }
            Command::Settle { slot: number, method, key } => {
                slot(number).map(|account| (Deed::Settle { account, method }, key))
            }
            Command::Price { product: one, fen } => Some((Deed::Price { product: product(one), fen }, None)),
            Command::Delist { product: one } => Some((Deed::Delist { product: product(one) }, None)),
            Command::Relist { product: one } => Some((Deed::Relist { product: product(one) }, None)),
            Command::Order { slot: number, item, key } => slot(number).map(|account| {
                (Deed::Order { account, item: RechargeItemId::try_from(u64::from(item) + 1).unwrap() }, key)
            }),
            Command::Apply { slot: number, product: one, num, off, key } => {
                slot(number).map(|account| (self.application(account, product(one), num, off), key))
            }
            Command::Conclude { slot: number, which, conclusion, key } => {
                let (purchase, buyer) = self.asked_for(which);
                let account = number.map_or(buyer, slot).or_else(|| slot(0));
                account.map(|account| (Deed::Conclude { account, purchase, conclusion }, key))
            }
            Command::Update { slot: number, product: one, change, key } => {
                slot(number).map(|account| (Deed::Update { account, product: product(one), change }, key))
            }
            Command::Again { which } => self.earlier(which),
            Command::Pay { which, manner } => return self.pay(which, manner).await,
            Command::Reconcile { which } => return self.reconcile(which).await,
        };
        if let Some((deed, key)) = keyed {
            self.attempt(deed, key).await;
        }
    }

    /// An application at the price believed.
    fn application(&self, account: AccountId, product: ProductId, num: u32, off: i64) -> Deed {
        let (price, discount) = self.notes.prices.lock().unwrap().get(&product).copied().unwrap_or((1, None));
        let unit = discount.unwrap_or(price);
        // One fen off is off the price of one piece, and off the total of several.
        let total = unit * i64::from(num) + off;
        let unit = if num == 1 { unit + off } else { unit };
        Deed::Apply { account, product, num, unit, total }
    }

    /// One of the purchases asked for, and who asked; if there is none, one that never was.
    fn asked_for(&self, which: u8) -> (PurchaseId, Option<AccountId>) {
        let applications = self.notes.applications.lock().unwrap();
        let chosen = applications.get(usize::from(which) % applications.len().max(1));
        chosen.map_or((PurchaseId::try_from(1_u64).unwrap(), None), |(id, buyer)| (*id, Some(*buyer)))
    }

    /// Remembers what a product costs now.
    fn believe(&self, product: ProductId, price: Option<i64>, discount: Option<Option<i64>>) {
        let mut prices = self.notes.prices.lock().unwrap();
        let known = prices.entry(product).or_insert((1, None));
        known.0 = price.unwrap_or(known.0);
        known.1 = discount.unwrap_or(known.1);
    }

    fn earlier(&self, which: u8) -> Option<(Deed, Option<u8>)> {
        let attempts = self.notes.attempts.lock().unwrap();
        let keyed: Vec<_> = attempts.iter().filter(|attempt| attempt.key.is_some()).collect();
        let chosen = keyed.get(usize::from(which) % keyed.len().max(1))?;
        Some((chosen.deed.clone(), chosen.key))
    }

    /// Does a deed and writes down what came of it, if anybody lives to tell.
    pub(crate) async fn attempt(&self, deed: Deed, key: Option<u8>) {
        let Ok(head) = self.log.head().await else { return };
        let index = {
            let mut attempts = self.notes.attempts.lock().unwrap();
            let before = head.position.number();
            attempts.push(Attempt { deed: deed.clone(), key, before, after: u64::MAX, told: None });
            attempts.len() - 1
        };
        let caller = Caller {
            api: "suite",
            account: deed.account(),
            correlation: correlation_of(index).into(),
            idempotency: key.map(|key| IdempotencyKey {
                key: format!("k{key}").into(),
                request_hash: request_hash(&deed),
            }),
        };
        let result = self.do_deed(&caller, &deed).await;
        let told = match result {
            Ok(told) => told,
            Err(error) if error.code().is_transient() => {
                if self.is_calm {
                    let trouble = format!("attempt {index} {deed:?}: {:?} {error}", error.code());
                    self.notes.troubles.lock().unwrap().push(trouble);
                }
                return;
            }
            Err(error) => (Outcome::Refused(error.code()), format!("{:?}: {error}", error.code())),
        };
        let Ok(head) = self.log.head().await else { return };
        if let Outcome::Opened(account) = &told.0
            && let Deed::Open { slot } = &deed
        {
            let account = AccountId::try_from(*account).unwrap();
            self.notes.slots.lock().unwrap()[usize::from(*slot)] = Some(account);
        }
        if let Some(attempt) = self.notes.attempts.lock().unwrap().get_mut(index) {
            (attempt.after, attempt.told) = (head.position.number(), Some(told));
        }
    }

    async fn do_deed(&self, caller: &Caller, deed: &Deed) -> Result<(Outcome, String), Error> {
        let commerce = &self.commerce;
        match deed {
            Deed::Open { slot } => {
                let account = commerce.register(caller, registration(*slot)).await?;
                Ok((Outcome::Opened(account.get()), account.to_string()))
            }
            Deed::Adjust { account, method, fen } => {
                done(commerce.adjust(caller, *account, *method, Money::from_fen(*fen), "suite").await)
            }
            Deed::Buy { product, method, .. } => {
                let view = commerce.buy(caller, *product, *method).await?;
                Ok((Outcome::Bought(view.price.fen()), text(&view)))
            }
            Deed::AddToCart { product, .. } => done(commerce.add_to_cart(caller, *product).await),
            Deed::Settle { method, .. } => {
                let settlement = commerce.settle_cart(caller, *method).await?;
                Ok((settled(&settlement), text(&settlement)))
            }
            Deed::Price { product, fen } => {
                let price = ProductCommand::Price { price: Money::from_fen(*fen) };
                let changed = commerce.change_product(caller, *product, price).await;
                if changed.is_ok() {
                    self.believe(*product, Some(*fen), None);
                }
                done(changed)
            }
            Deed::Delist { product } => {
                done(commerce.change_product(caller, *product, ProductCommand::Delist).await)
            }
            Deed::Relist { product } => {
                done(commerce.change_product(caller, *product, ProductCommand::Relist).await)
            }
            Deed::Order { item, .. } => {
                let order = commerce.request_recharge(caller, *item).await?;
                let (money, charge) = (order.item.money.fen(), order.item.charge.fen());
                let told = (Outcome::Ordered { id: order.id.get(), money, charge }, text(&order));
                let mut orders = self.notes.orders.lock().unwrap();
                if !orders.iter().any(|known| known.id == order.id) {
                    orders.push(order);
                }
                Ok(told)
            }
            Deed::Apply { account, product, num, unit, total } => {
                let prices = (Money::from_fen(*unit), Money::from_fen(*total));
                self.apply(caller, *account, *product, *num, prices).await
            }
            Deed::Conclude { purchase, conclusion: Conclusion::Pay(method), .. } => {
                done(commerce.pay_purchase(caller, *purchase, *method).await)
            }
            Deed::Conclude { purchase, conclusion: Conclusion::Cancel, .. } => {
                done(commerce.cancel_purchase(caller, *purchase).await)
            }
            Deed::Update { product, change, .. } => self.update(caller, *product, *change).await,
        }
    }

    async fn apply(
        &self,
        caller: &Caller,
        buyer: AccountId,
        product: ProductId,
        num: u32,
        (unit, total): (Money, Money),
    ) -> Result<(Outcome, String), Error> {
        let purchase = self.commerce.apply_purchase(caller, product, num, unit, total).await?;
        let mut applications = self.notes.applications.lock().unwrap();
        if !applications.iter().any(|(known, _)| *known == purchase) {
            applications.push((purchase, buyer));
        }
        Ok((Outcome::Applied(purchase.get()), purchase.to_string()))
    }

    async fn update(
        &self,
        caller: &Caller,
        product: ProductId,
        change: Change,
    ) -> Result<(Outcome, String), Error> {
        let discount = match change.discount {
            None => Discount::Keep,
            Some(None) => Discount::Clear,
            Some(Some(fen)) => Discount::Set(Money::from_fen(fen)),
        };
        let changes = ProductChanges {
            name: None,
            description: None,
            icon: None,
            keywords: None,
            price: change.price.map(Money::from_fen),
            discount,
            shelf: change.shelf.shelf(),
        };
        let shop = self.notes.shop.lock().unwrap().unwrap_or(ShopId::HOUSE);
        let updated = self.commerce.update_product(caller, shop, product, changes).await;
        if updated.is_ok() {
            self.believe(product, change.price, change.discount);
        }
        done(updated)
    }

    fn order(&self, which: u8) -> Option<RechargeOrder> {
        let orders = self.notes.orders.lock().unwrap();
        orders.get(usize::from(which) % orders.len().max(1)).cloned()
    }

    async fn pay(&self, which: u8, manner: Manner) {
        let Some(order) = self.order(which) else { return };
        let query = match manner {
            Manner::Paid { times } => format!("?times={times}"),
            Manner::Silent => "?silent=1".to_owned(),
            Manner::OtherAmount => "?amount=1".to_owned(),
            Manner::Forged => "?forge=1".to_owned(),
        };
        let outside = Arc::clone(&self.outside);
        let paying = self.world.spawn(async move { outside.pay(&order.prepay_id, &query).await });
        let answer = paying.await.unwrap_or_default();
        let notices = answer["notices"].as_array().cloned().unwrap_or_default();
        let is_taken = |notice: &serde_json::Value| notice.as_u64().is_some_and(|status| status < 300);
        let trouble = match manner {
            Manner::OtherAmount | Manner::Forged => notices.iter().any(is_taken),
            Manner::Paid { .. } => self.is_calm && !notices.iter().all(is_taken),
            Manner::Silent => !notices.is_empty(),
        };
        if trouble {
            self.notes.troubles.lock().unwrap().push(format!("paid {manner:?}: {answer}"));
        }
    }

    async fn reconcile(&self, which: u8) {
        if let Some(order) = self.order(which) {
            self.reconcile_order(&order).await;
        }
    }

    /// What the poller does for a recharge whose notice was lost.
    pub(crate) async fn reconcile_order(&self, order: &RechargeOrder) {
        let number = self.notes.reconciled.fetch_add(1, Ordering::Relaxed);
        let caller = Caller::house(format!("reconcile-{number}"));
        let result = self.commerce.reconcile_recharge(&caller, order.id, order.created_at).await;
        if let Err(error) = result
            && (self.is_calm || !error.code().is_transient())
        {
            self.notes.troubles.lock().unwrap().push(format!("reconcile {}: {error}", order.id));
        }
    }
}

/// Who is in a slot.
pub(crate) fn registration(slot: u8) -> Registration {
    Registration {
        login: format!("1380000000{slot}"),
        password: None,
        name: format!("顾客{slot}"),
        roles: vec![Role::Customer],
        wechat_code: None,
    }
}

fn done(result: Result<(), Error>) -> Result<(Outcome, String), Error> {
    result.map(|()| (Outcome::Done, "done".to_owned()))
}

fn text(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap()
}

fn settled(settlement: &Settlement) -> Outcome {
    let bought = settlement.bought.iter().map(|line| {
        let product = &line.product;
        (product.id.get(), line.num, product.price.fen())
    });
    let failed = settlement.failed.iter().map(|line| {
        let code = ErrorCode::from_number(line.code).unwrap();
        (line.product.id.get(), line.num, code)
    });
    Outcome::Settled { bought: bought.collect(), failed: failed.collect() }
}

/// Different for different requests, as far as a test needs.
fn request_hash(deed: &Deed) -> [u8; 32] {
    let mut hasher = DefaultHasher::new();
    deed.hash(&mut hasher);
    let mut hash = [0; 32];
    for part in hash.chunks_mut(8) {
        part.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    hash
}

/// Both purses.
pub(crate) const METHODS: [PaymentMethod; 2] = [PaymentMethod::Balance, PaymentMethod::Coupon];

//! What the house really decides is legal to the auditor: random commands, many of them refused, through the engine.

use aggregates::account::{Account, AccountCommand, Role};
use aggregates::balance::{Balance, BalanceCommand, CreditSource};
use aggregates::cart::{Cart, CartCommand};
use aggregates::coupon::{Coupon, CouponCommand, GrantSource};
use aggregates::identity::{Identity, IdentityCommand};
use aggregates::notice::{Notice, NoticeCommand, NoticeKind, NoticeText};
use aggregates::product::ProductCommand;
use aggregates::recharge::{Recharge, RechargeCommand, RechargeStatus};
use aggregates::recharge_item::{RechargeItem, RechargeItemCommand};
use aggregates::shop::{Shop, ShopCommand};
use commerce::{
    Caller, Commerce, CommerceParts, Discount, NewProduct, Outside, PaymentMethod, ProductChanges, Shelf,
};
use engine::{CommitError, Context, Engine, EngineConfig, Sealer, Stop, Tx};
use event_store::Stores;
use kernel::{AccountId, Clock, Money, ProductId, PurchaseId, RechargeId, Sealed, ShopId, Timestamp};

use crate::history::{Dice, fen, id};
use crate::store::Store;

const ACCOUNTS: u64 = 5;
const PRODUCTS: u64 = 4;
const ITEMS: u64 = 3;
const RECHARGES: u64 = 12;

/// The house, and what it was asked.
struct House {
    stores: Stores,
    engine: Engine,
    commerce: Commerce,
    dice: Dice,
    /// Shops that accounts opened, with their products.
    market: Vec<(ShopId, Vec<ProductId>)>,
    /// Purchases that were applied for.
    waiting: Vec<PurchaseId>,
    decided: u64,
    refused: u64,
}

impl House {
    async fn open(store: &Store, seed: u64) -> Self {
        let stores = Stores::open(&store.location()).await.unwrap();
        let engine = Engine::start(&stores, Clock::default(), EngineConfig::default()).await.unwrap();
        let commerce = Commerce::new(CommerceParts {
            engine: engine.clone(),
            vault: stores.vault.clone(),
            sealer: Sealer::open(stores.vault.clone()).await.unwrap(),
            wechat: None,
            outside: Outside::default(),
            is_shared: false,
        });
        Self {
            stores,
            engine,
            commerce,
            dice: Dice::new(seed),
            market: Vec::new(),
            waiting: Vec::new(),
            decided: 0,
            refused: 0,
        }
    }

    fn count(&mut self, is_done: bool) {
        if is_done {
            self.decided += 1;
        } else {
            self.refused += 1;
        }
    }

    async fn commit(&mut self, work: impl FnMut(&mut Tx<'_>) -> Result<(), Stop> + Send + 'static) {
        match self.engine.commit(Context::house("house", "decided"), work).await {
            Ok(()) => self.count(true),
            Err(CommitError::Refused(_)) => self.count(false),
            Err(error) => panic!("{error}"),
        }
    }

    /// Whoever acts: one of the accounts.
    fn caller(&mut self) -> Caller {
        let account = 1 + self.dice.below(ACCOUNTS);
        Caller { account: Some(id(account)), ..Caller::house("decided") }
    }

    fn product(&mut self) -> ProductId {
        id(1 + self.dice.below(PRODUCTS))
    }

    async fn act(&mut self) {
        match self.dice.below(19) {
            0 => self.list().await,
            1 => self.change_product().await,
            2 => self.change_item().await,
            3 => self.change_account().await,
            4 | 5 => self.adjust().await,
            6 | 7 => self.buy().await,
            8 | 9 => self.fill_cart().await,
            10 => self.settle_cart().await,
            11 => self.change_notice().await,
            12 | 13 => self.recharge().await,
            14 => self.keep_shop().await,
            15 => self.apply().await,
            _ => self.go_on_with_purchase().await,
        }
    }

    async fn list(&mut self) {
        let shop: ShopId = id(self.dice.below(3));
        let (price, product) = (1 + self.dice.below(900), self.product());
        let caller = self.caller();
        if self.dice.below(2) == 0 {
            let name = format!("店{}", self.dice.below(3));
            let owner = caller.account.filter(|_| shop != ShopId::HOUSE);
            let rename = self.dice.below(2) == 0;
            let command = if rename {
                ShopCommand::Rename { by: owner, name }
            } else {
                ShopCommand::Open { owner, name }
            };
            return self.commit(move |tx| tx.execute::<Shop>(shop, command.clone()).map(drop)).await;
        }
        let product_new = NewProduct {
            shop,
            name: "茶".to_owned(),
            description: String::new(),
            icon: String::new(),
            price: fen(i64::try_from(price).unwrap()),
        };
        let listed = self.commerce.list_product(&caller, Some(product), product_new).await;
        self.count(listed.is_ok());
    }

    async fn change_product(&mut self) {
        let (product, number) = (self.product(), self.dice.below(1_000));
        let command = match self.dice.below(12) {
            0 | 1 => ProductCommand::Delist,
            2..6 => ProductCommand::Relist,
            6..9 => ProductCommand::Price { price: fen(i64::try_from(number % 500).unwrap()) },
            9 | 10 => ProductCommand::Change {
                name: format!("茶{}", number % 4),
                description: "x".repeat(usize::try_from(number % 3).unwrap()),
                icon: String::new(),
            },
            _ if number < 60 => ProductCommand::Delete,
            _ => ProductCommand::Price { price: fen(9) },
        };
        let caller = self.caller();
        let changed = self.commerce.change_product(&caller, product, command).await;
        self.count(changed.is_ok());
    }

    /// As a shopkeeper does, whose shop is drawn at random and often another's.
    async fn keep_shop(&mut self) {
        let (caller, number) = (self.caller(), self.dice.below(4));
        if self.market.len() < 3 || self.dice.below(8) == 0 {
            let opened = self.commerce.create_shop(&caller, &format!("铺{number}"), "好茶", 2).await;
            self.count(opened.is_ok());
            return self.market.extend(opened.ok().map(|shop| (shop, Vec::new())));
        }
        let price = fen(1 + i64::try_from(self.dice.below(5)).unwrap());
        let at = usize::try_from(self.dice.below(self.market.len() as u64)).unwrap();
        let shop = self.market[at].0;
        let shelf = [Shelf::OnSale, Shelf::OnSale, Shelf::OnSale, Shelf::Delisted, Shelf::Deleted]
            [usize::try_from(self.dice.below(5)).unwrap()];
        let Some(product) = self.market[at].1.last().copied().filter(|_| self.dice.below(3) > 0) else {
            let (name, text) = ("茶".to_owned(), String::new());
            let new = NewProduct { shop, name, description: text.clone(), icon: text, price };
            let made = self.commerce.create_product(&caller, new, "茶", shelf).await;
            self.count(made.is_ok());
            return self.market[at].1.extend(made.ok());
        };
        let changes = ProductChanges {
            name: (number == 0).then(|| "新茶".to_owned()),
            description: None,
            icon: None,
            keywords: Some(format!("茶{number}")),
            price: (number == 1).then_some(price),
            discount: if number > 1 { Discount::Set(price) } else { Discount::Clear },
            shelf,
        };
        let changed = self.commerce.update_product(&caller, shop, product, changes).await;
        self.count(changed.is_ok());
        let described = self.commerce.update_shop(&caller, shop, &format!("好{number}"), None).await;
        self.count(described.is_ok());
    }

    async fn apply(&mut self) {
        let caller = self.caller();
        let products: Vec<ProductId> =
            self.market.iter().flat_map(|(_, products)| products.clone()).collect();
        for product in products {
            // Mostly a price that nobody asks, and sometimes the right one.
            let price = fen(1 + i64::try_from(self.dice.below(5)).unwrap());
            let applied = self.commerce.apply_purchase(&caller, product, 1, price, price).await;
            self.count(applied.is_ok());
            self.waiting.extend(applied.ok());
        }
    }

    async fn go_on_with_purchase(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let at = usize::try_from(self.dice.below(self.waiting.len() as u64)).unwrap();
        let (caller, method, purchase) = (self.caller(), self.method(), self.waiting[at]);
        let done = if self.dice.below(5) == 0 {
            self.commerce.cancel_purchase(&caller, purchase).await
        } else {
            self.commerce.pay_purchase(&caller, purchase, method).await
        };
        self.count(done.is_ok());
    }

    async fn change_item(&mut self) {
        let item = 1 + self.dice.below(ITEMS);
        let money = fen(i64::try_from(self.dice.below(5_000)).unwrap());
        let charge = fen(i64::try_from(self.dice.below(3)).unwrap() * 100);
        let (name, description) = (format!("充{item}"), String::new());
        let command = match self.dice.below(20) {
            0 => RechargeItemCommand::Delist,
            1..10 => RechargeItemCommand::List { name, description, money, charge },
            _ => RechargeItemCommand::Change { name, description, money, charge },
        };
        self.commit(move |tx| tx.execute::<RechargeItem>(item, command.clone()).map(drop)).await;
    }

    async fn change_notice(&mut self) {
        let (notice, by) = (1 + self.dice.below(3), id(1 + self.dice.below(2)));
        let sealed = || Sealed::from_base64("c2VhbGVk".to_owned());
        let text = NoticeText::ALL[usize::try_from(self.dice.below(13)).unwrap()];
        let some_text = self.dice.below(2) == 0;
        let command = match self.dice.below(12) {
            0 => NoticeCommand::Delete { by },
            1..6 => NoticeCommand::Publish {
                owner: by,
                kind: NoticeKind::Lost,
                state: 0,
                occurred_at: Timestamp::default(),
                published_at: Timestamp::default(),
                texts: NoticeText::REQUIRED.into_iter().map(|text| (text, sealed())).collect(),
            },
            _ => NoticeCommand::Update {
                by,
                kind: some_text.then_some(NoticeKind::Found),
                state: (!some_text).then_some(1),
                occurred_at: None,
                updated_at: Timestamp::default(),
                texts: [(text, some_text.then(sealed))].into(),
            },
        };
        self.commit(move |tx| tx.execute::<Notice>(notice, command.clone()).map(drop)).await;
    }

    async fn change_account(&mut self) {
        let account: AccountId = id(1 + self.dice.below(ACCOUNTS));
        let profile = Sealed::from_base64(format!("c2Vh{}", self.dice.below(10)));
        let identity = format!("phone:{:064x}", self.dice.below(4));
        match self.dice.below(6) {
            0 => {
                let roles = vec![Role::Customer, Role::Merchant, Role::Customer];
                let open = AccountCommand::Open { roles, profile };
                self.commit(move |tx| tx.execute::<Account>(account, open.clone()).map(drop)).await;
            }
            1 => {
                let change = AccountCommand::ChangeProfile { profile };
                self.commit(move |tx| tx.execute::<Account>(account, change.clone()).map(drop)).await;
            }
            2 => {
                let caller = self.caller();
                let granted = self.commerce.grant_role(&caller, account, Role::Auditor).await;
                self.count(granted.is_ok());
            }
            3 if self.dice.below(10) == 0 => {
                self.commit(move |tx| tx.execute::<Account>(account, AccountCommand::Erase).map(drop)).await;
            }
            4 => {
                let claim = IdentityCommand::Claim { account };
                self.commit(move |tx| tx.execute::<Identity>(&identity, claim).map(drop)).await;
            }
            _ => {
                let release = IdentityCommand::Release { account };
                self.commit(move |tx| tx.execute::<Identity>(&identity, release).map(drop)).await;
            }
        }
    }

    fn method(&mut self) -> PaymentMethod {
        if self.dice.below(3) == 0 { PaymentMethod::Coupon } else { PaymentMethod::Balance }
    }

    async fn adjust(&mut self) {
        let (caller, method) = (self.caller(), self.method());
        let amount = fen(i64::try_from(self.dice.below(3_000)).unwrap() - 1_000);
        let account = caller.account.unwrap();
        let adjusted = self.commerce.adjust(&caller, account, method, amount, "because").await;
        self.count(adjusted.is_ok());
    }

    async fn buy(&mut self) {
        let (caller, product, method) = (self.caller(), self.product(), self.method());
        let bought = self.commerce.buy(&caller, product, method).await;
        self.count(bought.is_ok());
    }

    async fn fill_cart(&mut self) {
        let (caller, product) = (self.caller(), self.product());
        let account = caller.account.unwrap();
        if self.dice.below(6) > 0 {
            let added = self.commerce.add_to_cart(&caller, product).await;
            return self.count(added.is_ok());
        }
        self.commit(move |tx| {
            let Some(line) = tx.state::<Cart>(account)?.lines.first().copied() else { return Ok(()) };
            tx.execute::<Cart>(account, CartCommand::Remove { line: line.line }).map(drop)
        })
        .await;
    }

    async fn settle_cart(&mut self) {
        let (caller, method) = (self.caller(), self.method());
        let settled = self.commerce.settle_cart(&caller, method).await;
        self.count(settled.is_ok());
    }

    async fn recharge(&mut self) {
        let recharge: RechargeId = id(100 + self.dice.below(RECHARGES));
        let account: AccountId = id(1 + self.dice.below(ACCOUNTS));
        let item = 1 + self.dice.below(ITEMS);
        let number = self.dice.below(3);
        match self.dice.below(7) {
            0 | 1 => self.commit(move |tx| request(tx, recharge, account, item)).await,
            2 => {
                let prepare = RechargeCommand::Prepare { prepay_id: format!("wx{number}") };
                self.commit(move |tx| tx.execute::<Recharge>(recharge, prepare.clone()).map(drop)).await;
            }
            3 => {
                self.commit(move |tx| tx.execute::<Recharge>(recharge, RechargeCommand::Close).map(drop))
                    .await
            }
            _ => self.commit(move |tx| pay(tx, recharge, number)).await,
        }
    }

    async fn close(self) {
        self.engine.stop().await;
        self.stores.close().await;
    }
}

fn request(tx: &mut Tx<'_>, recharge: RechargeId, account: AccountId, item: u64) -> Result<(), Stop> {
    let found = tx.state::<RechargeItem>(item)?;
    found.require_on_offer()?;
    let (name, money, charge) = (found.name.clone(), found.money, found.charge);
    let request = RechargeCommand::Request { account, item: id(item), name, money, charge };
    tx.execute::<Recharge>(recharge, request).map(drop)
}

/// As the house confirms a payment.
fn pay(tx: &mut Tx<'_>, recharge: RechargeId, number: u64) -> Result<(), Stop> {
    let found = tx.state::<Recharge>(recharge)?;
    let request = found.requested()?.clone();
    let transaction_id = format!("42{number}");
    let confirm =
        RechargeCommand::ConfirmPayment { transaction_id, amount: request.money, success_time: None };
    tx.execute::<Recharge>(recharge, confirm)?;
    if found.status == RechargeStatus::Paid {
        return Ok(());
    }
    let (item, name) = (request.item, request.name);
    let source = CreditSource::Recharge { recharge, item, name: name.clone() };
    let credit = BalanceCommand::Credit { entry: tx.new_id()?, amount: request.money, source };
    tx.execute::<Balance>(request.account, credit)?;
    if request.charge > Money::ZERO {
        let source = GrantSource::Recharge { recharge, item, name };
        let grant = CouponCommand::Grant { entry: tx.new_id()?, amount: request.charge, source };
        tx.execute::<Coupon>(request.account, grant)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_house_decides_is_legal() {
    for seed in 0..8 {
        let store = Store::of([]).await;
        let mut house = House::open(&store, seed).await;
        for _ in 0..500 {
            house.act().await;
        }
        assert!(house.decided > 100 && house.refused > 50, "{} and {}", house.decided, house.refused);
        house.close().await;
        let report = store.verify().await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(report.counts.event_types.len() > 12, "{:?}", report.counts.event_types);
    }
}

//! What the stores hold before a run: made by the same use cases as everybody's, without HTTP, many at a time.

use commerce::{Caller, Commerce, CommerceParts, NewProduct, Outside, PaymentMethod, Registration, Role};
use engine::{Engine, EngineConfig, Sealer};
use event_store::Stores;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kernel::{AccountId, Clock, Money, ProductId, ShopId};

use anyhow::Result;
use tests::Place;

use crate::store::{block_on, location};

/// Use cases under way at the same time: fewer than the engine's queue holds.
const AT_ONCE: usize = 1_024;
const SESSION_LIFETIME_S: i64 = 30 * 24 * 3_600;
const PRODUCT_PRICE_FEN: i64 = 1;

/// The house without HTTP.
pub(crate) struct House {
    stores: Stores,
    engine: Engine,
    commerce: Commerce,
}

/// Opens the place, does the work and closes it again, so that a server can have it.
pub(crate) fn seed<T>(place: &Place, work: impl AsyncFnOnce(&House) -> Result<T>) -> Result<T> {
    block_on(async {
        let stores = Stores::open(&location(place)?).await?;
        let engine = Engine::start(&stores, Clock::with_offset(0), EngineConfig::default()).await?;
        let sealer = Sealer::open(stores.vault.clone()).await?;
        let commerce = Commerce::new(CommerceParts {
            engine: engine.clone(),
            vault: stores.vault.clone(),
            sealer,
            wechat: None,
            outside: Outside::default(),
            is_shared: stores.log.is_shared(),
        });
        let house = House { stores, engine, commerce };
        let done = work(&house).await;
        house.engine.stop().await;
        house.stores.close().await;
        done
    })
}

impl House {
    /// Lists products 1 to `count` in the house's own shop, at a fen each.
    pub(crate) async fn list_products(&self, count: u64) -> Result<Vec<u64>> {
        let caller = Caller::house("bench");
        self.commerce.open_shop(&caller, ShopId::HOUSE, None, "自营店").await?;
        let list = async |number: u64| -> Result<u64> {
            let product = NewProduct {
                shop: ShopId::HOUSE,
                name: format!("商品 {number}"),
                description: "一分钱一件".to_owned(),
                icon: String::new(),
                price: Money::from_fen(PRODUCT_PRICE_FEN),
            };
            self.commerce.list_product(&caller, Some(ProductId::try_from(number)?), product).await?;
            Ok(number)
        };
        stream::iter(1..=count).map(list).buffered(AT_ONCE).try_collect().await
    }

    /// Opens a shop of the campus for an account, with so many products at a fen each; gives their ids. They are the log's: to draw
    /// 100,000 that are free would take minutes.
    pub(crate) async fn open_campus_shop(&self, owner: AccountId, count: u64) -> Result<Vec<u64>> {
        let caller = Caller { api: "campus", account: Some(owner), ..Caller::house("bench") };
        let shop = self.commerce.create_shop(&caller, "算盘小店", "", 1).await?;
        let list = async |number: u64| -> Result<u64> {
            let product = NewProduct {
                shop,
                name: format!("校园商品 {number:05}"),
                description: "一分钱一件".to_owned(),
                icon: String::new(),
                price: Money::from_fen(PRODUCT_PRICE_FEN),
            };
            Ok(self.commerce.list_product(&caller, None, product).await?.get())
        };
        stream::iter(0..count).map(list).buffered(AT_ONCE).try_collect().await
    }

    /// Opens so many accounts with `fen` on each balance.
    pub(crate) async fn open_accounts(&self, count: u64, fen: i64) -> Result<Vec<AccountId>> {
        let caller = Caller::house("bench");
        let open = async |number: u64| -> Result<AccountId> {
            let registration = Registration {
                login: format!("139{number:08}"),
                password: None,
                name: format!("顾客 {number}"),
                roles: vec![Role::Customer],
                wechat_code: None,
            };
            let account = self.commerce.register(&caller, registration).await?;
            self.adjust(account, fen).await?;
            Ok(account)
        };
        stream::iter(0..count).map(open).buffered(AT_ONCE).try_collect().await
    }

    /// Logs accounts in and gives their sessions' tokens.
    pub(crate) async fn log_in(&self, accounts: &[AccountId]) -> Result<Vec<String>> {
        let open = async |&account: &AccountId| -> Result<String> {
            let token = self.commerce.open_session(account, SESSION_LIFETIME_S).await?;
            Ok(token.reveal().to_owned())
        };
        stream::iter(accounts).map(open).buffered(AT_ONCE).try_collect().await
    }

    /// Puts money on a balance `times` times: so many events.
    pub(crate) async fn adjust_often(&self, account: AccountId, fen: i64, times: u64) -> Result<()> {
        let adjust = |_| self.adjust(account, fen);
        stream::iter(0..times).map(adjust).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// Buys product `number % products + 1` for each number, the accounts taking turns.
    pub(crate) async fn buy(&self, accounts: &[AccountId], products: u64, times: u64) -> Result<()> {
        let buyers = accounts.iter().cycle().zip(0..times);
        let buy = async |(account, number): (&AccountId, u64)| -> Result<()> {
            let caller =
                Caller { api: "wallet", account: Some(*account), ..Caller::house(format!("bench-{number}")) };
            let product = ProductId::try_from(number % products + 1)?;
            self.commerce.buy(&caller, product, PaymentMethod::Balance).await?;
            Ok(())
        };
        stream::iter(buyers).map(buy).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// How many events the log holds.
    pub(crate) fn events(&self) -> u64 {
        self.engine.feed().head().position.number()
    }

    async fn adjust(&self, account: AccountId, fen: i64) -> Result<()> {
        let caller = Caller::house("bench");
        let funds = PaymentMethod::Balance;
        Ok(self.commerce.adjust(&caller, account, funds, Money::from_fen(fen), "bench").await?)
    }
}

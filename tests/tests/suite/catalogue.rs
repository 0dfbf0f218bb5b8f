//! What the tests find on sale: listed by the product's own use cases before a server starts.

use aggregates::product::ProductCommand;
use aggregates::recharge_item::{RechargeItem, RechargeItemCommand};
use commerce::{Caller, Commerce, CommerceParts, NewProduct, Outside};
use engine::{Context, Engine, EngineConfig, Sealer};
use event_store::{Location, Stores};
use kernel::{Clock, Money, ProductId, RechargeItemId, ShopId};
use tests::Place;

/// On sale for 28.00 yuan.
pub(crate) const TEA: u64 = 1;
/// On sale for 12.00 yuan.
pub(crate) const CAKE: u64 = 2;
/// On sale for 0.01 yuan.
pub(crate) const PIN: u64 = 3;
/// On sale for more than anybody has.
pub(crate) const PALACE: u64 = 4;
/// Not on sale any more.
pub(crate) const DELISTED: u64 = 5;
/// Gone.
pub(crate) const DELETED: u64 = 6;
/// On sale in another shop.
pub(crate) const ELSEWHERE: u64 = 7;
/// The price of each.
pub(crate) const PRICES: [(u64, i64); 7] = [
    (TEA, 2_800),
    (CAKE, 1_200),
    (PIN, 1),
    (PALACE, 100_000_000),
    (DELISTED, 500),
    (DELETED, 600),
    (ELSEWHERE, 700),
];
/// The shop of [`ELSEWHERE`].
pub(crate) const OTHER_SHOP: u64 = 7;
/// A recharge of 10.00 yuan without a bonus.
pub(crate) const TEN: u64 = 1;
/// A recharge of 100.00 yuan with 20.00 on top.
pub(crate) const HUNDRED: u64 = 2;
/// A recharge that is not on offer any more.
pub(crate) const WITHDRAWN: u64 = 3;

/// The house at a place where no server runs.
pub(crate) struct House {
    pub(crate) stores: Stores,
    pub(crate) engine: Engine,
    pub(crate) commerce: Commerce,
}

/// Where a place keeps its stores.
pub(crate) fn location(place: &Place) -> Location {
    match place {
        Place::Folder(folder) => Location::Folder(folder.path().to_path_buf()),
        Place::Postgres(database, _) => Location::postgres(&database.url()).unwrap(),
    }
}

impl House {
    pub(crate) async fn open(place: &Place) -> Self {
        Self::with(place, EngineConfig::default()).await
    }

    /// With an engine of one's own making.
    pub(crate) async fn with(place: &Place, config: EngineConfig) -> Self {
        let stores = Stores::open(&location(place)).await.unwrap();
        let engine = Engine::start(&stores, Clock::default(), config).await.unwrap();
        let commerce = Commerce::new(CommerceParts {
            engine: engine.clone(),
            vault: stores.vault.clone(),
            sealer: Sealer::open(stores.vault.clone()).await.unwrap(),
            wechat: None,
            outside: Outside::default(),
            is_shared: stores.log.is_shared(),
        });
        Self { stores, engine, commerce }
    }

    pub(crate) async fn close(self) {
        self.engine.stop().await;
        self.stores.close().await;
    }
}

/// Lists everything above.
pub(crate) async fn fill(place: &Place) {
    let house = House::open(place).await;
    products(&house.commerce).await;
    recharge_items(&house).await;
    house.close().await;
}

async fn products(commerce: &Commerce) {
    let caller = Caller::house("test");
    for (shop, name) in [(0, "自营店"), (OTHER_SHOP, "隔壁的店")] {
        commerce.open_shop(&caller, ShopId::try_from(shop).unwrap(), None, name).await.unwrap();
    }
    for (number, price) in PRICES {
        let product = NewProduct {
            shop: ShopId::try_from(if number == ELSEWHERE { OTHER_SHOP } else { 0 }).unwrap(),
            name: format!("商品{number}"),
            description: "好东西 <b>&amp;\"引号\"".to_owned(),
            icon: format!("https://img.example.com/{number}.png"),
            price: Money::from_fen(price),
        };
        commerce.list_product(&caller, Some(ProductId::try_from(number).unwrap()), product).await.unwrap();
    }
    for (number, command) in [(DELISTED, ProductCommand::Delist), (DELETED, ProductCommand::Delete)] {
        commerce.change_product(&caller, ProductId::try_from(number).unwrap(), command).await.unwrap();
    }
}

async fn recharge_items(house: &House) {
    let caller = Caller::house("test");
    for (number, money, charge) in [(TEN, 1_000, 0), (HUNDRED, 10_000, 2_000), (WITHDRAWN, 3_000, 1)] {
        let id = RechargeItemId::try_from(number).unwrap();
        let (money, charge) = (Money::from_fen(money), Money::from_fen(charge));
        let name = format!("充值{number}");
        house.commerce.list_recharge_item(&caller, Some(id), &name, "到账", money, charge).await.unwrap();
    }
    let withdrawn = RechargeItemId::try_from(WITHDRAWN).unwrap();
    let delist = move |tx: &mut engine::Tx<'_>| {
        tx.execute::<RechargeItem>(withdrawn, RechargeItemCommand::Delist)?;
        Ok(())
    };
    house.engine.commit(Context::house("house", "test"), delist).await.unwrap();
}

//! The stock cqrs-es framework as an oracle: the same commands through it, on tables of its own, end in the same events and
//! states (times apart, which it does not know); and its repository reads the very streams that our server writes.

use std::sync::LazyLock;

use aggregates::AMOUNT_MAX;
use aggregates::account::{Account, AccountCommand, Role};
use aggregates::balance::{Balance, BalanceCommand, CreditSource, DebitPurpose};
use aggregates::cart::{Cart, CartCommand};
use aggregates::coupon::{Coupon, CouponCommand, GrantSource, SpendPurpose};
use aggregates::identity::{Identity, IdentityCommand};
use aggregates::notice::{Notice, NoticeCommand, NoticeKind, NoticeText};
use aggregates::product::{Product, ProductCommand};
use aggregates::purchase::{PaymentMethod, Purchase, PurchaseCommand};
use aggregates::recharge::{Recharge, RechargeCommand};
use aggregates::recharge_item::{RechargeItem, RechargeItemCommand};
use aggregates::shop::{Shop, ShopCommand};
use cqrs_es::mem_store::MemStore;
use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{
    AggregateContext as _, AggregateError, CqrsFramework, DomainEvent as _, EventStore as StockStore,
};
use engine::{CommitError, Context};
use event_store::Location;
use kernel::{Coded as _, Decide, ErrorCode, Money, Sealed, ShopId, Timestamp};
use postgres_es::PostgresEventRepository;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use sqlx::Executor as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tests::{Database, Place, Server, ServerOptions};

use crate::invariants::history::History;
use crate::invariants::house::House;
use crate::invariants::{cases, states};

/// Two streams of each aggregate, so that one may be taken for the other.
const IDS: [&str; 2] = ["1", "2"];

/// The tables as postgres-es defines them.
const STOCK_TABLES: &str = "CREATE TABLE events (
        aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence));
    CREATE TABLE snapshots (
        aggregate_type text NOT NULL, aggregate_id text NOT NULL, last_sequence bigint CHECK (last_sequence >= 0) NOT NULL,
        current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL, payload json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));";

macro_rules! aggregates {
    ($($name:ident($command:ident) $strategy:ident;)+) => {
        /// A command to any aggregate.
        #[derive(Clone, Debug)]
        enum Order {
            $($name($command),)+
        }

        fn order() -> impl Strategy<Value = Order> {
            prop_oneof![$($strategy().prop_map(Order::$name),)+]
        }

        /// Gives one command to both; both must take or refuse it alike.
        async fn give(house: &House, stock: &impl Stock, id: &'static str, order: Order) {
            match order {
                $(Order::$name(command) => give_one::<$name>(house, stock, id, command).await,)+
            }
        }

        /// Compares every stream of every aggregate.
        async fn compare(house: &House, stock: &impl Stock) {
            for id in IDS {
                $(compare_one::<$name>(house, stock, id).await;)+
            }
        }

        /// The state that the stock store loads of one stream, without times.
        async fn stock_state(stock: &impl Stock, aggregate_type: &str, id: &str) -> Value {
            $(if aggregate_type == <$name as cqrs_es::Aggregate>::TYPE {
                return loaded::<$name>(stock, id).await;
            })+
            panic!("no aggregate is called {aggregate_type}");
        }
    };
}

aggregates! {
    Account(AccountCommand) account_command;
    Identity(IdentityCommand) identity_command;
    Balance(BalanceCommand) balance_command;
    Coupon(CouponCommand) coupon_command;
    Cart(CartCommand) cart_command;
    Product(ProductCommand) product_command;
    Shop(ShopCommand) shop_command;
    Purchase(PurchaseCommand) purchase_command;
    Recharge(RechargeCommand) recharge_command;
    RechargeItem(RechargeItemCommand) recharge_item_command;
    Notice(NoticeCommand) notice_command;
}

fn id<I: TryFrom<u64> + std::fmt::Debug + Clone>() -> impl Strategy<Value = I> {
    (0..4_u64).prop_map(|number| I::try_from(number).ok().unwrap())
}

fn money() -> impl Strategy<Value = Money> {
    prop_oneof![
        8 => 1..500_i64,
        2 => prop::sample::select(vec![-1, 0, AMOUNT_MAX.fen() - 100, AMOUNT_MAX.fen(), AMOUNT_MAX.fen() + 1, i64::MIN]),
    ]
    .prop_map(Money::from_fen)
}

fn text() -> impl Strategy<Value = String> {
    static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let odd = ["", "茶 \"叶\"", "\u{1F9EE}\n\\", "a\0b"].map(str::to_owned);
        odd.into_iter().chain(["长".repeat(100), "长".repeat(3_000)]).collect()
    });
    prop_oneof![3 => "[a-c]{1,2}", 1 => prop::sample::select(&TEXTS[..])]
}

/// A text that came from elsewhere in the house, where it was checked: the stock tables cannot hold NUL.
fn name() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace('\0', ""))
}

fn sealed() -> impl Strategy<Value = Sealed> {
    name().prop_map(Sealed::from_base64)
}

fn account_command() -> impl Strategy<Value = AccountCommand> {
    let role = || prop::sample::select(vec![Role::Customer, Role::Merchant, Role::Auditor]);
    prop_oneof![
        3 => (prop::collection::vec(role(), 0..3), sealed())
            .prop_map(|(roles, profile)| AccountCommand::Open { roles, profile }),
        3 => sealed().prop_map(|profile| AccountCommand::ChangeProfile { profile }),
        3 => role().prop_map(|role| AccountCommand::GrantRole { role }),
        1 => Just(AccountCommand::Erase),
    ]
}

fn identity_command() -> impl Strategy<Value = IdentityCommand> {
    prop_oneof![
        id().prop_map(|account| IdentityCommand::Claim { account }),
        id().prop_map(|account| IdentityCommand::Release { account }),
    ]
}

fn balance_command() -> impl Strategy<Value = BalanceCommand> {
    let source = prop_oneof![
        (id(), id(), name()).prop_map(|(recharge, item, name)| CreditSource::Recharge {
            recharge,
            item,
            name
        }),
        text().prop_map(|reason| CreditSource::Adjustment { reason }),
    ];
    let purpose = prop_oneof![
        (id(), id(), name(), 1..3_u32).prop_map(|(purchase, product, name, num)| {
            DebitPurpose::Purchase { purchase, product, name, num }
        }),
        text().prop_map(|reason| DebitPurpose::Adjustment { reason }),
    ];
    prop_oneof![
        (id(), money(), source).prop_map(|(entry, amount, source)| BalanceCommand::Credit {
            entry,
            amount,
            source
        }),
        (id(), money(), purpose).prop_map(|(entry, amount, purpose)| BalanceCommand::Debit {
            entry,
            amount,
            purpose
        }),
    ]
}

fn coupon_command() -> impl Strategy<Value = CouponCommand> {
    let source = prop_oneof![
        (id(), id(), name()).prop_map(|(recharge, item, name)| GrantSource::Recharge {
            recharge,
            item,
            name
        }),
        text().prop_map(|reason| GrantSource::Adjustment { reason }),
    ];
    let purpose = prop_oneof![
        (id(), id(), name(), 1..3_u32).prop_map(|(purchase, product, name, num)| {
            SpendPurpose::Purchase { purchase, product, name, num }
        }),
        text().prop_map(|reason| SpendPurpose::Adjustment { reason }),
    ];
    prop_oneof![
        (id(), money(), source).prop_map(|(entry, amount, source)| CouponCommand::Grant {
            entry,
            amount,
            source
        }),
        (id(), money(), purpose).prop_map(|(entry, amount, purpose)| CouponCommand::Spend {
            entry,
            amount,
            purpose
        }),
    ]
}

fn cart_command() -> impl Strategy<Value = CartCommand> {
    let num = prop_oneof![4 => 1..3_u32, 1 => prop::sample::select(vec![0, 9_998, 9_999, 10_000])];
    prop_oneof![
        3 => (id(), id(), num).prop_map(|(line, product, num)| CartCommand::Add { line, product, num }),
        1 => (id(), id()).prop_map(|(line, purchase)| CartCommand::Settle { line, purchase }),
        1 => id().prop_map(|line| CartCommand::Remove { line }),
    ]
}

fn product_command() -> impl Strategy<Value = ProductCommand> {
    let shop = || id::<ShopId>();
    prop_oneof![
        4 => (shop(), text(), text(), text(), money()).prop_map(|(shop, name, description, icon, price)| {
            ProductCommand::List { shop, name, description, icon, price }
        }),
        2 => (text(), text(), text())
            .prop_map(|(name, description, icon)| ProductCommand::Change { name, description, icon }),
        2 => money().prop_map(|price| ProductCommand::Price { price }),
        1 => text().prop_map(|keywords| ProductCommand::SetKeywords { keywords }),
        1 => prop::option::of(money()).prop_map(|discount| ProductCommand::Discount { discount }),
        2 => Just(ProductCommand::Delist),
        2 => Just(ProductCommand::Relist),
        1 => Just(ProductCommand::Delete),
        4 => (id(), 0..3_u32).prop_map(|(purchase, num)| ProductCommand::Sell { purchase, num }),
    ]
}

fn shop_command() -> impl Strategy<Value = ShopCommand> {
    let owner = || prop::option::of(id());
    prop_oneof![
        (owner(), text()).prop_map(|(owner, name)| ShopCommand::Open { owner, name }),
        (owner(), text()).prop_map(|(by, name)| ShopCommand::Rename { by, name }),
        (owner(), text(), prop::option::of(text()))
            .prop_map(|(by, content, picture)| { ShopCommand::Describe { by, content, picture } }),
    ]
}

fn purchase_command() -> impl Strategy<Value = PurchaseCommand> {
    let method = || prop::sample::select(vec![PaymentMethod::Balance, PaymentMethod::Coupon]);
    let ids = || (id(), id(), id::<ShopId>());
    let price = || prop_oneof![3 => Just(Money::from_fen(500)), 1 => money()];
    prop_oneof![
        1 => (ids(), name(), price(), 0..3_u32, method()).prop_map(
            |((buyer, product, shop), name, unit_price, num, method)| PurchaseCommand::Make {
                buyer, product, shop, name, unit_price, num, method,
            },
        ),
        2 => (ids(), name(), price(), 0..3_u32, price(), price()).prop_map(
            |((buyer, product, shop), name, unit_price, num, told_unit_price, told_total)| PurchaseCommand::Apply {
                buyer, product, shop, name, unit_price, num, told_unit_price, told_total,
            },
        ),
        2 => (id(), method()).prop_map(|(by, method)| PurchaseCommand::Pay { by, method }),
        1 => id().prop_map(|by| PurchaseCommand::Cancel { by }),
    ]
}

fn recharge_command() -> impl Strategy<Value = RechargeCommand> {
    let sum = || prop_oneof![3 => Just(Money::from_fen(500)), 1 => money()];
    prop_oneof![
        2 => (id(), id(), text(), sum(), money()).prop_map(|(account, item, name, money, charge)| {
            RechargeCommand::Request { account, item, name, money, charge }
        }),
        2 => text().prop_map(|prepay_id| RechargeCommand::Prepare { prepay_id }),
        2 => (text(), sum()).prop_map(|(transaction_id, amount)| RechargeCommand::ConfirmPayment {
            transaction_id,
            amount,
            success_time: None,
        }),
        1 => Just(RechargeCommand::Close),
    ]
}

fn recharge_item_command() -> impl Strategy<Value = RechargeItemCommand> {
    let described = || (text(), text(), money(), money());
    prop_oneof![
        2 => described().prop_map(|(name, description, money, charge)| {
            RechargeItemCommand::List { name, description, money, charge }
        }),
        2 => described().prop_map(|(name, description, money, charge)| {
            RechargeItemCommand::Change { name, description, money, charge }
        }),
        1 => Just(RechargeItemCommand::Delist),
    ]
}

fn notice_command() -> impl Strategy<Value = NoticeCommand> {
    let sealed = || "[a-c]{4}".prop_map(Sealed::from_base64);
    let kind = || prop::sample::select(vec![NoticeKind::Lost, NoticeKind::Found]);
    let moment = || (0..3_i64).prop_map(Timestamp::from_micros);
    let text = || prop::sample::select(NoticeText::ALL);
    let more = prop::collection::btree_map(text(), sealed(), 0..3);
    let changed = prop::collection::btree_map(text(), prop::option::of(sealed()), 0..3);
    let published = (id(), kind(), any::<i16>(), moment(), moment(), sealed(), more, 0..5_usize);
    let updated =
        (id(), prop::option::of(kind()), prop::option::of(0..2_i16), prop::option::of(moment()), moment());
    prop_oneof![
        2 => published.prop_map(|(owner, kind, state, occurred_at, published_at, label, mut texts, needed)| {
            // Sometimes one of those that must be there is not.
            texts.extend(NoticeText::REQUIRED.into_iter().take(needed).map(|text| (text, label.clone())));
            NoticeCommand::Publish { owner, kind, state, occurred_at, published_at, texts }
        }),
        4 => (updated, changed).prop_map(|((by, kind, state, occurred_at, updated_at), texts)| {
            NoticeCommand::Update { by, kind, state, occurred_at, updated_at, texts }
        }),
        1 => id().prop_map(|by| NoticeCommand::Delete { by }),
    ]
}

/// Where the stock framework keeps its events.
trait Stock {
    type Store<A: Decide>: StockStore<A>;
    fn store<A: Decide>(&self) -> Self::Store<A>;
}

/// Stock tables in a database.
struct Tables(PgPool);

impl Stock for Tables {
    type Store<A: Decide> = PersistedEventStore<PostgresEventRepository, A>;

    fn store<A: Decide>(&self) -> Self::Store<A> {
        PersistedEventStore::new_event_store(PostgresEventRepository::new(self.0.clone()))
    }
}

/// The stock store in memory, one for each aggregate.
#[derive(Default)]
struct Memory {
    stores: std::sync::Mutex<std::collections::HashMap<&'static str, Box<dyn std::any::Any + Send>>>,
}

impl Stock for Memory {
    type Store<A: Decide> = MemStore<A>;

    fn store<A: Decide>(&self) -> MemStore<A> {
        let mut stores = self.stores.lock().unwrap();
        let store = stores.entry(A::TYPE).or_insert_with(|| Box::new(MemStore::<A>::default()));
        store.downcast_ref::<MemStore<A>>().unwrap().clone()
    }
}

async fn give_one<A>(house: &House, stock: &impl Stock, id: &'static str, command: A::Command)
where
    A: Decide<Services = (), Command: Clone + std::fmt::Debug>,
{
    let told = format!("{command:?}");
    let ours = {
        let command = command.clone();
        let work = move |tx: &mut engine::Tx<'_>| tx.execute::<A>(id, command.clone()).map(|_| ());
        house.engine.commit(Context::house("suite", "differential"), work).await
    };
    let ours: Result<(), ErrorCode> = match ours {
        Ok(()) => Ok(()),
        Err(CommitError::Refused(refusal)) => Err(refusal.code),
        Err(error) => panic!("{told}: {error}"),
    };
    let theirs = CqrsFramework::new(stock.store::<A>(), vec![], ()).execute(id, command).await;
    let theirs = match theirs {
        Ok(()) => Ok(()),
        Err(AggregateError::UserError(error)) => Err(error.code()),
        Err(error) => panic!("{told}: {error}"),
    };
    assert_eq!(ours, theirs, "{} {id}: {told}", A::TYPE);
}

async fn compare_one<A: Decide>(house: &House, stock: &impl Stock, id: &str) {
    let stream = event_store::StreamId::new(A::TYPE, id);
    let ours = house.stores.log.read_stream(&stream, 0, 10_000).await.unwrap();
    let ours: Vec<_> = ours
        .iter()
        .map(|event| {
            let payload: Value = serde_json::from_str(&event.payload).unwrap();
            (event.sequence, event.event_type.to_string(), event.event_version.to_string(), payload)
        })
        .collect();
    let theirs = stock.store::<A>().load_events(id).await.unwrap();
    let theirs: Vec<_> = theirs
        .iter()
        .map(|event| {
            let payload = serde_json::to_value(&event.payload).unwrap();
            let sequence = u64::try_from(event.sequence).unwrap();
            (sequence, event.payload.event_type(), event.payload.event_version(), payload)
        })
        .collect();
    assert_eq!(ours, theirs, "the events of {stream}");
    let name = (A::TYPE.to_owned(), id.to_owned());
    let state = states::cached(&house.engine, vec![name]).await.unwrap().remove(0);
    assert_eq!(without_times(state), loaded::<A>(stock, id).await, "the state of {stream}");
}

async fn loaded<A: Decide>(stock: &impl Stock, id: &str) -> Value {
    let mut context = stock.store::<A>().load_aggregate(id).await.unwrap();
    without_times(serde_json::to_value(context.aggregate()).unwrap())
}

/// A state without what only the log knows.
fn without_times(mut state: Value) -> Value {
    if let Some(fields) = state.as_object_mut() {
        fields.retain(|name, _| !name.ends_with("_at"));
        fields.values_mut().for_each(|field| *field = without_times(field.take()));
    }
    state
}

/// Gives the same random commands to the engine and to the stock framework and compares, before and after a restart.
async fn differ(location: &Location, stock: impl Stock, orders: Vec<(usize, Order)>) {
    let house = House::open(location, None).await;
    for (stream, order) in orders {
        give(&house, &stock, IDS[stream], order).await;
    }
    compare(&house, &stock).await;
    house.stop().await;
    let house = House::open(location, None).await;
    compare(&house, &stock).await;
    house.stop().await;
}

fn orders() -> impl Strategy<Value = Vec<(usize, Order)>> {
    prop::collection::vec((0..IDS.len(), order()), 1..80)
}

fn run(usual: u32, case: impl AsyncFn(Vec<(usize, Order)>)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = TestRunner::new(cases(usual)).run(&orders(), |orders| {
        runtime.block_on(case(orders));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn the_stock_framework_in_memory_ends_as_the_engine_on_sqlite() {
    run(24, async |orders| {
        let folder = tempfile::Builder::new().prefix("suanpan-differential-").tempdir().unwrap();
        differ(&Location::Folder(folder.path().to_owned()), Memory::default(), orders).await;
    });
}

#[test]
fn the_stock_framework_on_its_own_tables_ends_as_the_engine_on_postgres() {
    run(12, async |orders| {
        let database = Database::create().await;
        let pool = PgPoolOptions::new().max_connections(2).connect(&database.url()).await.unwrap();
        pool.execute(STOCK_TABLES).await.unwrap();
        differ(&Location::postgres(&database.url()).unwrap(), Tables(pool.clone()), orders).await;
        pool.close().await;
    });
}

/// An app's afternoon: a cart settled in part, purchases by both means, a recharge paid.
async fn use_everything(server: &Server) -> Result<Value, reqwest::Error> {
    let client = server.client();
    let login = serde_json::json!({ "phone": "13800000001", "password": "demo-pass-1" });
    assert_eq!(client.post("/account/login", &login).await?.code(), 0);
    for path in ["/product/6/with_balance", "/product/6/with_coupon", "/product/2/with_balance"] {
        assert_eq!(client.get(path).await?.code(), 0, "{path}");
    }
    for product in [1, 1, 4, 6] {
        let added = client.post("/cart", &serde_json::json!({ "product_id": product })).await?;
        assert_eq!(added.code(), 0);
    }
    let settled = client.post("/cart/pay_with_balance", &serde_json::json!({})).await?;
    assert_eq!(settled.code(), 0, "{}", settled.text());
    let order = client.post("/payment_order", &serde_json::json!({ "item_id": 2 })).await?.data();
    let prepay_id = order["pay"]["prepayid"].as_str().unwrap_or_default().to_owned();
    let paid =
        client.post(&format!("/sandbox/wechat/pay/{prepay_id}?times=2"), &serde_json::json!({})).await?;
    assert_eq!(paid.status, 200, "{}", paid.text());
    Ok(client.get("/user").await?.data())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_repository_reads_what_our_server_wrote() {
    let place = Place::postgres().await;
    let Place::Postgres(database, _) = &place else { panic!("a database was asked for") };
    let server = Server::start(&place, &ServerOptions::demo()).unwrap();
    let user = use_everything(&server).await.unwrap();
    server.kill();

    let house = House::open(&Location::postgres(&database.url()).unwrap(), None).await;
    let history = History::read(&*house.stores.log).await.unwrap();
    let options = database.url().parse::<PgConnectOptions>().unwrap().options([("search_path", "log")]);
    let stock = Tables(PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap());
    let mut kinds = std::collections::BTreeSet::new();
    for stream in history.streams().into_keys() {
        let (kind, id) = (stream.aggregate_type.to_string(), stream.aggregate_id.to_string());
        let theirs = stock_state(&stock, &kind, &id).await;
        let ours = states::cached(&house.engine, vec![(kind.clone(), id)]).await.unwrap().remove(0);
        assert_eq!(theirs, without_times(ours), "{stream}");
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 10, "every aggregate of the wallet was used: {kinds:?}");
    let account = user["id"].to_string();
    for purse in ["balance", "coupon"] {
        assert_eq!(stock_state(&stock, purse, &account).await["amount"], user[purse]);
    }
    stock.0.close().await;
    house.stop().await;
}

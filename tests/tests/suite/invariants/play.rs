//! Plays a script on real stores, over restarts and cuts, and then checks every invariant.

use std::sync::Arc;
use std::time::Duration;

use aggregates::recharge_item::{RechargeItem, RechargeItemCommand};
use commerce::{Caller, Commerce, NewProduct};
use engine::Context;
use event_store::Location;
use kernel::{Money, ProductId, RechargeItemId, ShopId};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::client::{METHODS, Notes, Shopper, registration};
use super::command::{CAMPUS_PRODUCTS, End, Phase};
use super::explain::{Attempt, explain};
use super::history::{History, Verdict};
use super::house::{House, Outside};
use super::model::{Model, Offer};
use super::{check_history, states, views};

const PRICES: [(u64, i64); 3] = [(1, 7), (2, 120), (3, 299)];
const CAMPUS_PRICES: [i64; 2] = [9, 150];
/// What the first accounts begin with, so that something can be bought from the start.
const POCKET: (i64, i64) = (700, 300);
const ITEMS: [(u64, i64, i64, bool); 3] = [(1, 500, 0, true), (2, 1_000, 130, true), (3, 1, 1, false)];

/// Servers with a runtime of their own, so that everything of theirs can be cut off at once.
struct Life {
    runtime: Runtime,
    houses: Vec<House>,
}

/// A case.
struct Stage {
    location: Location,
    servers: usize,
    /// What outlives every server.
    world: Runtime,
    outside: Arc<Outside>,
    notes: Arc<Notes>,
}

/// Plays `script` at an empty place and checks every invariant.
pub(crate) fn play(script: &[Phase], location: Location, servers: usize) -> Verdict {
    let world = runtime();
    let outside = Arc::new(world.block_on(Outside::start()));
    let stage = Stage { location, servers, world, outside, notes: Arc::default() };
    let mut life = stage.open();
    let (initial, from) = stage.set_up(&life);
    for phase in script {
        life = stage.run(life, phase);
    }
    stage.run(life, &Phase { clients: vec![Vec::new()], end: End::Calm }).finish(&stage, initial, from)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl Stage {
    fn open(&self) -> Life {
        let runtime = runtime();
        let houses = runtime.block_on(async {
            let mut houses = Vec::new();
            for _ in 0..self.servers {
                houses.push(House::open(&self.location, Some(&self.outside.config)).await);
            }
            houses
        });
        self.outside.serve(houses.first().map(|house| house.commerce.clone()));
        Life { runtime, houses }
    }

    /// Shops, products, recharge items and the first accounts. Gives the model of that and the end of the log.
    fn set_up(&self, life: &Life) -> (Model, u64) {
        let [house, ..] = life.houses.as_slice() else { panic!("a server is needed") };
        let caller = Caller::house("setup");
        let mut model = Model::default();
        life.runtime.block_on(async {
            let commerce = &house.commerce;
            commerce.open_shop(&caller, ShopId::HOUSE, None, "总店").await.unwrap();
            for (number, price) in PRICES {
                let (shop, name, price) = (ShopId::HOUSE, format!("商品{number}"), Money::from_fen(price));
                let product =
                    NewProduct { shop, name, description: String::new(), icon: String::new(), price };
                let id = ProductId::try_from(number).unwrap();
                commerce.list_product(&caller, Some(id), product).await.unwrap();
                model.products.insert(number, Offer::new(price.fen()));
            }
            for (number, money, charge, is_offered) in ITEMS {
                let id = RechargeItemId::try_from(number).unwrap();
                let (fen, bonus) = (Money::from_fen(money), Money::from_fen(charge));
                commerce.list_recharge_item(&caller, Some(id), "充值", "", fen, bonus).await.unwrap();
                model.items.insert(number, (money, charge, is_offered));
                if !is_offered {
                    let delist = move |tx: &mut engine::Tx<'_>| {
                        tx.execute::<RechargeItem>(id, RechargeItemCommand::Delist)?;
                        Ok(())
                    };
                    house.engine.commit(Context::house("suite", "setup"), delist).await.unwrap();
                }
            }
            for slot in 0..2 {
                let account = commerce.register(&caller, registration(slot)).await.unwrap();
                self.notes.slots.lock().unwrap()[usize::from(slot)] = Some(account);
                model.opened.insert(slot, account.get());
                for (method, fen) in METHODS.into_iter().zip([POCKET.0, POCKET.1]) {
                    let amount = Money::from_fen(fen);
                    commerce.adjust(&caller, account, method, amount, "setup").await.unwrap();
                }
                model.purses.insert(account.get(), POCKET);
            }
            self.open_campus_shop(commerce, &mut model).await;
            (model, house.stores.log.head().await.unwrap().position.number())
        })
    }

    /// The first account's shop, with its products.
    async fn open_campus_shop(&self, commerce: &Commerce, model: &mut Model) {
        let owner = self.notes.slots.lock().unwrap()[0];
        let caller = Caller { account: owner, ..Caller::house("setup") };
        let shop = commerce.create_shop(&caller, "校园小店", "", 1).await.unwrap();
        *self.notes.shop.lock().unwrap() = Some(shop);
        model.shopkeeper = owner.unwrap().get();
        for (number, fen) in CAMPUS_PRODUCTS.into_iter().zip(CAMPUS_PRICES) {
            let (name, price) = (format!("校园商品{number}"), Money::from_fen(fen));
            let product = NewProduct { shop, name, description: String::new(), icon: String::new(), price };
            let id = ProductId::try_from(number).unwrap();
            commerce.list_product(&caller, Some(id), product).await.unwrap();
            model.products.insert(number, Offer::new(fen));
            self.notes.prices.lock().unwrap().insert(id, (fen, None));
        }
    }

    fn shopper(&self, house: &House, is_calm: bool) -> Shopper {
        Shopper {
            commerce: house.commerce.clone(),
            log: Arc::clone(&house.stores.log),
            notes: Arc::clone(&self.notes),
            outside: Arc::clone(&self.outside),
            world: self.world.handle().clone(),
            is_calm,
        }
    }

    /// Lets the clients of a phase work and ends it as it says. Gives the servers that live then.
    fn run(&self, life: Life, phase: &Phase) -> Life {
        let is_calm = matches!(phase.end, End::Calm | End::Restart);
        let clients: Vec<_> = phase
            .clients
            .iter()
            .zip(life.houses.iter().cycle())
            .map(|(commands, house)| life.runtime.spawn(self.shopper(house, is_calm).run(commands.clone())))
            .collect();
        let all = async {
            for client in clients {
                client.await.unwrap();
            }
        };
        let pause = |ms: u8| {
            self.world.block_on(async { tokio::time::sleep(Duration::from_millis(ms.into())).await });
        };
        match phase.end {
            End::Calm => {
                life.runtime.block_on(all);
                return life;
            }
            End::Restart => {
                life.runtime.block_on(all);
                self.stop(life, async {});
            }
            End::StopAmid { after_ms } => {
                pause(after_ms);
                self.stop(life, all);
            }
            End::Abort { after_ms } => {
                pause(after_ms);
                self.outside.serve(None);
                life.runtime.shutdown_background();
                // What is dropped may look for a runtime to clean up in.
                let _inside = self.world.enter();
                drop(life.houses);
            }
        }
        self.open()
    }

    fn stop(&self, life: Life, clients: impl Future<Output = ()>) {
        let Life { runtime, houses } = life;
        runtime.block_on(async {
            for house in houses {
                house.stop().await;
            }
            clients.await;
        });
        self.outside.serve(None);
    }
}

impl Life {
    /// Lets what is open come to its end, then checks every invariant, before and after one more restart.
    fn finish(self, stage: &Stage, initial: Model, from: u64) -> Verdict {
        let Some(house) = self.houses.first() else { return Err("no server".to_owned()) };
        let shopper = stage.shopper(house, true);
        self.runtime.block_on(async {
            let orders = shopper.notes.orders.lock().unwrap().clone();
            for order in orders {
                shopper.reconcile_order(&order).await;
            }
            let open = unanswered(&shopper.notes.attempts.lock().unwrap());
            for attempt in open {
                shopper.attempt(attempt.deed, attempt.key).await;
            }
        });
        let troubles = stage.notes.troubles.lock().unwrap().clone();
        if let Some(trouble) = troubles.first() {
            return Err(format!("in calm: {trouble}"));
        }
        let attempts = stage.notes.attempts.lock().unwrap().clone();
        let history = self.runtime.block_on(History::read(&*house.stores.log))?;
        check_history(&history)?;
        let model = explain(&history, &attempts, initial, from)?;
        stage.world.block_on(paid_is_credited(&stage.outside, &history, &model))?;
        self.runtime.block_on(async {
            for house in &self.houses {
                holds(house, &history, &model).await?;
            }
            views::are_what_rebuilding_says(&house.stores, &house.projector.views()).await
        })?;
        stage.stop(self, async {});
        let life = stage.open();
        life.runtime.block_on(async {
            for house in &life.houses {
                holds(house, &history, &model).await?;
            }
            Ok::<_, String>(())
        })?;
        stage.stop(life, async {});
        Ok(())
    }
}

/// One attempt of each keyed request that nobody was ever answered.
fn unanswered(attempts: &[Attempt]) -> Vec<Attempt> {
    let mut open: Vec<Attempt> = Vec::new();
    for attempt in attempts.iter().filter(|attempt| attempt.key.is_some()) {
        let same = |other: &Attempt| other.key == attempt.key && other.deed == attempt.deed;
        let is_answered = attempts.iter().any(|other| same(other) && other.told.is_some());
        if !is_answered && !open.iter().any(same) {
            open.push(attempt.clone());
        }
    }
    open
}

/// What WeChat was paid is what the log says was paid, order by order.
async fn paid_is_credited(outside: &Outside, history: &History, model: &Model) -> Verdict {
    use aggregates::AnyEvent;
    use aggregates::recharge::RechargeEvent;
    for entry in &history.0 {
        let AnyEvent::Recharge(RechargeEvent::RechargePrepared { prepay_id }) = &entry.event else {
            continue;
        };
        let paid = outside.paid(prepay_id).await;
        let asked = model.recharges.get(&entry.id()).ok_or("a recharge that the model lacks")?;
        let credited = if asked.is_paid { asked.money } else { 0 };
        if paid != credited {
            return Err(format!("WeChat was paid {paid} for {}, credited were {credited}", entry.place()));
        }
    }
    Ok(())
}

/// The engine's states are those of the log and of the model.
async fn holds(house: &House, history: &History, model: &Model) -> Verdict {
    states::are_what_replay_says(&house.engine, history).await?;
    let mut expected: Vec<((String, String), Value)> = Vec::new();
    for account in model.opened.values() {
        let id = account.to_string();
        for (name, method) in ["balance", "coupon"].into_iter().zip(METHODS) {
            let state = json!({ "amount": model.held(*account, method) });
            expected.push(((name.to_owned(), id.clone()), state));
        }
    }
    for (name, state) in expected {
        let cached = states::cached(&house.engine, vec![name.clone()]).await?;
        if cached.first() != Some(&state) {
            return Err(format!("the engine has {name:?} as {cached:?}, the model {state}"));
        }
    }
    for (account, lines) in &model.carts {
        let cart = states::cached(&house.engine, vec![("cart".to_owned(), account.to_string())]).await?;
        let held = cart.first().and_then(|cart| cart["lines"].as_array()).cloned().unwrap_or_default();
        let held: Vec<_> = held.iter().map(|line| (line["product"].as_u64(), line["num"].as_u64())).collect();
        let wanted: Vec<_> = lines.iter().map(|(one, num)| (Some(*one), Some(u64::from(*num)))).collect();
        if held != wanted {
            return Err(format!("cart {account} holds {held:?}, in the model {wanted:?}"));
        }
    }
    for (product, offer) in &model.products {
        let state = states::cached(&house.engine, vec![("product".to_owned(), product.to_string())]).await?;
        let state = state.first().cloned().unwrap_or_default();
        let is_same = state["price"] == offer.price
            && state["discount"] == json!(offer.discount)
            && state["sold"] == offer.sold
            && state["status"] == offer.standing.name();
        if !is_same {
            return Err(format!("product {product} is {state}, in the model {offer:?}"));
        }
    }
    for (purchase, application) in &model.applications {
        let name = ("purchase".to_owned(), purchase.to_string());
        let state = states::cached(&house.engine, vec![name]).await?.pop().unwrap_or_default();
        let bought = &state["bought"];
        if bought["status"] != application.stage.name() || bought["total"] != application.total {
            return Err(format!("purchase {purchase} is {state}, in the model {application:?}"));
        }
    }
    Ok(())
}

//! The real server killed at any moment, on both stores: what was acknowledged is there, nothing counts twice, and what was
//! under way can be asked for again.

mod demo;
mod load;
mod recharge;
mod replay;
mod servers;

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use integrations::install_crypto_provider;
use kernel::{AccountId, Money};
use serde_json::json;
use tests::{Client, Place, Server, ServerOptions};

use crate::catalogue::location;
use crate::invariants::history::History;
use crate::invariants::house::House;
use crate::invariants::{check_history, states, views};

/// How long anything may take to come true.
const PATIENCE: Duration = Duration::from_secs(120);
/// What each buyer is given to spend, in fen.
const GIFT: i64 = 50_000_000;
/// What is bought, over and over, and what it costs.
const WANTED: &str = "/product/6/with_balance";
const PRICE: i64 = 600;

/// Makes a test on each store out of every `async fn name(place: Place)`.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(tests::Place::folder()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(tests::Place::postgres().await).await;
            })+
        }
    };
}
use on_both;

/// A number below `limit`, another one each time.
fn random(limit: u64) -> u64 {
    RandomState::new().hash_one(0) % limit
}

/// Somebody with money, signed in.
#[derive(Clone, Debug)]
struct Buyer {
    account: AccountId,
    cookie: Option<String>,
}

impl Buyer {
    fn client(&self, server: &Server) -> Client {
        let client = server.client();
        client.set_cookie(self.cookie.clone());
        client
    }
}

/// The demo's catalogue at a fresh place, and so many buyers. Nothing runs there afterwards.
async fn buyers(place: &Place, count: usize) -> Vec<Buyer> {
    install_crypto_provider();
    let server = Server::start(place, &ServerOptions::demo()).unwrap();
    let mut buyers = Vec::new();
    for number in 0..count {
        let client = server.client();
        let person = json!({ "phone": format!("1390000{number:04}"), "password": "secret-1" });
        let account = client.post("/account/signup", &person).await.unwrap().data()["id"].as_u64().unwrap();
        buyers.push(Buyer { account: AccountId::try_from(account).unwrap(), cookie: client.cookie() });
    }
    assert!(server.terminate().unwrap().success());
    let house = House::open(&location(place), None).await;
    for buyer in &buyers {
        let (caller, method) = (commerce::Caller::house("gift"), commerce::PaymentMethod::Balance);
        let given = house.commerce.adjust(&caller, buyer.account, method, Money::from_fen(GIFT), "gift");
        given.await.unwrap();
    }
    house.stop().await;
    buyers
}

/// Checks every invariant at a place where nothing runs, and gives what the log says.
async fn audit(place: &Place) -> History {
    let house = House::open(&location(place), None).await;
    let history = History::read(&*house.stores.log).await.unwrap();
    check_history(&history).unwrap();
    states::are_what_replay_says(&house.engine, &history).await.unwrap();
    views::are_what_rebuilding_says(&house.stores, &house.projector.views()).await.unwrap();
    house.stop().await;
    history
}

/// Waits until `holds`.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! What the tests of the APIs stand on: a server for each store over a known catalogue, and people who ask it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use serde_json::{Value, json};
use tests::{Answer, Client, Place, Server, ServerOptions};
use tokio::sync::Mutex;

use crate::catalogue;

/// A test ends early only when the server cannot be reached.
pub(crate) type Tested = Result<(), reqwest::Error>;

/// A running server and where it keeps what it knows.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) place: Place,
}

static SHARED: Mutex<Weak<[Stage; 2]>> = Mutex::const_new(Weak::new());
static PEOPLE: AtomicU64 = AtomicU64::new(1);

/// A server for each store, shared by all tests that run at the same time and leave it as it is.
pub(crate) async fn shared() -> Arc<[Stage; 2]> {
    let mut shared = SHARED.lock().await;
    if let Some(stages) = shared.upgrade() {
        return stages;
    }
    let stages = Arc::new(Stage::both(&ServerOptions::default()).await);
    *shared = Arc::downgrade(&stages);
    stages
}

impl Stage {
    /// A server of one's own for each store.
    pub(crate) async fn both(options: &ServerOptions) -> [Self; 2] {
        let [folder, postgres] = Place::both().await;
        [Self::open(folder, options).await, Self::open(postgres, options).await]
    }

    /// Fills the place with the catalogue and starts a server there.
    pub(crate) async fn open(place: Place, options: &ServerOptions) -> Self {
        catalogue::fill(&place).await;
        Self { server: start(&place, options), place }
    }

    /// Kills the server as a power cut would and starts another in its place.
    pub(crate) fn restart(self, options: &ServerOptions) -> Self {
        let Self { server, place } = self;
        server.kill();
        Self { server: start(&place, options), place }
    }

    /// Somebody who is not signed in.
    pub(crate) fn stranger(&self) -> Client {
        self.server.client()
    }

    /// Somebody new who is signed in by WeChat and has no money.
    pub(crate) async fn person(&self) -> Result<Client, reqwest::Error> {
        let client = self.server.client();
        data(&client.get(&format!("/account/signin?code={}", name())).await?);
        Ok(client)
    }

    /// Somebody new with 100.00 yuan of balance and 20.00 of coupon, recharged as people do it.
    pub(crate) async fn buyer(&self) -> Result<Client, reqwest::Error> {
        let client = self.person().await?;
        let order = self.order(&client, catalogue::HUNDRED).await?;
        let paid = self.pay(prepay_id(&order), "").await?;
        assert_eq!(paid.status, 200, "{}", paid.text());
        Ok(client)
    }

    /// An order of a recharge item.
    pub(crate) async fn order(&self, client: &Client, item: u64) -> Result<Value, reqwest::Error> {
        Ok(data(&client.post("/payment_order", &json!({ "item_id": item })).await?))
    }

    /// Pays an order at WeChat; `query` says in which manner.
    pub(crate) async fn pay(&self, prepay_id: &str, query: &str) -> Result<Answer, reqwest::Error> {
        self.server.client().post(&format!("/sandbox/wechat/pay/{prepay_id}{query}"), &Value::Null).await
    }
}

/// Starts a server or says why it did not start.
pub(crate) fn start(place: &Place, options: &ServerOptions) -> Server {
    Server::start(place, options).unwrap_or_else(|told| panic!("the server ended instead: {told}"))
}

/// A WeChat name that nobody else uses.
pub(crate) fn name() -> String {
    format!("guest{}", PEOPLE.fetch_add(1, Ordering::Relaxed))
}

/// A phone number that nobody else uses.
pub(crate) fn phone() -> String {
    format!("139{:08}", PEOPLE.fetch_add(1, Ordering::Relaxed))
}

/// WeChat's id of an order.
#[track_caller]
pub(crate) fn prepay_id(order: &Value) -> &str {
    order["pay"]["prepayid"].as_str().unwrap_or_else(|| panic!("an order names its prepayid: {order}"))
}

/// The data of an answer that must be a success.
#[track_caller]
pub(crate) fn data(answer: &Answer) -> Value {
    assert_eq!((answer.status.as_u16(), answer.code()), (200, 0), "{}", answer.text());
    answer.data()
}

/// The message of a refusal, which must have that code, no data and a reason, and be HTTP 200.
#[track_caller]
pub(crate) fn refused(answer: &Answer, code: i64) -> String {
    assert_eq!((answer.status.as_u16(), answer.code()), (200, code), "{}", answer.text());
    reason(answer)
}

/// The message of a failure of the transport, in the wallet's envelope.
#[track_caller]
pub(crate) fn failed(answer: &Answer, status: u16, code: i64) -> String {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{}", answer.text());
    reason(answer)
}

#[track_caller]
fn reason(answer: &Answer) -> String {
    let body = answer.json();
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(3), "{body}");
    assert_eq!(body.get("data"), Some(&Value::Null), "{body}");
    let message = body["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty(), "a refusal says why: {body}");
    message.to_owned()
}

/// The balance and the coupon balance, in fen.
pub(crate) async fn purse(client: &Client) -> Result<(i64, i64), reqwest::Error> {
    let user = data(&client.get("/user").await?);
    Ok((user["balance"].as_i64().unwrap(), user["coupon"].as_i64().unwrap()))
}

/// The entries of one ledger, newest first.
pub(crate) async fn ledger(client: &Client, kind: u8) -> Result<Vec<Value>, reqwest::Error> {
    let entries = data(&client.get(&format!("/ledgers?type={kind}")).await?);
    Ok(entries.as_array().unwrap().clone())
}

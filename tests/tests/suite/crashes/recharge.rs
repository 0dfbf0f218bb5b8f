//! Killed between WeChat's payment and our commit: a repeated notice or the poller brings the money, once.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tests::{Client, Place, Server, ServerOptions, own_address};

use super::{Buyer, GIFT, audit, buyers, on_both, random, until};

/// Rounds in which notice and kill race.
const RACES: u64 = 8;
/// What the third recharge item of the demo costs, and its bonus.
const MONEY: i64 = 10_000;
const CHARGE: i64 = 2_000;

on_both!(
    the_poller_recovers_a_payment_that_was_never_heard_of,
    a_repeated_notice_recovers_a_payment,
    a_kill_that_races_the_notice_loses_nothing,
);

/// The house at an address that stays the same: WeChat sends its notices there, whichever server it is.
struct House {
    place: Place,
    buyer: Buyer,
    address: String,
}

impl House {
    async fn new(place: Place) -> Self {
        let buyer = buyers(&place, 1).await.remove(0);
        let options = ServerOptions::default().with(&["--listen", &own_address()]);
        let server = Server::start(&place, &options).unwrap();
        let address = server.authority().to_owned();
        assert!(server.terminate().unwrap().success());
        Self { place, buyer, address }
    }

    /// A server whose clock is so many minutes ahead: the poller leaves young recharges to their notice.
    fn start(&self, minutes_ahead: u64, poll_s: &str) -> (Server, Client) {
        let options = ServerOptions::default()
            .with(&["--listen", &self.address, "--poll-s", poll_s])
            .with_variable("SUANPAN_CLOCK_OFFSET_S", &(minutes_ahead * 60).to_string());
        let server = Server::start(&self.place, &options).unwrap();
        let client = self.buyer.client(&server);
        (server, client)
    }
}

/// Orders a recharge; gives WeChat's id of the order.
async fn order(client: &Client) -> String {
    let answer = client.post("/payment_order", &json!({ "item_id": 3 })).await.unwrap();
    assert_eq!(answer.code(), 0, "{}", answer.text());
    answer.data()["pay"]["prepayid"].as_str().unwrap().to_owned()
}

async fn pay(client: &Client, prepay_id: &str, query: &str) -> Value {
    client.post(&format!("/sandbox/wechat/pay/{prepay_id}{query}"), &json!({})).await.unwrap().json()
}

/// What is held.
async fn held(client: &Client) -> (i64, i64) {
    let user = client.get("/user").await.unwrap().data();
    (user["balance"].as_i64().unwrap(), user["coupon"].as_i64().unwrap())
}

/// What is held after so many recharges.
const fn after(recharges: i64) -> (i64, i64) {
    (GIFT + recharges * MONEY, recharges * CHARGE)
}

async fn the_poller_recovers_a_payment_that_was_never_heard_of(place: Place) {
    let house = House::new(place).await;
    let (server, client) = house.start(0, "3600");
    let prepay_id = order(&client).await;
    assert_eq!(pay(&client, &prepay_id, "?silent=1").await["paid"], MONEY);
    assert_eq!(held(&client).await, after(0));
    server.kill();
    let (server, client) = house.start(1, "1");
    until("the poller has asked WeChat", async || held(&client).await == after(1)).await;
    // And the notice comes after all, late and twice.
    assert_eq!(pay(&client, &prepay_id, "?times=2").await["notices"], json!([200, 200]));
    assert_eq!(held(&client).await, after(1));
    server.kill();
    audit(&house.place).await;
}

async fn a_repeated_notice_recovers_a_payment(place: Place) {
    let house = House::new(place).await;
    let (server, client) = house.start(0, "3600");
    let prepay_id = order(&client).await;
    assert_eq!(pay(&client, &prepay_id, "?silent=1").await["paid"], MONEY);
    server.kill();
    let (server, client) = house.start(0, "3600");
    assert_eq!(held(&client).await, after(0));
    assert_eq!(pay(&client, &prepay_id, "?times=3").await["notices"], json!([200, 200, 200]));
    assert_eq!(held(&client).await, after(1));
    server.kill();
    let (server, client) = house.start(0, "3600");
    assert_eq!(held(&client).await, after(1));
    server.kill();
    audit(&house.place).await;
}

async fn a_kill_that_races_the_notice_loses_nothing(place: Place) {
    let house = House::new(place).await;
    let mut prepay_ids = Vec::new();
    for round in 0..RACES {
        let (server, client) = house.start(round, "3600");
        let prepay_id = order(&client).await;
        prepay_ids.push(prepay_id.clone());
        let pid = server.process_id().to_string();
        let paying = async {
            let path = format!("/sandbox/wechat/pay/{prepay_id}?times=3");
            client.post(&path, &json!({})).await.is_ok()
        };
        let killing = async {
            tokio::time::sleep(Duration::from_millis(random(20))).await;
            Command::new("kill").args(["-KILL", &pid]).status().unwrap();
        };
        let (was_answered, ()) = tokio::join!(paying, killing);
        println!("round {round}: {}", if was_answered { "answered" } else { "cut off" });
        drop(server);
    }
    let (server, client) = house.start(RACES, "1");
    let mut paid = 0;
    for prepay_id in &prepay_ids {
        let payment = client.get(&format!("/sandbox/wechat/payment/{prepay_id}")).await.unwrap().json();
        paid += i64::from(payment["paid"] == MONEY);
    }
    println!("{paid} of {RACES} were paid");
    until("every payment is credited", async || held(&client).await == after(paid)).await;
    for prepay_id in &prepay_ids {
        pay(&client, prepay_id, "").await;
    }
    assert_eq!(held(&client).await, after(i64::try_from(RACES).unwrap()));
    server.kill();
    audit(&house.place).await;
}

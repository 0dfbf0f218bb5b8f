//! Two servers on one PostgreSQL: when the one that folds the views is killed the other takes over, and nothing is lost or
//! counted twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tests::{Place, Server, ServerOptions};

use super::load::{Asked, ask_again, buy_until_cut_off, each_key_was_one_purchase};
use super::{Buyer, audit, buyers, random, until};
use tokio::task::JoinSet;

const BUYERS: usize = 4;
const CLIENTS: usize = 16;

async fn is_folding(server: &Server) -> bool {
    server.client().get("/readyz").await.unwrap().json()["projections"]["folding"] == true
}

/// Clients buy at both; the first is killed, and those of the second go on for a while.
async fn kill_first(first: Server, second: &Server, buyers: &[Buyer], name: &str) -> Asked {
    let mut at_first = JoinSet::new();
    let mut at_second = JoinSet::new();
    let answered = Arc::new(AtomicUsize::new(0));
    for number in 0..CLIENTS {
        let buyer = number % buyers.len();
        let name = format!("{name}-{number}");
        if number < CLIENTS / 2 {
            let answered = Arc::clone(&answered);
            at_first.spawn(buy_until_cut_off(buyers[buyer].client(&first), buyer, name, answered));
        } else {
            at_second.spawn(buy_a_while(buyers[buyer].clone(), second.url(""), buyer, name));
        }
    }
    until("somebody has bought", async || answered.load(Ordering::Relaxed) > 0).await;
    tokio::time::sleep(Duration::from_millis(random(500))).await;
    first.kill();
    let mut asked = Asked::default();
    while let Some(one) = at_first.join_next().await {
        asked.add(one.unwrap());
    }
    assert!(!asked.acknowledged.is_empty() && !asked.open.is_empty(), "no load at the one that was killed");
    while let Some(one) = at_second.join_next().await {
        asked.add(one.unwrap());
    }
    asked
}

/// Buys for a second and a half at a server that lives on: every request is answered.
async fn buy_a_while(owner: Buyer, address: String, buyer: usize, name: String) -> Asked {
    let client = tests::Client::new(&address);
    client.set_cookie(owner.cookie);
    let mut asked = Asked::default();
    let began = tokio::time::Instant::now();
    for number in 0.. {
        if began.elapsed() > Duration::from_millis(1_500) {
            break;
        }
        let key = (buyer, format!("{name}-{number}"));
        let answer = client.get_once(super::WANTED, &key.1).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code()), (200, 0), "{}", answer.text());
        asked.acknowledged.insert(key, answer.bytes);
    }
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_server_takes_over_the_views_and_nothing_is_lost() {
    let place = Place::postgres().await;
    let buyers = buyers(&place, BUYERS).await;
    let start = || Server::start(&place, &ServerOptions::default()).unwrap();
    let mut asked = Asked::default();
    let mut holder = start();
    until("the first folds", async || is_folding(&holder).await).await;
    for round in 0..3 {
        let other = start();
        assert!(!is_folding(&other).await, "both fold");
        asked.add(kill_first(holder, &other, &buyers, &format!("round-{round}")).await);
        until("the other folds", async || is_folding(&other).await).await;
        ask_again(&other, &buyers, &mut asked).await;
        // A reader sees everything that was acknowledged, wherever it was bought.
        for (number, buyer) in buyers.iter().enumerate() {
            let ledger = buyer.client(&other).get("/ledgers?type=0&limit=1").await.unwrap().data();
            let keys = asked.acknowledged.keys().filter(|(owner, _)| *owner == number).count();
            let left = super::GIFT - i64::try_from(keys).unwrap() * super::PRICE;
            assert_eq!(ledger[0]["balance"], left, "{ledger}");
        }
        holder = other;
    }
    holder.kill();
    each_key_was_one_purchase(&audit(&place).await, &buyers, &asked);
}

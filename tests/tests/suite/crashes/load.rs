//! Killed under load: sixteen clients buy with idempotency keys, several times over.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tests::{Client, Place, Server, ServerOptions};
use tokio::task::JoinSet;

use super::{Buyer, GIFT, PRICE, WANTED, audit, buyers, on_both, random, until};
use crate::invariants::history::History;
use crate::invariants::money_checks::{Why, movement};

const CLIENTS: usize = 16;
const BUYERS: usize = 4;
const ROUNDS: usize = 5;

on_both!(what_was_acknowledged_survives_and_nothing_counts_twice);

/// A buyer's idempotency key.
pub(super) type Key = (usize, String);

/// What clients know of their requests.
#[derive(Default)]
pub(super) struct Asked {
    /// The answer, to the byte.
    pub(super) acknowledged: HashMap<Key, Vec<u8>>,
    /// Nobody knows what became of these.
    pub(super) open: Vec<Key>,
}

impl Asked {
    pub(super) fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.open.extend(other.open);
    }
}

/// Buys until the server is gone; `answered` counts what was acknowledged.
pub(super) async fn buy_until_cut_off(
    client: Client,
    buyer: usize,
    name: String,
    answered: Arc<AtomicUsize>,
) -> Asked {
    let mut asked = Asked::default();
    for number in 0.. {
        let key = (buyer, format!("{name}-{number}"));
        match client.get_once(WANTED, &key.1).await {
            Ok(answer) if answer.status == 200 => {
                assert_eq!(answer.code(), 0, "{}", answer.text());
                asked.acknowledged.insert(key, answer.bytes);
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{}", answer.text());
                asked.open.push(key);
            }
            Err(_) => {
                asked.open.push(key);
                return asked;
            }
        }
    }
    asked
}

/// Lets all clients buy at `servers` in turn until `cut` has ended, which begins once the load is on; it is to kill them.
pub(super) async fn load(
    servers: &[&Server],
    buyers: &[Buyer],
    name: &str,
    cut: impl Future<Output = ()>,
) -> Asked {
    let mut clients = JoinSet::new();
    let answered = Arc::new(AtomicUsize::new(0));
    for number in 0..CLIENTS {
        let (buyer, server) = (number % buyers.len(), servers[number % servers.len()]);
        let client = buyers[buyer].client(server);
        let name = format!("{name}-{number}");
        clients.spawn(buy_until_cut_off(client, buyer, name, Arc::clone(&answered)));
    }
    until("somebody has bought", async || answered.load(Ordering::Relaxed) > 0).await;
    cut.await;
    let mut all = Asked::default();
    while let Some(asked) = clients.join_next().await {
        all.add(asked.unwrap());
    }
    all
}

/// Asks everything again: what was acknowledged is answered as it was, and what was open is bought now, if it was not.
pub(super) async fn ask_again(server: &Server, buyers: &[Buyer], asked: &mut Asked) {
    let known = std::mem::take(&mut asked.acknowledged);
    let open = std::mem::take(&mut asked.open).into_iter().map(|key| (key, None));
    let mut requests: Vec<_> = known.into_iter().map(|(key, bytes)| (key, Some(bytes))).chain(open).collect();
    let shares = requests.len().div_ceil(CLIENTS).max(1);
    let clients: Arc<Vec<_>> = Arc::new(buyers.iter().map(|buyer| buyer.client(server)).collect());
    let mut tasks = JoinSet::new();
    while !requests.is_empty() {
        let share = requests.split_off(requests.len().saturating_sub(shares));
        let clients = Arc::clone(&clients);
        tasks.spawn(async move {
            let mut answers = Vec::new();
            for (key, before) in share {
                let answer = clients[key.0].get_once(WANTED, &key.1).await.unwrap();
                assert_eq!(answer.code(), 0, "{key:?}: {}", answer.text());
                if let Some(before) = before {
                    assert_eq!(answer.bytes, before, "{key:?} was answered otherwise before");
                }
                answers.push((key, answer.bytes));
            }
            answers
        });
    }
    while let Some(answers) = tasks.join_next().await {
        asked.acknowledged.extend(answers.unwrap());
    }
}

/// Each key was one purchase of its buyer, and nothing else was bought.
pub(super) fn each_key_was_one_purchase(history: &History, buyers: &[Buyer], asked: &Asked) {
    assert!(asked.open.is_empty());
    for (number, buyer) in buyers.iter().enumerate() {
        let keys = asked.acknowledged.keys().filter(|(owner, _)| *owner == number).count();
        let theirs: Vec<_> = history
            .0
            .iter()
            .filter_map(movement)
            .filter(|movement| movement.account == buyer.account.get())
            .collect();
        let debits: Vec<_> =
            theirs.iter().filter(|movement| matches!(movement.why, Why::Purchase { .. })).collect();
        assert_eq!(debits.len(), keys, "purchases of buyer {number}");
        let spent: i64 = debits.iter().map(|debit| -debit.amount).sum();
        assert_eq!(spent, i64::try_from(keys).unwrap() * PRICE);
        assert_eq!(theirs.last().unwrap().after, GIFT - spent);
    }
}

async fn what_was_acknowledged_survives_and_nothing_counts_twice(place: Place) {
    let buyers = buyers(&place, BUYERS).await;
    let options = ServerOptions::default();
    let mut asked = Asked::default();
    for round in 0..ROUNDS {
        let server = Server::start(&place, &options).unwrap();
        ask_again(&server, &buyers, &mut asked).await;
        let before = asked.acknowledged.len();
        let pid = server.process_id().to_string();
        let delay = Duration::from_millis(random(600));
        let cut = async {
            tokio::time::sleep(delay).await;
            let killed = std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap();
            assert!(killed.success());
        };
        asked.add(load(&[&server], &buyers, &format!("round-{round}"), cut).await);
        drop(server);
        let (acknowledged, open) = (asked.acknowledged.len() - before, asked.open.len());
        println!("round {round}: {acknowledged} acknowledged and {open} open after {delay:?}");
        assert!(acknowledged > 0 && open > 0, "no load in round {round}");
    }
    let server = Server::start(&place, &options).unwrap();
    ask_again(&server, &buyers, &mut asked).await;
    for (number, buyer) in buyers.iter().enumerate() {
        let keys = asked.acknowledged.keys().filter(|(owner, _)| *owner == number).count();
        let user = buyer.client(&server).get("/user").await.unwrap().data();
        assert_eq!(user["balance"], GIFT - i64::try_from(keys).unwrap() * PRICE);
    }
    server.kill();
    each_key_was_one_purchase(&audit(&place).await, &buyers, &asked);
}

//! Buyers who do not give up: each purchase has a key and is tried until it is answered with 0.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Answer, Client};

use crate::catalogue::PIN;
use crate::stage::{Stage, data, ledger, purse};

/// How long anything may take to heal.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Some buyers and what they have bought.
pub(crate) struct Crowd {
    buyers: Vec<Client>,
    done: AtomicU64,
    failures: AtomicU64,
    stopped: AtomicBool,
}

impl Crowd {
    pub(crate) async fn of(stage: &Stage, count: usize) -> Result<Self, reqwest::Error> {
        let mut buyers = Vec::new();
        for _ in 0..count {
            buyers.push(stage.buyer().await?);
        }
        Ok(Self { buyers, done: 0.into(), failures: 0.into(), stopped: false.into() })
    }

    /// How many answers were 503 so far.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// How many purchases were acknowledged so far.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Buys until [`Self::stop`]; gives how often each has bought.
    pub(crate) async fn buy(&self) -> Vec<i64> {
        futures::future::join_all(self.buyers.iter().map(|buyer| async {
            let mut bought = 0;
            while !self.stopped.load(Ordering::Relaxed) {
                self.buy_one(buyer, &format!("purchase-{bought}")).await;
                bought += 1;
            }
            bought
        }))
        .await
    }

    async fn buy_one(&self, buyer: &Client, key: &str) {
        let begun = Instant::now();
        loop {
            let answer =
                buyer.get_once(&format!("/product/{PIN}/with_balance"), key).await.expect("an answer");
            if answer.status == 200 {
                data(&answer);
                self.done.fetch_add(1, Ordering::Relaxed);
                return;
            }
            unavailable(&answer);
            self.failures.fetch_add(1, Ordering::Relaxed);
            assert!(begun.elapsed() < PATIENCE, "it does not heal: {}", answer.text());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Lets everybody finish what they are about.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// What all of them have spent, in pins.
    pub(crate) async fn spent(&self, stage: &Stage) -> Result<u64, reqwest::Error> {
        let mut spent = 0;
        for buyer in &self.buyers {
            let client = stage.stranger();
            client.set_cookie(buyer.cookie());
            let (balance, _) = purse(&client).await?;
            let entries = ledger(&client, 0).await?;
            assert_eq!(i64::try_from(entries.len()).unwrap(), 10_001 - balance);
            spent += u64::try_from(10_000 - balance).unwrap();
        }
        Ok(spent)
    }

    /// Everybody has paid for what they bought, once, and sees it, on this server.
    pub(crate) async fn check(&self, stage: &Stage, bought: &[i64]) {
        for (buyer, bought) in self.buyers.iter().zip(bought) {
            let client = stage.stranger();
            client.set_cookie(buyer.cookie());
            patient(async || Ok(client.get("/ledgers?type=0").await?.code() == 0)).await;
            assert_eq!(purse(&client).await.unwrap(), (10_000 - bought, 2_000));
            let entries = ledger(&client, 0).await.unwrap();
            assert_eq!(i64::try_from(entries.len()).unwrap(), bought + 1);
            assert_eq!(entries[0]["balance"], json!(10_000 - bought));
        }
    }
}

/// The answer says that it is not possible just now, and when to come again.
#[track_caller]
pub(crate) fn unavailable(answer: &Answer) {
    crate::stage::failed(answer, 503, 10001);
    assert_eq!(answer.headers["retry-after"], "1");
}

/// Waits until it is so.
pub(crate) async fn patient(mut is_so: impl AsyncFnMut() -> Result<bool, reqwest::Error>) {
    let begun = Instant::now();
    while !is_so().await.expect("an answer") {
        assert!(begun.elapsed() < PATIENCE, "it does not heal");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! A PostgreSQL that breaks off, and one that is away for a while.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};
use tests::{Place, ServerOptions};

use super::crowd::{Crowd, patient, unavailable};
use crate::catalogue::PIN;
use crate::stage::{Stage, Tested, data, purse};

/// The test server, from beside the database.
struct Beside {
    connection: PgConnection,
    name: String,
}

impl Beside {
    async fn of(place: &Place) -> Self {
        let Place::Postgres(database, _) = place else { panic!("PostgreSQL is meant") };
        let server = std::env::var("SUANPAN_TEST_POSTGRES").unwrap();
        let name = database.url().rsplit('/').next().unwrap().to_owned();
        Self { connection: PgConnection::connect(&server).await.unwrap(), name }
    }

    /// Breaks every connection to the database.
    async fn break_off(&mut self) {
        let all =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        self.connection.execute(all.as_str()).await.unwrap();
    }

    /// Lets nobody in, or everybody again.
    async fn let_in(&mut self, is_let_in: bool) {
        let alter = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {is_let_in}", self.name);
        self.connection.execute(alter.as_str()).await.unwrap();
    }
}

#[tokio::test]
async fn connections_that_break_off_while_buying_lose_and_double_nothing() -> Tested {
    let stage = Stage::open(Place::postgres().await, &ServerOptions::default()).await;
    let mut beside = Beside::of(&stage.place).await;
    let crowd = Crowd::of(&stage, 12).await?;
    let trouble = async {
        for _ in 0..8 {
            let done = crowd.done();
            patient(async || Ok(crowd.done() > done + 20)).await;
            beside.break_off().await;
        }
        let done = crowd.done();
        patient(async || Ok(crowd.done() > done + 20)).await;
        crowd.stop();
    };
    let (bought, ()) = futures::future::join(crowd.buy(), trouble).await;
    crowd.check(&stage, &bought).await;
    let stage = stage.restart(&ServerOptions::default());
    crowd.check(&stage, &bought).await;
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_away_is_told_and_missed_until_it_is_back() -> Tested {
    let options = ServerOptions::default().with(&["--request-timeout-ms", "3000"]);
    let stage = Stage::open(Place::postgres().await, &options).await;
    let mut beside = Beside::of(&stage.place).await;
    let crowd = Crowd::of(&stage, 6).await?;
    let client = stage.buyer().await?;
    let trouble = async {
        patient(async || Ok(crowd.done() > 30)).await;
        beside.let_in(false).await;
        beside.break_off().await;
        patient(async || Ok(crowd.failures() > 6)).await;
        for path in [format!("/product/{PIN}/with_balance"), "/ledgers?type=0".to_owned(), "/user".to_owned()]
        {
            let begun = Instant::now();
            let answer = client.get(&path).await.unwrap();
            assert!(begun.elapsed() < Duration::from_secs(12), "{path} in {:?}", begun.elapsed());
            if path != "/user" || answer.status != 200 {
                unavailable(&answer);
            }
        }
        assert_eq!(client.get("/healthz").await.unwrap().status, 200, "the process lives");
        let ready = client.get("/readyz").await.unwrap();
        assert_eq!(
            (ready.status.as_u16(), &ready.json()["store"]),
            (503, &"failing".into()),
            "{}",
            ready.text()
        );
        assert_eq!(
            stage
                .stranger()
                .post("/account/login", &serde_json::json!({"phone": "13911111111", "password": "secret-1"}))
                .await
                .unwrap()
                .status,
            503
        );
        beside.let_in(true).await;
        patient(async || Ok(client.get("/readyz").await?.status == 200)).await;
        let done = crowd.done();
        patient(async || Ok(crowd.done() > done + 30)).await;
        crowd.stop();
    };
    let (bought, ()) = futures::future::join(crowd.buy(), trouble).await;
    crowd.check(&stage, &bought).await;
    assert_eq!(purse(&client).await?.1, 2_000);
    data(&client.get("/ledgers?type=0").await?);
    let stage = stage.restart(&options);
    crowd.check(&stage, &bought).await;
    Ok(())
}

#[tokio::test]
async fn a_server_stops_in_time_while_its_database_is_away() -> Tested {
    let options = ServerOptions::default().with(&["--request-timeout-ms", "3000"]);
    let stage = Stage::open(Place::postgres().await, &options).await;
    let mut beside = Beside::of(&stage.place).await;
    let client = stage.buyer().await?;
    beside.let_in(false).await;
    beside.break_off().await;
    unavailable(&client.get(&format!("/product/{PIN}/with_balance")).await?);
    let Stage { server, place } = stage;
    let status = server.terminate().unwrap();
    assert_eq!(status.code(), Some(0));
    beside.let_in(true).await;
    let stage = Stage { server: crate::stage::start(&place, &options), place };
    let again = stage.stranger();
    again.set_cookie(client.cookie());
    assert_eq!(purse(&again).await?, (10_000, 2_000));
    Ok(())
}

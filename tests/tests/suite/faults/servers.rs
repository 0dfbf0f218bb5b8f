//! Two servers side by side on one PostgreSQL database.

use std::time::{Duration, Instant};

use serde_json::json;
use tests::{Client, Place, Server, ServerOptions};

use super::crowd::patient;
use crate::catalogue::{CAKE, PIN, TEA};
use crate::stage::{Stage, Tested, data, ledger, prepay_id, purse, refused, start};

struct Pair {
    one: Stage,
    other: Server,
}

impl Pair {
    async fn start() -> Self {
        let one = Stage::open(Place::postgres().await, &ServerOptions::default()).await;
        let other = start(&one.place, &ServerOptions::default());
        Self { one, other }
    }

    /// The same person at the other server.
    fn there(&self, client: &Client) -> Client {
        let other = self.other.client();
        other.set_cookie(client.cookie());
        other
    }
}

#[tokio::test]
async fn what_is_written_on_one_is_read_on_the_other() -> Tested {
    let pair = Pair::start().await;
    let here = pair.one.buyer().await?;
    let there = pair.there(&here);
    for bought in 1..=10 {
        let (writer, reader) = if bought % 2 == 0 { (&here, &there) } else { (&there, &here) };
        data(&writer.get(&format!("/product/{PIN}/with_balance")).await?);
        assert_eq!(purse(reader).await?.0, 10_000 - bought);
        assert_eq!(ledger(reader, 0).await?[0]["balance"], json!(10_000 - bought));
    }
    data(&here.post("/cart", &json!({"product_id": TEA})).await?);
    assert_eq!(data(&there.get("/cart").await?)[0]["product"], json!(TEA));
    // A key counts on both.
    let first = here.get_once(&format!("/product/{TEA}/with_balance"), "everywhere").await?;
    let again = there.get_once(&format!("/product/{TEA}/with_balance"), "everywhere").await?;
    assert_eq!(first.text(), again.text());
    // An order made at one, paid and told at either.
    let order = data(&there.post("/payment_order", &json!({"item_id": 1})).await?);
    assert_eq!(pair.one.pay(prepay_id(&order), "?times=2").await?.status, 200);
    assert_eq!(purse(&here).await?.0, 10_000 - 10 - 2_800 + 1_000);
    let folding = [pair.one.stranger(), pair.other.client()].map(|client| async move {
        client.get("/readyz").await.unwrap().json()["projections"]["folding"] == json!(true)
    });
    let folding = futures::future::join_all(folding).await;
    assert_eq!(folding.iter().filter(|is_folding| **is_folding).count(), 1, "one of them folds");
    Ok(())
}

#[tokio::test]
async fn signing_out_on_one_ends_the_session_on_the_other() -> Tested {
    let pair = Pair::start().await;
    let here = pair.one.person().await?;
    let there = pair.there(&here);
    data(&there.get("/user").await?);
    data(&here.get("/account/signout").await?);
    let begun = Instant::now();
    loop {
        let asked = begun.elapsed();
        if there.get("/user").await?.code() != 0 {
            break;
        }
        assert!(asked < Duration::from_secs(2), "it is signed in still after {asked:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    refused(&there.get("/user").await?, 10003);
    Ok(())
}

#[tokio::test]
async fn a_buyer_who_races_on_both_never_goes_below_zero() -> Tested {
    let pair = Pair::start().await;
    let here = pair.one.buyer().await?;
    let there = pair.there(&here);
    let path = format!("/product/{CAKE}/with_balance");
    let answers = futures::future::try_join_all(
        (0..32).map(|number| if number % 2 == 0 { here.get(&path) } else { there.get(&path) }),
    )
    .await?;
    let bought = answers.iter().filter(|answer| answer.code() == 0).count();
    assert_eq!(bought, 8);
    for answer in answers.iter().filter(|answer| answer.code() != 0) {
        refused(answer, 10006);
    }
    assert_eq!((purse(&here).await?, purse(&there).await?), ((400, 2_000), (400, 2_000)));
    // The same key at the same time on both is one purchase.
    let poor = data(&here.post("/payment_order", &json!({"item_id": 2})).await?);
    pair.one.pay(prepay_id(&poor), "").await?;
    let answers = futures::future::try_join_all((0..16).map(|number| {
        if number % 2 == 0 { here.get_once(&path, "both") } else { there.get_once(&path, "both") }
    }))
    .await?;
    answers.iter().for_each(|answer| assert_eq!(answer.text(), answers[0].text()));
    data(&answers[0]);
    assert_eq!(purse(&there).await?.0, 400 + 10_000 - 1_200);
    Ok(())
}

#[tokio::test]
async fn the_one_that_is_left_goes_on_alone() -> Tested {
    let pair = Pair::start().await;
    let here = pair.one.buyer().await?;
    let there = pair.there(&here);
    let Pair { one: Stage { server, place }, other } = pair;
    server.kill();
    data(&there.get(&format!("/product/{PIN}/with_balance")).await?);
    patient(async || Ok(there.get("/ledgers?type=0").await?.code() == 0)).await;
    assert_eq!(ledger(&there, 0).await?.len(), 2, "somebody folds");
    patient(async || Ok(there.get("/readyz").await?.json()["projections"]["folding"] == json!(true))).await;
    assert!(other.terminate().unwrap().success());
    drop(place);
    Ok(())
}

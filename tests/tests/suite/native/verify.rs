//! `/v1/verify`: progress, the report, and the first breach in a log that was tampered with.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tests::{Place, ServerOptions};

use super::desk::{Desk, House, problem, shared};
use super::sse::{Message, Messages};
use crate::stage::start;

async fn verify(desk: &Desk, body: &Value) -> Vec<Message> {
    let body = body.to_string();
    let request = || {
        desk.request(Method::POST, "/v1/verify").header("Content-Type", "application/json").body(body.clone())
    };
    Messages::of(desk.stream(request).await).all().await
}

#[tokio::test]
async fn the_log_is_verified_while_others_buy() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let kept = desk.found("/v1/head").await;
        let buying = house.busy(3);
        let empty = json!({});
        let verifying = verify(&desk, &empty);
        let ((), messages) = tokio::join!(buying, verifying);
        let first = messages.first().unwrap();
        assert_eq!((first.kind.as_str(), &first.data["position"]), ("progress", &json!(0)));
        assert!(first.data["head"].as_u64() >= kept["position"].as_u64());
        let report = messages.last().unwrap();
        assert_eq!(report.kind, "report", "{report:?}");
        assert_eq!(report.data["first"]["position"], json!(1));
        assert_eq!(report.data["events"], report.data["last"]["position"]);
        assert!(report.data["event_types"]["ProductSold"].as_u64().unwrap() > 0);
        let position = report.data["last"]["position"].as_u64().unwrap();
        // The views were compared where they stood in the middle of it, however far behind.
        assert_eq!(report.data["views_left_out"], Value::Null, "{report:?}");
        let compared = report.data["views_position"].as_u64().unwrap();
        assert!((1..=position).contains(&compared), "{report:?}");
        let books = desk.found(&format!("/v1/trial-balance?at={position}")).await;
        for row in books["rows"].as_array().unwrap() {
            let total = row["debit"].as_i64().unwrap() - row["credit"].as_i64().unwrap();
            assert_eq!(report.data["totals"][row["account"].as_str().unwrap()], json!(total), "{row}");
        }
        let again = verify(&desk, &json!({"head": kept["head"]})).await;
        assert_eq!(again.last().unwrap().kind, "report");
        let other = format!("{}@{}", "0".repeat(64), kept["position"]);
        let breach = verify(&desk, &json!({"head": other})).await;
        assert_eq!(breach.last().unwrap().kind, "breach");
        assert_eq!(breach.last().unwrap().data["position"], kept["position"]);
    }
}

#[tokio::test]
async fn one_verification_at_a_time_and_closing_ends_it() {
    let house = House::open(Place::folder());
    let desk = house.auditor().await;
    let request = || desk.request(Method::POST, "/v1/verify");
    // Begun and left at once, again and again: none is left behind that would refuse the last.
    for _ in 0..5 {
        drop(desk.stream(request).await);
    }
    assert_eq!(verify(&desk, &json!({})).await.last().unwrap().kind, "report");
    let begun = futures::future::join_all((0..8).map(|_| request().send())).await;
    let (mut refused, mut done) = (0, 0);
    for response in begun.into_iter().map(Result::unwrap) {
        if response.status() == 503 {
            assert_eq!(response.headers()["retry-after"], "1");
            let told: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            assert_eq!(told["code"], json!(1914));
            refused += 1;
        } else {
            assert_eq!(Messages::of(response).all().await.last().unwrap().kind, "report");
            done += 1;
        }
    }
    assert!(done >= 1 && refused + done == 8);
}

/// Changes an event past the server.
async fn tamper(place: &Place) {
    match place {
        Place::Folder(folder) => {
            let file = format!("sqlite://{}/log.db", folder.path().display());
            let mut connection = SqliteConnection::connect(&file).await.unwrap();
            connection.execute("DROP TRIGGER events_no_update").await.unwrap();
            let change = "UPDATE events SET payload = replace(payload, 'price', 'Price') WHERE position = 5";
            connection.execute(change).await.unwrap();
            connection.close().await.unwrap();
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            connection.execute("DROP TRIGGER events_immutable ON log.events").await.unwrap();
            let change = "UPDATE log.events SET recorded_at = recorded_at + 1 WHERE position = 5";
            connection.execute(change).await.unwrap();
        }
    }
}

/// Changes what stands in the views past the server, or takes the change back.
async fn change_views(place: &Place, change: &str) {
    match place {
        Place::Folder(folder) => {
            let file = format!("sqlite://{}/views.db", folder.path().display());
            let mut connection = SqliteConnection::connect(&file).await.unwrap();
            connection.execute(change).await.unwrap();
            connection.close().await.unwrap();
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            connection.execute("SET search_path = views").await.unwrap();
            connection.execute(change).await.unwrap();
        }
    }
}

#[tokio::test]
async fn views_that_were_changed_are_named() {
    for place in Place::both().await {
        let house = House::open(place);
        house.busy(2).await;
        let desk = house.auditor().await;
        let (client, customer) = house.customer().await;
        // Whoever reads makes the views fold what they lag behind: nothing is folded between a change and its taking back.
        assert_eq!(client.get("/ledgers?type=0").await.unwrap().code(), 0);
        for (change, back, stream) in [
            (
                "UPDATE account_balances SET balance = balance + 1",
                "UPDATE account_balances SET balance = balance - 1",
                format!("views of balance/{customer}"),
            ),
            (
                "UPDATE product_sales SET sold = sold + 1 WHERE product = 2",
                "UPDATE product_sales SET sold = sold - 1 WHERE product = 2",
                "views of product/2".to_owned(),
            ),
        ] {
            change_views(&house.place, change).await;
            let breach = verify(&desk, &json!({})).await.pop().unwrap();
            assert_eq!((breach.kind.as_str(), &breach.data["stream"]), ("breach", &json!(stream)));
            assert_eq!(breach.data["position"], Value::Null);
            assert_ne!(breach.data["expected"], breach.data["found"]);
            change_views(&house.place, back).await;
            let report = verify(&desk, &json!({})).await.pop().unwrap();
            assert_eq!(report.kind, "report", "{report:?}");
        }
    }
}

#[tokio::test]
async fn a_breach_is_named() {
    for place in Place::both().await {
        let House { server, place } = House::open(place);
        assert!(server.terminate().unwrap().success());
        tamper(&place).await;
        let server = start(&place, &ServerOptions::default());
        let house = House { server, place };
        let desk = house.auditor().await;
        let breach = verify(&desk, &json!({})).await.pop().unwrap();
        assert_eq!(breach.kind, "breach");
        assert_eq!((&breach.data["position"], &breach.data["rule"]), (&json!(5), &json!("the hash chain")));
        assert!(breach.data["stream"].as_str().unwrap().starts_with("product/"));
        let answer = desk.get("/v1/trial-balance").await;
        let told = problem(&answer, 500, 1913);
        assert!(told["detail"].as_str().unwrap().starts_with("position 5, stream product/"), "{told}");
        problem(&desk.get("/v1/journal?limit=1000").await, 500, 1913);
        // Before it, all is well.
        desk.found("/v1/trial-balance?at=4").await;
    }
}

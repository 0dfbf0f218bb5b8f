//! A projection that has stopped: its rows are not told as if nothing had been written since, the others serve, and it is seen
//! from outside.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use tests::{Place, ServerOptions};

use crate::catalogue::PIN;
use crate::stage::{Stage, Tested, data, failed, ledger};

/// Runs a statement on the views as somebody who should not.
async fn meddle(place: &Place, statement: &str) {
    match place {
        Place::Folder(folder) => {
            let file = SqliteConnectOptions::new().filename(folder.path().join("views.db"));
            file.connect().await.unwrap().execute(statement).await.unwrap();
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            connection.execute("SET search_path = views").await.unwrap();
            connection.execute(statement).await.unwrap();
        }
    }
}

/// What `/readyz` and the metrics say of the carts: the answer's status, the state, and the gauge.
async fn seen(stage: &Stage) -> Result<(u16, String, bool), reqwest::Error> {
    let ready = stage.stranger().get("/readyz").await?;
    let body = ready.json();
    let each = body["projections"]["each"].as_array().unwrap();
    let state = |name: &str| {
        let found = each.iter().find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {body}"))["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("ledger"), "running", "{body}");
    let metrics = stage.stranger().get("/metrics").await?.text();
    let gauge = |name: &str, value: u8| {
        metrics.contains(&format!("suanpan_projection_stopped{{projection=\"{name}\"}} {value}\n"))
    };
    assert!(gauge("ledger", 0), "{metrics}");
    Ok((ready.status.as_u16(), state("carts"), gauge("carts", 1)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_stopped_projection_are_unavailable_and_nothing_else_is() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let client = stage.buyer().await?;
        data(&client.post("/cart", &json!({"product_id": PIN})).await?);
        assert_eq!(data(&client.get("/cart").await?).as_array().map(Vec::len), Some(1));
        assert_eq!(seen(&stage).await?, (200, "running".to_owned(), false));

        meddle(&stage.place, "ALTER TABLE cart_lines RENAME TO elsewhere").await;
        data(&client.post("/cart", &json!({"product_id": PIN})).await?);
        let message = failed(&client.get("/cart").await?, 503, 10001);
        assert!(!message.contains("cart_lines"), "{message}");
        // Reading may have been refused for waiting too long first.
        let begun = Instant::now();
        while seen(&stage).await? != (503, "stopped".to_owned(), true) {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not stop");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Writing goes on, and so does reading what others fold.
        data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
        assert_eq!(ledger(&client, 0).await?[0]["money"], json!(-1));
        data(&client.get("/products").await?);
        failed(&client.get("/cart").await?, 503, 10001);

        // Once its tables are as they should be, the next start makes up for it.
        meddle(&stage.place, "ALTER TABLE elsewhere RENAME TO cart_lines").await;
        let cookie = client.cookie();
        let stage = stage.restart(&ServerOptions::default());
        let client = stage.stranger();
        client.set_cookie(cookie);
        let cart: Value = data(&client.get("/cart").await?);
        assert_eq!(cart[0]["num"], json!(2), "{cart}");
        assert_eq!(seen(&stage).await?, (200, "running".to_owned(), false));
    }
    Ok(())
}

//! The time machine: `replay --until` writes the views of a moment, `serve --read-only` serves them, and stores as they are.

mod served;
mod written;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};
use tests::{Client, Database, Place, Server};

use crate::command_line::{Ended, run};
use crate::stage::{data, prepay_id};

/// Rows by table, each row as JSON, in the order of its key.
type Rows = BTreeMap<&'static str, Vec<Value>>;

/// All rows of all views in a folder or a database.
async fn rows(folder: &Path, database: Option<&Database>) -> Rows {
    let mut rows = Rows::new();
    for table in projections::all().names().flat_map(|name| projections::all().tables(name)) {
        let (columns, key) = (table.columns.join(", "), table.key.join(", "));
        let select = |array: &str| {
            format!("SELECT CAST({array}({columns}) AS TEXT) FROM {} ORDER BY {key}", table.name)
        };
        let texts: Vec<String> = match database {
            None => {
                let file = format!("sqlite://{}?mode=ro", folder.join("views.db").display());
                let mut connection = SqliteConnection::connect(&file).await.unwrap();
                let found = connection.fetch_all(select("json_array").as_str()).await.unwrap();
                found.iter().map(|row| row.get(0)).collect()
            }
            Some(database) => {
                let mut connection = PgConnection::connect(&database.url()).await.unwrap();
                connection.execute("SET search_path = views").await.unwrap();
                let found = connection.fetch_all(select("json_build_array").as_str()).await.unwrap();
                found.iter().map(|row| row.get(0)).collect()
            }
        };
        rows.insert(table.name, texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect());
    }
    rows
}

/// Runs `replay --until` and gives how it ended.
fn replay(place: &Place, until: &str, target: &Path) -> Ended {
    run(&["replay", "--until", until, "-o", &target.display().to_string()], Some(place))
}

/// Where the log ends: position and hash as the database tells them, past the product.
async fn head(place: &Place) -> (i64, Vec<u8>) {
    const HEAD: &str = "SELECT position, hash FROM head";
    match place {
        Place::Folder(folder) => {
            let file = format!("sqlite://{}?mode=ro", folder.path().join("log.db").display());
            let row = SqliteConnection::connect(&file).await.unwrap().fetch_one(HEAD).await.unwrap();
            (row.get(0), row.get(1))
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            connection.execute("SET search_path = log").await.unwrap();
            let row = connection.fetch_one(HEAD).await.unwrap();
            (row.get(0), row.get(1))
        }
    }
}

/// The time of an event, in microseconds since 1970.
async fn time_of(place: &Place, position: i64) -> i64 {
    let select = format!("SELECT recorded_at FROM events WHERE position = {position}");
    match place {
        Place::Folder(folder) => {
            let file = format!("sqlite://{}?mode=ro", folder.path().join("log.db").display());
            SqliteConnection::connect(&file).await.unwrap().fetch_one(select.as_str()).await.unwrap().get(0)
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            connection.execute("SET search_path = log").await.unwrap();
            connection.fetch_one(select.as_str()).await.unwrap().get(0)
        }
    }
}

/// The demo's customer, signed in.
async fn customer(server: &Server) -> (Client, Value) {
    let client = server.client();
    let credentials = json!({"phone": "13800000001", "password": "demo-pass-1"});
    let user = data(&client.post("/account/login", &credentials).await.unwrap());
    (client, user)
}

/// Buys, fills and settles the cart, recharges.
async fn busy(client: &Client, server: &Server, rounds: u64) {
    for round in 0..rounds {
        let product = 1 + round % 6;
        client.post(&format!("/product/{product}/with_coupon"), &json!({})).await.unwrap();
        client.post(&format!("/product/{product}/with_balance"), &json!({})).await.unwrap();
        client.post("/cart", &json!({"product_id": product})).await.unwrap();
        if round % 3 == 1 {
            client.post("/cart/pay_with_balance", &json!({})).await.unwrap();
        }
        let order = data(&client.post("/payment_order", &json!({"item_id": 1 + round % 3})).await.unwrap());
        if round % 2 == 0 {
            let path = format!("/sandbox/wechat/pay/{}", prepay_id(&order));
            assert_eq!(server.client().post(&path, &Value::Null).await.unwrap().status, 200);
        }
    }
}

/// Name and bytes of all files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

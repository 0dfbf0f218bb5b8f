//! The time machine: `replay --until` writes the views of a moment, `serve --read-only` serves them, and stores as they are.

mod campus_writes;
mod served;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use event_store::{Position, ReadOnlyLog, RecordedEvent};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _, SqliteConnection};
use tests::{Client, Database, Place, Server};

use crate::catalogue::location;
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

/// Where the log ends, as an auditor reads it, who leaves no trace.
async fn head(place: &Place) -> (i64, Vec<u8>) {
    let log = ReadOnlyLog::open(&location(place)).await.unwrap();
    let head = log.head().await.unwrap();
    log.close().await;
    (i64::try_from(head.position.number()).unwrap(), head.hash.as_bytes().to_vec())
}

/// An event, as an auditor reads it.
async fn event(place: &Place, position: i64) -> RecordedEvent {
    let log = ReadOnlyLog::open(&location(place)).await.unwrap();
    let before = Position::from_number(u64::try_from(position - 1).unwrap());
    let event = log.read_all(before, 1).await.unwrap().remove(0);
    log.close().await;
    event
}

/// The time of an event, in microseconds since 1970.
async fn time_of(place: &Place, position: i64) -> i64 {
    event(place, position).await.recorded_at.micros()
}

/// The commit of an event.
async fn commit_of(place: &Place, position: i64) -> uuid::Uuid {
    event(place, position).await.commit_id
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

/// Makes sure that no file of a folder is another than it was, none is new and none is gone. SQLite's shared memory, which is
/// no file of anybody's, does not count.
#[track_caller]
fn unchanged(folder: &Path, before: &BTreeMap<String, Vec<u8>>) {
    let after = files(folder);
    let names: BTreeSet<_> =
        before.keys().chain(after.keys()).filter(|name| !name.ends_with("-shm")).collect();
    let changed: Vec<_> = names.into_iter().filter(|&name| before.get(name) != after.get(name)).collect();
    assert!(changed.is_empty(), "changed: {changed:?}");
}

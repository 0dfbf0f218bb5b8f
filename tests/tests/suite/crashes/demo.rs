//! Killed while the demo is filled in: the next start with `--demo` completes it, and no later one adds to it.

use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use integrations::install_crypto_provider;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tests::{Client, Place, Server, ServerOptions, binary};

use super::{PATIENCE, audit, on_both};

/// The demo is cut off as soon as the log holds so many events: in the middle of its products, its recharge items, its
/// accounts (two of them, in between) and its gifts.
const CUTS: [i64; 6] = [1, 4, 9, 12, 17, 23];
const ACCOUNTS: [(&str, &str); 5] = [
    ("13800000001", "demo-pass-1"),
    ("13800000002", "demo-pass-2"),
    ("13800000003", "demo-pass-3"),
    ("admin", "demo-pass-4"),
    ("auditor", "demo-pass-5"),
];

on_both!(a_demo_that_was_cut_off_is_completed, a_store_of_somebody_else_gets_no_demo);

/// How many events the log holds, seen from outside; 0 while there is none.
async fn events(place: &Place) -> i64 {
    let head = "SELECT position FROM head";
    let found = match place {
        Place::Folder(folder) => {
            let options = SqliteConnectOptions::new().filename(folder.path().join("log.db")).read_only(true);
            match SqliteConnection::connect_with(&options).await {
                Ok(mut log) => sqlx::query_scalar(head).fetch_one(&mut log).await,
                Err(error) => Err(error),
            }
        }
        Place::Postgres(database, _) => {
            let options =
                PgConnectOptions::from_str(&database.url()).unwrap().options([("search_path", "log")]);
            let mut log = PgConnection::connect_with(&options).await.unwrap();
            sqlx::query_scalar(head).fetch_one(&mut log).await
        }
    };
    found.unwrap_or(0)
}

fn serve_demo(place: &Place) -> Child {
    let mut command = Command::new(binary());
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).args(place.arguments());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

async fn a_demo_that_was_cut_off_is_completed(place: Place) {
    install_crypto_provider();
    let mut cut_at = Vec::new();
    for cut in CUTS {
        let mut server = serve_demo(&place);
        let began = Instant::now();
        while events(&place).await < cut {
            assert!(began.elapsed() < PATIENCE, "the demo ends before {cut} events");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill().unwrap();
        server.wait().unwrap();
        cut_at.push(events(&place).await);
    }
    let server = Server::start(&place, &ServerOptions::demo()).unwrap();
    assert!(server.told().contains("demo accounts:"), "{}", server.told());
    is_complete(&server).await;
    let whole = events(&place).await;
    println!("cut off at {cut_at:?} of {whole} events");
    assert!(cut_at.iter().filter(|at| **at < whole).count() >= 3, "cut off at {cut_at:?} of {whole}");
    server.kill();
    let server = Server::start(&place, &ServerOptions::demo()).unwrap();
    is_complete(&server).await;
    assert_eq!(events(&place).await, whole, "a second demo adds nothing");
    server.kill();
    audit(&place).await;
}

async fn a_store_of_somebody_else_gets_no_demo(place: Place) {
    install_crypto_provider();
    let server = Server::start(&place, &ServerOptions::default()).unwrap();
    let somebody = json!({"phone": "13911111111", "password": "secret-1"});
    assert_eq!(server.client().post("/account/signup", &somebody).await.unwrap().code(), 0);
    server.kill();
    let before = events(&place).await;
    // The second start finds what the first left.
    for _ in 0..2 {
        let server = Server::start(&place, &ServerOptions::demo()).unwrap();
        assert!(server.told().contains("no demo data was added"), "{}", server.told());
        let (phone, password) = ACCOUNTS[3];
        let operator = json!({ "phone": phone, "password": password });
        assert_eq!(server.client().post("/account/login", &operator).await.unwrap().code(), 10001);
        server.kill();
        assert_eq!(events(&place).await, before);
    }
}

/// Everything that the demo promises is there, once.
async fn is_complete(server: &Server) {
    for (phone, password) in ACCOUNTS {
        let client = server.client();
        let answer =
            client.post("/account/login", &json!({ "phone": phone, "password": password })).await.unwrap();
        assert_eq!(answer.code(), 0, "{phone}: {}", answer.text());
        let user = answer.data();
        let expected = if phone == "13800000001" { (10_000, 2_000) } else { (0, 0) };
        assert_eq!((user["balance"].as_i64(), user["coupon"].as_i64()), (Some(expected.0), Some(expected.1)));
    }
    let count = async |path: &str| {
        let client: Client = server.client();
        client.get(path).await.unwrap().data().as_array().unwrap().len()
    };
    assert_eq!(count("/products").await, 6);
    assert_eq!(count("/payment_items").await, 3);
    let customer = server.client();
    assert_eq!(customer.get("/account/signin?code=user").await.unwrap().data()["balance"], 10_000);
}

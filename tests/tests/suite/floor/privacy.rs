//! Secrets and personal data are nowhere in clear: not in the process's log at its most talkative, not in the metrics,
//! not in the events, not in the log's files.

use futures::TryStreamExt as _;
use serde_json::json;
use sqlx::Row as _;
use tests::{Place, ServerOptions};

use crate::catalogue::{House, TEA, TEN};
use crate::stage::{Stage, Tested, data, prepay_id, start};

/// What must not be found, and what it is.
struct Secret(&'static str, String);

#[track_caller]
fn none_in(secrets: &[Secret], place: &str, bytes: &[u8]) {
    for Secret(what, value) in secrets {
        let found = bytes.windows(value.len()).position(|window| window == value.as_bytes());
        if let Some(at) = found {
            let around = &bytes[at.saturating_sub(200)..(at + value.len() + 60).min(bytes.len())];
            panic!("the {what} is in {place}: {}", String::from_utf8_lossy(around));
        }
    }
}

#[tokio::test]
async fn what_is_private_is_never_told() -> Tested {
    let options = ServerOptions::default().with(&["--log", "trace"]);
    for stage in Stage::both(&options).await {
        let client = stage.stranger();
        let (phone, password, nickname) = ("15912345678", "pass-wörd-Zq7", "nicknameQx9");
        let credentials = json!({"phone": phone, "password": password});
        data(&client.post("/account/signup", &credentials).await?);
        let mut secrets = vec![
            Secret("phone", phone.to_owned()),
            Secret("password", "wörd-Zq7".to_owned()),
            Secret("WeChat name", nickname.to_owned()),
            Secret("API key", "test-only-api-v3-key-of-sandbox!".to_owned()),
            Secret("app secret", "test-only-app-secret".to_owned()),
        ];
        let mut take_token = |client: &tests::Client| {
            let cookie = client.cookie().unwrap();
            secrets.push(Secret("token", cookie.split_once('=').unwrap().1.to_owned()));
        };
        take_token(&client);
        data(&client.post("/account/login", &credentials).await?);
        take_token(&client);
        let wechat = stage.stranger();
        let who = data(&wechat.get(&format!("/account/signin?code={nickname}")).await?);
        assert_eq!(who["name"], json!(nickname));
        take_token(&wechat);
        for client in [&client, &wechat] {
            let order = stage.order(client, TEN).await?;
            stage.pay(prepay_id(&order), "?times=2").await?;
            client
                .post("/account/login", &json!({"phone": phone, "password": format!("{password}x")}))
                .await?;
            client.post("/account/signup", &credentials).await?;
            client.get(&format!("/product/{TEA}/with_coupon")).await?;
            client.get(&format!("/account/signin?code={nickname}&phone=%zz")).await?;
            data(&client.get("/user").await?);
            data(&client.get("/ledgers?type=0").await?);
        }
        none_in(&secrets, "the metrics", client.get("/metrics").await?.text().as_bytes());
        none_in(&secrets, "the readiness", client.get("/readyz").await?.text().as_bytes());
        let Stage { server, place } = stage;
        let told = server.told();
        assert!(
            told.contains("TRACE") && told.contains("/account/login"),
            "the log is as talkative as it can be"
        );
        none_in(&secrets, "the process's log", told.as_bytes());
        server.kill();
        files(&secrets, &place).await;

        // Once more at the start, and while it ends.
        let server = start(&place, &options);
        let again = server.client();
        data(&again.post("/account/login", &credentials).await?);
        let told = server.told();
        none_in(&secrets, "the process's log", told.as_bytes());
        assert!(server.terminate().unwrap().success());
        events(&secrets, &place).await;
    }
    Ok(())
}

/// Every event, and the names of the streams.
async fn events(secrets: &[Secret], place: &Place) {
    let house = House::open(place).await;
    let events = house.stores.log.read_all(event_store::Position::START, 10_000).await.unwrap();
    assert!(events.len() > 10);
    for event in &events {
        none_in(secrets, "an event", event.payload.as_bytes());
        none_in(secrets, "an event's metadata", event.metadata.as_bytes());
        none_in(secrets, "a stream's name", event.stream.aggregate_id.as_bytes());
    }
    house.close().await;
}

/// The log and the views as bytes; the vault keeps keys and hashes, but neither tokens nor passwords.
async fn files(secrets: &[Secret], place: &Place) {
    match place {
        Place::Folder(folder) => {
            for entry in std::fs::read_dir(folder.path()).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    none_in(secrets, &path.display().to_string(), &std::fs::read(&path).unwrap());
                }
            }
        }
        Place::Postgres(database, _) => {
            let pool = sqlx::PgPool::connect(&database.url()).await.unwrap();
            let list = "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('log', 'views', 'vault')";
            let tables: Vec<String> = sqlx::query_scalar(list).fetch_all(&pool).await.unwrap();
            assert!(tables.len() > 8, "{tables:?}");
            for table in tables {
                let rows = format!("SELECT row_to_json(t)::text FROM {table} t");
                let mut rows = sqlx::query(&rows).fetch(&pool);
                while let Some(row) = rows.try_next().await.unwrap() {
                    none_in(secrets, &table, row.get::<String, _>(0).as_bytes());
                }
            }
            pool.close().await;
        }
    }
}

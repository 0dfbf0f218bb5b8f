//! `suanpan account erase`: the person is gone, the books stay.

use event_store::{GENESIS, Position, event_hash};
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tests::{Place, ServerOptions, own_address};

use crate::catalogue::{HUNDRED, House, PIN};
use crate::command_line::run;
use crate::stage::{Stage, Tested, data, ledger, phone, prepay_id, purse, refused, start};

/// Every event hashes to what it says, and the sum of what moved on that account's streams.
async fn verify(place: &Place) -> Vec<String> {
    let house = House::open(place).await;
    let events = house.stores.log.read_all(Position::START, 100_000).await.unwrap();
    let (mut hash, mut position) = (GENESIS, Position::START);
    for event in &events {
        position = position.advanced_by(1);
        assert_eq!(event.position, position);
        hash = event_hash(&hash, event);
        assert_eq!(event.hash, hash, "{position}");
    }
    assert_eq!(house.stores.log.head().await.unwrap().hash, hash);
    house.close().await;
    events.iter().map(|event| format!("{} {} {}", event.position, event.stream, event.event_type)).collect()
}

#[tokio::test]
async fn an_erased_person_is_gone_and_the_books_stay() -> Tested {
    let options = ServerOptions::default().with(&["--listen", &own_address()]);
    for stage in Stage::both(&options).await {
        // WeChat knows where to send its notice from the order: the server must stay where it is.
        let options = ServerOptions::default().with(&["--listen", stage.server.authority()]);
        let (client, phone) = (stage.stranger(), phone());
        let credentials = json!({"phone": phone, "password": "secret-1"});
        let user = data(&client.post("/account/signup", &credentials).await?);
        let id = user["id"].to_string();
        let order = stage.order(&client, HUNDRED).await?;
        stage.pay(prepay_id(&order), "").await?;
        data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
        let bystander = stage.buyer().await?;
        let cookies = (client.cookie(), bystander.cookie());
        let wechat = stage.stranger();
        let wechat_id = data(&wechat.get("/account/signin?code=soon-gone").await?)["id"].to_string();
        let Stage { server, place } = stage;
        assert!(server.terminate().unwrap().success());
        let before = verify(&place).await;

        for account in [&id, &wechat_id] {
            let ended = run(&["account", "erase", account], Some(&place));
            assert_eq!(ended.code, Some(0), "{}", ended.told);
            let again = run(&["account", "erase", account], Some(&place));
            assert_eq!(again.code, Some(0), "again is no error: {}", again.told);
        }
        let after = verify(&place).await;
        assert_eq!(after[..before.len()], before[..], "nothing that was written is changed");
        assert!(after.len() > before.len());

        let stage = Stage { server: start(&place, &options), place };
        let client = stage.stranger();
        client.set_cookie(cookies.0);
        refused(&client.get("/user").await?, 10003);
        refused(&client.get(&format!("/product/{PIN}/with_balance")).await?, 10003);
        refused(&stage.stranger().post("/account/login", &credentials).await?, 10001);
        let bystander = stage.stranger();
        bystander.set_cookie(cookies.1);
        assert_eq!(purse(&bystander).await?, (10_000, 2_000));
        assert_eq!(ledger(&bystander, 0).await?.len(), 1);

        // A late notice for the erased account's order harms nobody.
        let late = stage.pay(prepay_id(&order), "").await?;
        assert_eq!(late.status, 200, "{}", late.text());
        let anew = data(&stage.stranger().post("/account/signup", &credentials).await?);
        assert_ne!(anew["id"].to_string(), id, "the phone is free for somebody new");
        assert_eq!((&anew["balance"], &anew["coupon"]), (&json!(0), &json!(0)));
        let wechat = data(&stage.stranger().get("/account/signin?code=soon-gone").await?);
        assert_ne!(wechat["id"].to_string(), wechat_id);
        personal_data_is_gone(&stage.place, &phone, &id).await;
        personal_data_is_gone(&stage.place, &phone, &wechat_id).await;
    }
    Ok(())
}

/// No file holds the phone; nothing in the vault belongs to the erased account any more.
async fn personal_data_is_gone(place: &Place, phone: &str, account: &str) {
    let left = format!(
        "SELECT (SELECT count(*) FROM data_keys WHERE account_id = {account}),
            (SELECT count(*) FROM passwords WHERE account_id = {account}),
            (SELECT count(*) FROM sessions WHERE account_id = {account}), (SELECT count(*) FROM data_keys)"
    );
    let (key, password, sessions, others): (i64, i64, i64, i64) = match place {
        Place::Folder(folder) => {
            for name in ["log.db", "vault.db", "views.db"] {
                let bytes = std::fs::read(folder.path().join(name)).unwrap();
                assert!(!bytes.windows(phone.len()).any(|window| window == phone.as_bytes()), "{name}");
            }
            let file = format!("sqlite://{}?mode=ro", folder.path().join("vault.db").display());
            let mut connection = SqliteConnection::connect(&file).await.unwrap();
            sqlx::query_as(&left).fetch_one(&mut connection).await.unwrap()
        }
        Place::Postgres(database, _) => {
            let mut connection = PgConnection::connect(&database.url()).await.unwrap();
            connection.execute("SET search_path = vault").await.unwrap();
            sqlx::query_as(&left).fetch_one(&mut connection).await.unwrap()
        }
    };
    assert_eq!((key, password, sessions), (0, 0, 0));
    assert!(others > 0, "others keep theirs");
}

#[tokio::test]
async fn a_server_on_the_same_database_notices_that_a_person_is_gone() -> Tested {
    let stage = Stage::open(Place::postgres().await, &ServerOptions::default()).await;
    let client = stage.buyer().await?;
    let id = data(&client.get("/user").await?)["id"].to_string();
    let ended = run(&["account", "erase", &id], Some(&stage.place));
    assert_eq!(ended.code, Some(0), "{}", ended.told);
    // Sessions end everywhere within two seconds.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    refused(&client.get("/user").await?, 10003);
    refused(&client.get(&format!("/product/{PIN}/with_balance")).await?, 10003);
    Ok(())
}

//! A backup of the files of a server at work, as `docs/operations.md` has it: the log first, the vault second.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _, Row as _, SqliteConnection};
use tests::{Client, Place, Server, ServerOptions};

use crate::catalogue::PIN;
use crate::command_line::run;
use crate::stage::{Stage, Tested, data, phone, start};

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

/// Copies a database that others write to.
async fn copy(from: &Path, to: &Path, name: &str) {
    let target = to.join(name);
    let statement = sqlx::query("VACUUM INTO $1").bind(target.to_str().unwrap());
    open(&from.join(name)).await.execute(statement).await.unwrap();
}

/// Signs people up, one after another, until told to stop; counts them, and gives their phones.
async fn sign_up(
    client: Client,
    done: &AtomicBool,
    count: &AtomicUsize,
) -> Result<Vec<String>, reqwest::Error> {
    let mut phones = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let phone = phone();
        data(&client.post("/account/signup", &json!({"phone": phone, "password": "secret-1"})).await?);
        phones.push(phone);
        count.fetch_add(1, Ordering::Relaxed);
    }
    Ok(phones)
}

/// Buys until told to stop.
async fn buy(client: Client, done: &AtomicBool) -> Tested {
    while !done.load(Ordering::Relaxed) {
        data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_server_at_work_lacks_nobody() -> Tested {
    let stage = Stage::open(Place::folder(), &ServerOptions::default()).await;
    let backup = Place::folder();
    let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    let more = async || {
        let (begun, enough) = (Instant::now(), count.load(Ordering::Relaxed) + 2);
        while count.load(Ordering::Relaxed) < enough {
            assert!(begun.elapsed() < Duration::from_secs(120), "nobody signs up any more");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let copies = async {
        more().await;
        copy(stage.place.path(), backup.path(), "log.db").await;
        // Whoever comes in between is in one of the two, and it does no harm.
        more().await;
        copy(stage.place.path(), backup.path(), "vault.db").await;
        more().await;
        done.store(true, Ordering::Relaxed);
    };
    let (buyer, stranger) = (stage.buyer().await?, stage.stranger());
    let (phones, bought, ()) = tokio::join!(sign_up(stranger, &done, &count), buy(buyer, &done), copies);
    bought?;
    let phones = phones?;

    let opened = "SELECT aggregate_id FROM events WHERE event_type = 'AccountOpened'";
    let opened = open(&backup.path().join("log.db")).await.fetch_all(opened).await.unwrap();
    let keys = "SELECT CAST(account_id AS TEXT) FROM data_keys";
    let keys = open(&backup.path().join("vault.db")).await.fetch_all(keys).await.unwrap();
    let keys: Vec<String> = keys.iter().map(|row| row.get(0)).collect();
    assert!(keys.len() > opened.len(), "somebody came in between");
    for account in &opened {
        assert!(keys.contains(&account.get(0)), "an account of the log without its key");
    }
    let server = start(&backup, &ServerOptions::default());
    let mut known = 0;
    for phone in &phones {
        let credentials = json!({"phone": phone, "password": "secret-1"});
        known += usize::from(server.client().post("/account/login", &credentials).await?.code() == 0);
    }
    // The buyer came by WeChat.
    assert_eq!(known, opened.len() - 1);
    assert!(known > 0 && known < phones.len());
    assert!(server.terminate().unwrap().success());
    assert_eq!(run(&["audit", "verify"], Some(&backup)).code, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_whose_key_was_lost_can_be_erased() -> Tested {
    let stage = Stage::open(Place::folder(), &ServerOptions::default()).await;
    let client = stage.stranger();
    let user =
        data(&client.post("/account/signup", &json!({"phone": phone(), "password": "secret-1"})).await?);
    let Stage { server, place } = stage;
    assert!(server.terminate().unwrap().success());
    open(&place.path().join("vault.db")).await.execute("DELETE FROM data_keys").await.unwrap();
    for _ in 0..2 {
        let ended = run(&["account", "erase", &user["id"].to_string()], Some(&place));
        assert_eq!(ended.code, Some(0), "{}", ended.told);
    }
    assert_eq!(run(&["audit", "verify"], Some(&place)).code, Some(0));
    Ok(())
}

/// With another vault everybody in the log would be a stranger, and every phone free again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_vault_was_lost_is_refused_until_somebody_says_that_it_is() -> Tested {
    let stage = Stage::open(Place::folder(), &ServerOptions::default()).await;
    let person = json!({"phone": phone(), "password": "secret-1"});
    data(&stage.stranger().post("/account/signup", &person).await?);
    let Stage { server, place } = stage;
    assert!(server.terminate().unwrap().success());
    let vault = place.path().join("vault.db");
    std::fs::remove_file(&vault).unwrap();
    for _ in 0..2 {
        let refused = Server::start(&place, &ServerOptions::default()).expect_err("a refusal");
        assert!(refused.contains("the vault beside it is new"), "{refused}");
    }
    // As docs/operations.md has it.
    open(&vault).await.execute("INSERT INTO house_keys VALUES ('lost', x'00')").await.unwrap();
    let server = start(&place, &ServerOptions::default());
    assert_eq!(server.client().post("/account/login", &person).await?.code(), 10001);
    assert!(server.terminate().unwrap().success());
    Ok(())
}

/// A restore under a server that still runs: what it would say now would be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_files_were_replaced_promises_nothing_more() -> Tested {
    let stage = Stage::open(Place::folder(), &ServerOptions::default()).await;
    let buyer = stage.buyer().await?;
    let folder = stage.place.path();
    let restored = Place::folder();
    copy(folder, restored.path(), "log.db").await;
    std::fs::rename(restored.path().join("log.db"), folder.join("log.db")).unwrap();
    for name in ["log.db-wal", "log.db-shm"] {
        std::fs::remove_file(folder.join(name)).ok();
    }
    let bought = buyer.get(&format!("/product/{PIN}/with_balance")).await?;
    assert_eq!((bought.status.as_u16(), bought.code()), (503, 10001), "{}", bought.text());
    assert_eq!(buyer.get("/readyz").await?.status, 503);
    let Stage { server, place } = stage;
    server.kill();
    let server = start(&place, &ServerOptions::default());
    assert_eq!(server.client().get("/readyz").await?.status, 200);
    assert!(server.terminate().unwrap().success());
    assert_eq!(run(&["audit", "verify"], Some(&place)).code, Some(0));
    Ok(())
}

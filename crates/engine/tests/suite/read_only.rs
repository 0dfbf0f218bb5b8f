//! A log that is only read: states are told, decisions are refused, and nothing is written or kept.

use std::sync::Arc;

use engine::{Engine, EngineConfig};
use event_store::{Position, ending_at};
use kernel::{Clock, ErrorCode};

use crate::house::{House, changing, keyed, new_op, refused};
use crate::purse::Purse;

async fn reads_and_decides_nothing(mut house: House) {
    let server = house.server().await;
    for amount in [5, 7, 9] {
        server.change("a", amount).await.unwrap();
    }
    server.change_once("key", "a", 1).await.unwrap();
    server.engine.stop().await;
    let before = house.checked().await;

    house.stores.log = ending_at(Arc::clone(&house.log), Position::from_number(2)).await.unwrap();
    let engine = Engine::start(&house.stores, Clock::default(), EngineConfig::default()).await.unwrap();
    assert!(engine.is_read_only());
    let balance = engine.commit(keyed("other", 0), |tx| Ok(tx.state::<Purse>("a")?.balance)).await;
    assert_eq!(balance, Ok(12), "as it was after two events");
    // Whoever repeats a request is refused like everybody, and nothing of it is remembered.
    for (key, amount) in [("key", 1), ("new", 1), ("new", 1)] {
        let done = engine.commit(keyed(key, amount), changing("a", amount, new_op())).await;
        assert_eq!(refused(done), ErrorCode::ReadOnly);
    }
    engine.check().await.unwrap();
    engine.stop().await;
    assert_eq!(house.checked().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    reads_and_decides_nothing(House::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    reads_and_decides_nothing(House::postgres().await).await;
}

//! A log that is not the one the engine knows: restored from a backup, or fenced by an operator.

use std::sync::Arc;

use engine::CommitError;

use crate::house::House;
use crate::purse::soon;

/// A house whose log tells another story: `purses` of 1 each, in order.
async fn other_story(purses: &[&str]) -> House {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    for id in purses {
        server.change(id, 1).await.unwrap();
    }
    server.engine.stop().await;
    house
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_on_another_past() {
    // Shorter than what is known, as long, and longer.
    for purses in [&["x"][..], &["x", "y"], &["x", "y", "z", "x"]] {
        let mut house = House::sqlite().await;
        let server = house.shared_server().await;
        server.change("x", 10).await.unwrap();
        server.change("x", 10).await.unwrap();
        let restored = other_story(purses).await;
        server.log.replace(Arc::clone(&restored.log));
        assert_eq!(server.change("x", -15).await, Err(CommitError::Unavailable), "{purses:?}");
        assert_eq!(server.change("y", 1).await, Err(CommitError::Unavailable));
        assert!(server.engine.check().await.is_err(), "the server must be seen to be unready");
        assert_eq!(restored.checked().await.len(), purses.len());
        soon(server.engine.stop()).await;
    }
}

/// Raising the epoch fences every server that runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_epoch_fences_a_running_server() {
    let mut house = House::postgres().await;
    let server = house.shared_server().await;
    server.change("a", 1).await.unwrap();
    house.run("UPDATE head SET epoch = epoch + 1").await;
    assert_eq!(server.change("a", 1).await, Err(CommitError::Unavailable));
    assert_eq!(server.change("a", 1).await, Err(CommitError::Unavailable));
    assert!(server.engine.check().await.is_err());
    let restarted = house.shared_server().await;
    assert_eq!(restarted.change("a", 1).await, Ok(2));
}

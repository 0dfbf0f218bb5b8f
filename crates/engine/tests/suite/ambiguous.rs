//! Writes of which nobody knows whether they happened.

use std::sync::atomic::Ordering::SeqCst;

use engine::CommitError;
use kernel::ErrorCode;

use crate::faults::Fault;
use crate::house::{House, is_waiting, let_go_of, refused};
use crate::purse::soon;

/// Whatever happens to the first tries, there is one effect and its acknowledgement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_effect_whatever_the_tries_say() {
    use Fault::{None, Slow, Unavailable, UnknownLost, UnknownWritten, Zombie};
    let stories: [&[Fault]; 9] = [
        &[UnknownWritten],
        &[UnknownLost],
        // The first lands before the second try, and after it.
        &[Zombie(0)],
        &[Zombie(60)],
        &[Zombie(60), Slow(100)],
        &[Zombie(100), UnknownLost, UnknownLost, None],
        &[UnknownWritten, Unavailable, Unavailable],
        &[UnknownLost, Unavailable, UnknownWritten, UnknownLost],
        &[Zombie(5), Zombie(5), Zombie(50)],
    ];
    for story in stories {
        let mut house = House::sqlite().await;
        let server = house.server().await;
        assert_eq!(server.change("a", 10).await, Ok(10));
        server.log.plan(story);
        let first = server.changing("a", 5);
        let keyed = server.changing_once("k", "b", 7);
        let short = server.changing_once("short", "c", -1);
        assert_eq!(first.await.unwrap(), Ok(15), "{story:?}");
        assert_eq!(keyed.await.unwrap(), Ok(7), "{story:?}");
        assert_eq!(refused(short.await.unwrap()), ErrorCode::LowBalance);
        assert_eq!(server.change_once("k", "b", 7).await, Ok(7), "{story:?}");
        assert_eq!(server.change("a", 1).await, Ok(16), "{story:?}");
        tokio::time::sleep(std::time::Duration::from_millis(110)).await;
        assert_eq!(house.checked().await.len(), 4, "{story:?}");
    }
}

/// A database that is stricter than it need be may say that the head moved though it stands where it stood. An earlier try that
/// nobody knows of can still land then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_else_is_decided_while_a_try_can_still_land() {
    let stories: [&[Fault]; 3] = [
        &[Fault::Zombie(60), Fault::HeadMoved],
        &[Fault::Zombie(60), Fault::HeadMoved, Fault::Slow(100)],
        &[Fault::UnknownLost, Fault::HeadMovedThenLands],
    ];
    for story in stories {
        let mut house = House::sqlite().await;
        let server = house.shared_server().await;
        assert_eq!(server.change("a", 10).await, Ok(10));
        server.log.plan(story);
        assert_eq!(server.change("a", 5).await, Ok(15), "{story:?}");
        tokio::time::sleep(std::time::Duration::from_millis(110)).await;
        assert_eq!(server.change("a", 1).await, Ok(16), "{story:?}");
        assert_eq!(house.checked().await.len(), 3, "{story:?}");
    }
}

/// A refusal under a key is a batch that moves no head: one that landed unnoticed shows by its key alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_refusal_that_landed_unnoticed() {
    for fault in [Fault::UnknownWritten, Fault::UnknownLost, Fault::Zombie(0), Fault::Zombie(60)] {
        let mut house = House::sqlite().await;
        let server = house.server().await;
        server.log.plan(&[fault]);
        assert_eq!(refused(server.change_once("k", "a", -1).await), ErrorCode::LowBalance, "{fault:?}");
        server.change("a", 5).await.unwrap();
        assert_eq!(refused(server.change_once("k", "a", -1).await), ErrorCode::LowBalance, "{fault:?}");
        assert_eq!(house.checked().await.len(), 1);
    }
}

/// Another server writes while it is unknown what became of a batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_writes_in_between() {
    for fault in [Fault::UnknownWritten, Fault::UnknownLost, Fault::Zombie(1_500)] {
        let mut house = House::sqlite().await;
        let (server, other) = (house.shared_server().await, house.shared_server().await);
        assert_eq!(server.change("a", 10).await, Ok(10));
        server.log.plan(&[fault]);
        server.log.appending.hold();
        let spent = server.changing("a", -8);
        server.log.appending.arrived(1).await;
        server.log.appending.let_one_go();
        server.log.appending.arrived(2).await;
        // The second try is on its way; the other sees what the first has left.
        let taken = other.change("a", -2).await;
        server.log.appending.let_go();
        let expected = if fault == Fault::UnknownWritten { (Ok(0), Ok(2)) } else { (Ok(8), Ok(0)) };
        assert_eq!((taken, spent.await.unwrap()), expected, "{fault:?}");
        assert_eq!(server.balance("a").await, 0);
        tokio::time::sleep(std::time::Duration::from_millis(1_600)).await;
        assert_eq!(house.checked().await.len(), 3, "{fault:?}");
    }
}

/// While nobody knows, nobody is told anything; and when the store is back, everybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_after_an_unknown_write_is_waited_for() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.plan(&[Fault::UnknownWritten]);
    server.log.appending.hold();
    let first = server.changing("a", 5);
    server.log.appending.arrived(1).await;
    server.log.appending.let_one_go();
    server.log.appending.arrived(2).await;
    server.log.is_away.store(true, SeqCst);
    server.log.appending.let_go();
    assert!(server.engine.check().await.is_err());
    let on_top = server.changing("a", -5);
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    assert!(!first.is_finished() && !on_top.is_finished());
    server.log.is_away.store(false, SeqCst);
    assert_eq!(first.await.unwrap(), Ok(5));
    assert_eq!(on_top.await.unwrap(), Ok(0));
    assert_eq!(house.checked().await.len(), 2);
}

/// An outage that is known to have written nothing fails at once, and is over when the store is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_told_at_once() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.change("a", 1).await.unwrap();
    server.log.is_away.store(true, SeqCst);
    assert_eq!(server.change("a", 1).await, Err(CommitError::Unavailable));
    assert_eq!(server.change("cold", 1).await, Err(CommitError::Unavailable));
    assert_eq!(server.change_once("k", "a", 1).await, Err(CommitError::Unavailable));
    server.log.is_away.store(false, SeqCst);
    assert_eq!(server.change_once("k", "a", 1).await, Ok(2));
    assert_eq!(server.change("cold", 1).await, Ok(1));
    assert!(server.engine.check().await.is_ok());
}

/// A key or a head that is said to be in the way and cannot be read then: nothing was written, and that is certain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_leaves_after_saying_no() {
    for fault in [Fault::HeadMoved, Fault::KeyTaken] {
        let mut house = House::sqlite().await;
        let server = house.server().await;
        server.log.plan(&[fault]);
        server.log.appending.hold();
        let first = server.changing_once("k", "a", 5);
        server.log.appending.arrived(1).await;
        server.log.let_append_go_and_leave();
        assert_eq!(first.await.unwrap(), Err(CommitError::Unavailable), "{fault:?}");
        server.log.is_away.store(false, SeqCst);
        assert_eq!(server.change_once("k", "a", 5).await, Ok(5));
        assert_eq!(house.told("a").await, 5);
    }
}

/// A network that swallows everything without a word is asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_store_is_asked_again() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.plan(&[Fault::Silence]);
    assert_eq!(server.change("a", 5).await, Ok(5));
    assert_eq!(house.told("a").await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_writes_and_dies_ends_all_writing() {
    ends_all_writing(Fault::Panic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thread_that_writes_and_dies_ends_all_writing() {
    ends_all_writing(Fault::WriterEnded).await;
}

/// If whoever writes dies, nobody waits for ever and nobody is told a lie.
async fn ends_all_writing(fault: Fault) {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.plan(&[fault]);
    server.log.appending.hold();
    let first = server.changing("a", 5);
    server.log.appending.arrived(1).await;
    // It is sent after the first: if that was written after all, so may be this.
    let sent = server.changing("a", -5);
    server.log.appending.arrived(2).await;
    let on_top = server.changing("a", 1);
    assert!(is_waiting(&on_top).await);
    server.log.appending.let_one_go();
    assert_eq!(soon(first).await.unwrap(), Err(CommitError::Stopping));
    assert_eq!(soon(sent).await.unwrap(), Err(CommitError::Stopping));
    assert_eq!(soon(on_top).await.unwrap(), Err(CommitError::Unavailable));
    server.log.appending.let_go();
    assert_eq!(server.change("a", 1).await, Err(CommitError::Unavailable));
    assert!(server.engine.check().await.is_err());
    soon(server.engine.stop()).await;
    let log = server.log.clone();
    drop(server);
    let_go_of(log).await;
    assert!(house.checked().await.is_empty());
}

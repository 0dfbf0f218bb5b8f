//! Snapshots make loading fast, are never ahead of the log and never believed against it.

use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use event_store::{Hash, Snapshot};
use kernel::Timestamp;

use crate::faults::Fault;
use crate::house::{House, Server, is_waiting, new_op, purse};
use crate::purse::{Purse, PurseCommand, soon};

/// Snapshots wait for one another before they are written.
const LONGER_THAN_SNAPSHOTS_GATHER: Duration = Duration::from_millis(600);

async fn grow(server: &Server, times: u32) -> i64 {
    let op = new_op();
    let work = move |tx: &mut engine::Tx<'_>| {
        Ok(tx.execute::<Purse>("a", PurseCommand::Grow { times, op })?.balance)
    };
    server.commit(work).await.unwrap()
}

/// The snapshot of the purse, once there is one that is `is_meant`.
async fn kept(house: &House, is_meant: impl Fn(&Snapshot) -> bool) -> Snapshot {
    soon(async {
        loop {
            let snapshot = house.stores.snapshots.load(&purse("a"), 1).await.unwrap();
            if let Some(snapshot) = snapshot.filter(&is_meant) {
                return snapshot;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_stream_is_loaded_from_its_snapshot() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    for _ in 0..100 {
        grow(&server, 101).await;
    }
    kept(&house, |snapshot| snapshot.sequence > 9_900).await;
    server.engine.stop().await;
    drop(server);
    let mut house = house.reopened().await;
    let server = house.server().await;
    assert_eq!(server.balance("a").await, 10_100);
    assert!(server.events_read() <= 258, "{} events", server.events_read());
    assert_eq!(server.log.pages.load(SeqCst), 1, "the event that a snapshot stands on comes with the rest");
    assert_eq!(server.change("a", -10_100).await, Ok(0));
    assert_eq!(house.told("a").await, 0);
}

/// Snapshots gather before they are kept; the end does not go by before they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_gathered_is_kept_when_the_engine_stops() {
    for mut house in [House::sqlite().await, House::postgres().await] {
        let server = house.server().await;
        grow(&server, 300).await;
        let begun = Instant::now();
        server.engine.stop().await;
        if begun.elapsed() < Duration::from_secs(2) {
            let snapshot = house.stores.snapshots.load(&purse("a"), 1).await.unwrap();
            assert_eq!(snapshot.map(|snapshot| snapshot.sequence), Some(300));
        }
        // A slow disk may take longer than the end waits for it.
        kept(&house, |snapshot| snapshot.sequence == 300).await;
    }
}

/// Without a snapshot the whole stream is read, once: then there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_leaves_a_snapshot_behind() {
    let mut house = House::sqlite().await;
    let events: Vec<_> =
        (0..2_500).map(|_| crate::purse::PurseEvent::PurseChanged { amount: 1, op: 0 }).collect();
    house.write("a", &events).await;
    let server = house.server().await;
    assert_eq!(server.balance("a").await, 2_500);
    assert_eq!(server.events_read(), 2_500);
    kept(&house, |snapshot| snapshot.sequence == 2_500).await;
    let server = house.server().await;
    assert_eq!(server.balance("a").await, 2_500);
    assert_eq!(server.events_read(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_never_ahead_of_the_log() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    server.log.appending.hold();
    let growing = server.beside(|server| async move { grow(&server, 300).await });
    server.log.appending.arrived(1).await;
    assert!(is_waiting(&growing).await);
    tokio::time::sleep(LONGER_THAN_SNAPSHOTS_GATHER).await;
    let early = house.stores.snapshots.load(&purse("a"), 1).await.unwrap();
    assert_eq!(early, None, "a snapshot of what may never be");
    server.log.appending.let_go();
    assert_eq!(growing.await.unwrap(), 300);
    assert_eq!(kept(&house, |_| true).await.sequence, 300);

    server.log.plan(&[Fault::Unavailable]);
    let op = new_op();
    let work = move |tx: &mut engine::Tx<'_>| {
        Ok(tx.execute::<Purse>("a", PurseCommand::Grow { times: 300, op })?.balance)
    };
    assert!(server.commit(work).await.is_err());
    tokio::time::sleep(LONGER_THAN_SNAPSHOTS_GATHER).await;
    assert_eq!(kept(&house, |_| true).await.sequence, 300);
    assert_eq!(server.balance("a").await, 300);
}

/// A snapshot that stands on an event which the log does not hold is of another past.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_of_another_past_is_not_used() {
    let mut house = House::sqlite().await;
    let server = house.server().await;
    grow(&server, 300).await;
    let honest = kept(&house, |snapshot| snapshot.sequence == 300).await;
    let rich = r#"{"balance":1000000,"is_open":true}"#.to_owned();
    let forged = [
        // Another event at that place.
        Snapshot { hash: Hash::from_slice(&[7; 32]).unwrap(), state: rich.clone(), ..honest.clone() },
        // Beyond the end of the stream: the log was restored to an earlier time.
        Snapshot { sequence: 301, state: rich.clone(), ..honest.clone() },
        // Before the beginning.
        Snapshot { sequence: 0, state: rich, ..honest.clone() },
        // Nothing that reads.
        Snapshot { state: "{}}".to_owned(), ..honest.clone() },
        Snapshot { recorded_at: Timestamp::default(), state: r#"{"balance":"rich"}"#.to_owned(), ..honest },
    ];
    for snapshot in forged {
        house.stores.snapshots.save(std::slice::from_ref(&snapshot)).await.unwrap();
        let server = house.server().await;
        assert_eq!(server.balance("a").await, 300, "{snapshot:?}");
        assert!(server.events_read() >= 300);
        // The true one is put in its place.
        kept(&house, |kept| kept.sequence == 300 && kept.state == r#"{"balance":300,"is_open":false}"#).await;
    }
}

//! Many appenders and readers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_store::{EventStore, Position};
use tokio::task::JoinSet;

use crate::make::{append, append_in_turn, checked, event, events, stream};
use testing::{Place, on_both};

const APPENDERS: u64 = 16;
const COMMITS_EACH: u64 = 50;

on_both!(all_commits_of_concurrent_appenders_land, readers_see_whole_batches, many_appends_may_wait);

async fn all_commits_of_concurrent_appenders_land(place: &Place) {
    let stores = place.open().await;
    let mut appenders = JoinSet::new();
    for number in 0..APPENDERS {
        let log = Arc::clone(&stores.log);
        appenders.spawn(async move { append_many(&*log, number, COMMITS_EACH).await });
    }
    appenders.join_all().await;
    let all = checked(&*stores.log).await;
    assert_eq!(all.len(), usize::try_from(APPENDERS * COMMITS_EACH * 2).unwrap());
    for number in 0..APPENDERS {
        let own = stores.log.read_stream(&stream(&format!("own {number}")), 0, 1_000).await.unwrap();
        assert_eq!(own.len(), usize::try_from(COMMITS_EACH).unwrap());
    }
}

/// Commits of two events each: one on a stream of the appender's own, one on a stream that all share.
pub(crate) async fn append_many(log: &dyn EventStore, number: u64, commits: u64) {
    let (own, shared) = (stream(&format!("own {number}")), stream("shared"));
    let mut known = 0;
    for sequence in 1..=commits {
        append_in_turn(log, &shared, &mut known, |next| {
            let payload = format!("{{\"by\":{number}}}");
            vec![event(&own, sequence, &payload), event(&shared, next, &payload)]
        })
        .await;
    }
}

async fn readers_see_whole_batches(place: &Place) {
    const BATCH: u64 = 7;
    let stores = place.open().await;
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        let (log, done) = (Arc::clone(&stores.log), Arc::clone(&done));
        readers.spawn(async move { watch_batches(&*log, BATCH, &done).await });
    }
    for number in 0..150 {
        append(&*stores.log, events(&stream("1"), number * BATCH + 1, BATCH)).await;
    }
    done.store(true, Ordering::Relaxed);
    for read in readers.join_all().await {
        assert!(read > 1, "the reader never saw the log grow");
    }
}

/// Reads until `done`; gives how many different ends of the log it saw.
async fn watch_batches(log: &dyn EventStore, batch: u64, done: &AtomicBool) -> usize {
    let mut ends = std::collections::HashSet::new();
    while !done.load(Ordering::Relaxed) {
        let head = log.head().await.unwrap();
        assert_eq!(head.position.number() % batch, 0, "a head within a batch");
        let read = log.read_all(Position::START, 100_000).await.unwrap();
        assert_eq!(u64::try_from(read.len()).unwrap() % batch, 0, "a part of a batch");
        assert!(u64::try_from(read.len()).unwrap() >= head.position.number(), "behind a head seen before");
        let of_stream = log.read_stream(&stream("1"), 0, 100_000).await.unwrap();
        assert!(of_stream.len() >= read.len(), "behind a log read before");
        ends.insert(read.len());
    }
    ends.len()
}

/// More than any queue between a caller and the database holds.
async fn many_appends_may_wait(place: &Place) {
    let stores = place.open().await;
    let batch = crate::make::batch(&*stores.log, events(&stream("1"), 1, 1)).await;
    let mut appends = JoinSet::new();
    for _ in 0..100 {
        let (log, batch) = (Arc::clone(&stores.log), batch.clone());
        appends.spawn(async move { log.append(&batch).await });
    }
    let results = appends.join_all().await;
    let written = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(written, 1);
    for result in results {
        assert!(matches!(result, Ok(()) | Err(event_store::AppendError::HeadMoved)), "{result:?}");
    }
    assert_eq!(checked(&*stores.log).await.len(), 1);
}

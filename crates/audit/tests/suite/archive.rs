//! The log for those who ask while it is written: moments, pages, streams and followers, each beside an answer made by going
//! through all of it.

use std::sync::Arc;

use audit::{Archive, EventFilter, Moment, ReportError};
use event_store::{Batch, Commit, Feed, Position, RecordedEvent, Stores};
use kernel::{AccountId, Timestamp};
use rusqlite::params;

use crate::history::{Dice, History};
use crate::store::Store;

const EVERYTHING: u32 = 1_000_000;

async fn open(store: &Store, is_shared: bool) -> (Archive, Arc<Feed>) {
    let feed = Arc::new(Feed::new(store.log().await.head().await.unwrap()));
    (Archive::open(&store.location(), Arc::clone(&feed), is_shared).await.unwrap(), feed)
}

async fn events(store: &Store) -> Vec<RecordedEvent> {
    store.log().await.read_all(Position::START, EVERYTHING).await.unwrap()
}

fn time(event: &RecordedEvent, shift: i64) -> Moment {
    Moment::Time(Timestamp::from_micros(event.recorded_at.micros() + shift))
}

#[tokio::test]
async fn a_time_is_the_last_event_that_is_not_later() {
    let store = Store::random(31, 500).await;
    let (archive, _) = open(&store, false).await;
    let log = events(&store).await;
    let mut dice = Dice::new(1);
    let ends = [0, 1, log.len() - 2, log.len() - 1];
    let drawn = (0..60).map(|_| usize::try_from(dice.below(log.len() as u64)).unwrap());
    for index in ends.into_iter().chain(drawn) {
        for shift in [-1, 0, 1] {
            let moment = time(&log[index], shift);
            let Moment::Time(at) = moment else { panic!("a time") };
            let before = log.iter().filter(|event| event.recorded_at <= at).count();
            let standing = match archive.stand(Some(moment)).await {
                Ok(standing) => standing,
                Err(ReportError::BeforeFirst { .. }) if before == 0 => continue,
                Err(error) => panic!("{error}"),
            };
            assert_eq!(standing.position, before as u64);
            assert_eq!(standing.hash, log[before - 1].hash);
            assert_eq!(standing.is_past, before < log.len());
            let span = archive.span(0, Some(moment), None).await.unwrap();
            let first = archive.events(&span, 1, &EventFilter::default()).await.unwrap().rows.pop();
            let expected = log.iter().find(|event| event.recorded_at >= at);
            assert_eq!(first.map(|event| event.position), expected.map(|event| event.position.number()));
        }
    }
    assert!(!archive.stand(None).await.unwrap().is_past);
}

#[tokio::test]
async fn a_rare_event_is_found_in_bounded_pages() {
    let store = Store::random(32, 16_000).await;
    let (archive, _) = open(&store, false).await;
    let count = store.log().await.head().await.unwrap().position.number();
    assert!(count > 25_000, "{count}");
    let last = archive.span(count - 1, None, None).await.unwrap();
    let last = archive.events(&last, 1, &EventFilter::default()).await.unwrap().rows.remove(0);
    let filter = EventFilter {
        stream_type: Some(last.stream_type.clone()),
        stream_id: Some(last.stream_id.clone()),
        event_type: Some(last.event_type.clone()),
        account: None,
    };
    let nobody = EventFilter { account: Some(AccountId::try_from(5_u64).unwrap()), ..EventFilter::default() };
    for (filter, expected) in [(filter, Some(last.position)), (nobody, None)] {
        let (mut after, mut pages, mut found) = (0, 0, None);
        loop {
            let span = archive.span(after, None, None).await.unwrap();
            let page = archive.events(&span, 10, &filter).await.unwrap();
            assert!(page.reached - after <= 20_000, "a page is bounded");
            assert!(page.reached > after, "a page goes on");
            found = page.rows.last().map(|event| event.position).or(found);
            (after, pages) = (page.reached, pages + 1);
            assert_eq!(page.is_past, page.has_more);
            if !page.has_more {
                break;
            }
        }
        assert_eq!((after, found), (count, expected));
        assert!(pages >= 2);
    }
}

#[tokio::test]
async fn an_account_is_what_its_events_had_made_of_it() {
    let store = Store::random(33, 800).await;
    let (archive, _) = open(&store, false).await;
    let log = events(&store).await;
    let opened = log.iter().filter(|event| event.event_type == "AccountOpened");
    let accounts: Vec<AccountId> = opened.map(|event| event.stream.aggregate_id.parse().unwrap()).collect();
    let mut dice = Dice::new(2);
    for _ in 0..80 {
        let account = accounts[usize::try_from(dice.below(accounts.len() as u64)).unwrap()];
        let until = 1 + dice.below(log.len() as u64);
        let standing = archive.stand(Some(Moment::Position(Position::from_number(until)))).await.unwrap();
        let found = archive.account(account, &standing).await.unwrap();
        let id = account.to_string();
        let own = |kind: &str| {
            let own = log.iter().take(usize::try_from(until).unwrap()).filter(|event| {
                event.stream.aggregate_type == kind && event.stream.aggregate_id.as_ref() == id
            });
            own.collect::<Vec<_>>()
        };
        let Some(found) = found else {
            assert!(own("account").is_empty());
            continue;
        };
        for (kind, held, entries) in [
            ("balance", found.balance, found.balance_entries),
            ("coupon", found.coupon, found.coupon_entries),
        ] {
            let events = own(kind);
            assert_eq!(entries, events.len() as u64);
            let stated = events.last().map_or(0, |event| {
                let payload: serde_json::Value = serde_json::from_str(&event.payload).unwrap();
                payload[event.event_type.as_ref()][kind].as_i64().unwrap()
            });
            assert_eq!(held.fen(), stated);
        }
        let slice = archive.stream("balance", &id, 0, EVERYTHING - 1, &standing).await.unwrap();
        assert_eq!(slice.events.len(), own("balance").len());
        assert_eq!((slice.has_more, slice.is_known), (false, !own("balance").is_empty()));
    }
}

#[tokio::test]
async fn pages_of_the_journal_stop_at_a_breach() {
    let store = Store::random(34, 400).await;
    let copy = store.copy();
    let connection = copy.back_door();
    let change = "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = ?1";
    connection.execute(change, params![300]).unwrap();
    connection.close().unwrap();
    let (archive, _) = open(&copy, false).await;
    let mut after = 0;
    let breach = loop {
        let span = archive.span(after, None, None).await.unwrap();
        match archive.journal_page(&span, 5).await {
            Ok(page) => after = page.reached,
            Err(error) => break error.to_string(),
        }
    };
    assert!(breach.starts_with("position 300, ") && breach.contains("hash chain"), "{breach}");
    assert!(after < 300);
}

/// Appends commits one at a time, telling the feed if there is one.
async fn write(store: &Store, commits: Vec<Commit>, feed: Option<&Feed>) {
    let stores = Stores::open(&store.location()).await.unwrap();
    for commit in commits {
        let batch = Batch::seal(stores.log.head().await.unwrap(), [commit]);
        stores.log.append(&batch).await.unwrap();
        if let Some(feed) = feed {
            feed.publish(batch.events(), batch.head());
        }
        tokio::task::yield_now().await;
    }
    stores.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_hears_every_event_once_in_order() {
    for is_shared in [false, true] {
        let mut history = History::new(35, 20, 3_600);
        let store = Store::of(history.commits(300)).await;
        let (archive, feed) = open(&store, is_shared).await;
        let more = history.commits(200);
        let until = store.log().await.head().await.unwrap().position.number()
            + more.iter().map(|commit| commit.events.len() as u64).sum::<u64>();
        // What others write is known by looking, what this server writes by the feed.
        let writing = write(&store, more, (!is_shared).then_some(feed.as_ref()));
        let follow = |limit| {
            let archive = archive.clone();
            async move {
                let mut follower = archive.follow(Some(7)).await.unwrap();
                let mut heard = Vec::new();
                while follower.position() < until {
                    let events = follower.next(limit).await.unwrap();
                    assert!(events.len() <= usize::try_from(limit).unwrap());
                    heard.extend(events.into_iter().map(|event| event.position));
                }
                heard
            }
        };
        let ((), one, many) = tokio::join!(writing, follow(1), follow(64));
        let expected: Vec<u64> = (8..=until).collect();
        assert!(one == expected && many == expected);
        assert!(matches!(archive.follow(Some(until + 1)).await, Err(ReportError::AfterHead { .. })));
        archive.close().await;
    }
}

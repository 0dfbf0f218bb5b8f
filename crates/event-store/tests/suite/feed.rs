//! The feed: a window on the newest events that never hides a gap, and a bell.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Batch, Feed, Head, Position, RecordedEvent};

use crate::make::{commit, event, events, stream};

/// Batches of so many events each, one after another from `head` on.
fn batches(mut head: Head, sizes: &[u64]) -> Vec<Batch> {
    let mut sequence = head.position.number();
    let mut made = Vec::new();
    for &size in sizes {
        let batch = Batch::seal(head, [commit(events(&stream("1"), sequence + 1, size))]);
        sequence += size;
        head = batch.head();
        made.push(batch);
    }
    made
}

fn publish(feed: &Feed, batch: &Batch) {
    feed.publish(batch.events(), batch.head());
}

/// The positions that the feed gives after `position`, without those that stand before.
fn after(feed: &Feed, position: u64) -> Option<Vec<u64>> {
    let batches: Vec<Arc<[RecordedEvent]>> = feed.after(Position::from_number(position))?;
    let positions = batches.iter().flat_map(|batch| batch.iter().map(|event| event.position.number()));
    Some(positions.filter(|number| *number > position).collect())
}

#[test]
fn an_empty_feed_sends_everybody_to_the_store() {
    let head = batches(Head::EMPTY, &[5])[0].head();
    let feed = Feed::new(head);
    assert_eq!(feed.head(), head);
    assert_eq!(after(&feed, 0), None);
    assert_eq!(after(&feed, 5), None);
}

#[test]
fn it_gives_what_follows_any_place_within_the_window() {
    let made = batches(Head::EMPTY, &[2, 3, 1, 4]);
    let feed = Feed::new(made[0].head());
    for batch in &made[1..] {
        publish(&feed, batch);
        assert_eq!(feed.head(), batch.head());
    }
    for place in 0..2 {
        assert_eq!(after(&feed, place), None, "events after {place} are not all in the window");
    }
    for place in 2..=10 {
        assert_eq!(after(&feed, place), Some((place + 1..=10).collect()), "after {place}");
    }
    // A batch that holds the place begins earlier; those wholly before it are left out.
    assert_eq!(feed.after(Position::from_number(4)).unwrap().len(), 3);
    assert_eq!(feed.after(Position::from_number(5)).unwrap().len(), 2);
    assert_eq!(feed.after(Position::from_number(10)).unwrap().len(), 0);
}

#[test]
fn a_gap_empties_the_window() {
    let made = batches(Head::EMPTY, &[3, 3, 3]);
    let feed = Feed::new(Head::EMPTY);
    publish(&feed, &made[0]);
    publish(&feed, &made[2]);
    for place in 0..6 {
        assert_eq!(after(&feed, place), None, "after {place}");
    }
    assert_eq!(after(&feed, 6), Some(vec![7, 8, 9]));
    assert_eq!(feed.head(), made[2].head());
}

#[test]
fn old_events_leave_a_full_window() {
    let made = batches(Head::EMPTY, &[1_000; 48]);
    let feed = Feed::new(Head::EMPTY);
    let mut held = 0;
    for batch in &made {
        publish(&feed, batch);
        let oldest = (0..48_000).find(|place| feed.after(Position::from_number(*place)).is_some()).unwrap();
        held = batch.head().position.number() - oldest;
        assert!(held <= 16_384, "{held} events are held");
    }
    assert_eq!(held, 16_000);
    assert_eq!(after(&feed, 47_999), Some(vec![48_000]));
}

#[test]
fn long_texts_leave_before_many_events_do() {
    let payload = format!("{{\"text\":\"{}\"}}", "长".repeat(350_000));
    let mut head = Head::EMPTY;
    let feed = Feed::new(head);
    for sequence in 1..=100 {
        let batch = Batch::seal(head, [commit(vec![event(&stream("1"), sequence, &payload)])]);
        head = batch.head();
        publish(&feed, &batch);
        let oldest = (0..sequence).find(|place| after(&feed, *place).is_some()).unwrap();
        let held = usize::try_from(sequence - oldest).unwrap() * payload.len();
        assert!(held <= 32 << 20, "{held} bytes are held");
    }
    assert_eq!(after(&feed, 100 - 31).map(|positions| positions.len()), Some(31));
}

#[test]
fn a_batch_larger_than_the_window_is_not_kept() {
    let made = batches(Head::EMPTY, &[1, 17_000, 2]);
    let feed = Feed::new(Head::EMPTY);
    publish(&feed, &made[0]);
    publish(&feed, &made[1]);
    assert_eq!(feed.head(), made[1].head());
    assert_eq!(after(&feed, 0), None);
    assert_eq!(after(&feed, 17_000), None);
    publish(&feed, &made[2]);
    assert_eq!(after(&feed, 17_000), None);
    assert_eq!(after(&feed, 17_001), Some(vec![17_002, 17_003]));
}

#[tokio::test]
async fn every_move_of_the_head_wakes_the_followers() {
    let made = batches(Head::EMPTY, &[1, 2]);
    let feed = Arc::new(Feed::new(Head::EMPTY));
    let mut follower = feed.subscribe();
    assert!(!follower.has_changed().unwrap());
    let waiting = tokio::spawn(async move {
        follower.changed().await.unwrap();
        *follower.borrow_and_update()
    });
    tokio::task::yield_now().await;
    publish(&feed, &made[0]);
    let woken = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    assert_eq!(woken, made[0].head());

    // Whoever comes late or sleeps through several moves sees the last.
    let mut follower = feed.subscribe();
    publish(&feed, &made[1]);
    follower.changed().await.unwrap();
    assert_eq!(*follower.borrow_and_update(), made[1].head());
}

#[test]
fn a_move_without_events_is_told_and_changes_no_window() {
    let made = batches(Head::EMPTY, &[2]);
    let feed = Feed::new(Head::EMPTY);
    publish(&feed, &made[0]);
    let raised = Head { epoch: 2, ..made[0].head() };
    feed.publish(&Arc::from([]), raised);
    assert_eq!(feed.head(), raised);
    assert_eq!(after(&feed, 0), Some(vec![1, 2]));
}

//! Reading: pages of a stream and of the whole log, and the head they belong to.

use event_store::{Position, RecordedEvent};

use crate::make::{append, checked, event, events, stream};
use testing::{Place, on_both};

on_both!(a_stream_is_read_in_pages, the_log_is_read_in_pages, nothing_stands_beyond_the_end);

async fn a_stream_is_read_in_pages(place: &Place) {
    let stores = place.open().await;
    let (wanted, other) = (stream("wanted"), stream("other"));
    for first in (1..=50).step_by(5) {
        append(&*stores.log, events(&wanted, first, 5)).await;
        append(&*stores.log, events(&other, first, 5)).await;
    }
    let mut read: Vec<RecordedEvent> = Vec::new();
    loop {
        let after = read.last().map_or(0, |event| event.sequence);
        let page = stores.log.read_stream(&wanted, after, 7).await.unwrap();
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        read.extend(page);
    }
    let expected: Vec<_> = checked(&*stores.log).await.into_iter().filter(|e| e.stream == wanted).collect();
    assert_eq!(expected.len(), 50);
    assert_eq!(read, expected);
    assert!(stores.log.read_stream(&wanted, 0, 0).await.unwrap().is_empty());
    let last = stores.log.read_stream(&wanted, 49, u32::MAX).await.unwrap();
    assert_eq!(last, expected[49..]);
}

async fn the_log_is_read_in_pages(place: &Place) {
    let stores = place.open().await;
    let mut first = 1;
    for size in [1, 6, 2, 11, 3] {
        append(&*stores.log, events(&stream("1"), first, size)).await;
        first += size;
    }
    let whole = checked(&*stores.log).await;
    assert_eq!(whole.len(), 23);
    for limit in [1, 4, 22, 23, 24] {
        let mut read: Vec<RecordedEvent> = Vec::new();
        loop {
            let after = read.last().map_or(Position::START, |event| event.position);
            let page = stores.log.read_all(after, limit).await.unwrap();
            assert!(page.len() <= usize::try_from(limit).unwrap());
            if page.is_empty() {
                break;
            }
            read.extend(page);
        }
        assert_eq!(read, whole, "in pages of {limit}");
    }
    assert!(stores.log.read_all(Position::START, 0).await.unwrap().is_empty());
}

/// Numbers that do not fit into the signed numbers of databases come from clients, too.
async fn nothing_stands_beyond_the_end(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, vec![event(&stream("1"), 1, "{}")]).await;
    for beyond in [1, 2, u64::MAX >> 1, (u64::MAX >> 1) + 1, u64::MAX] {
        let page = stores.log.read_all(Position::from_number(beyond), 10).await.unwrap();
        assert!(page.is_empty(), "after position {beyond}");
        let page = stores.log.read_stream(&stream("1"), beyond, 10).await.unwrap();
        assert!(page.is_empty(), "after sequence {beyond}");
    }
}

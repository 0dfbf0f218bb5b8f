//! Appending: what is written is there to the byte, and what is refused leaves nothing behind.

use event_store::{AppendError, Batch, Head, NewEvent, Position};

use crate::make::{answer_key, answered, append, batch, checked, commit, event, events, everything, stream};
use testing::{Place, on_both};

/// JSON texts that lose something as soon as anybody parses them and prints them again.
const DELICATE: &[&str] = &[
    "{ \"b\" : 1 ,\t\"a\":2,\n\n \"b\":3 }",
    "{\"z\":1,\"a\":{\"y\":2,\"b\":[1.0,1.00,1e2,-0]}}",
    "{\"text\":\"算盘 \u{1F9EE} e\u{301} \u{200B}\",\"escaped\":\"\\u7b97\\/\\u0000\"}",
    "\"\"",
    "null",
    "{\"big\":123456789012345678901234567890.1234567890}",
];

on_both!(
    a_new_log_is_empty,
    bytes_stay_as_written,
    positions_and_sequences_are_dense,
    a_commit_on_many_streams_is_all_or_nothing,
    a_stale_head_is_refused,
    another_epoch_is_refused,
    a_taken_sequence_is_refused,
    a_sequence_below_one_is_no_conflict,
    a_taken_key_is_refused,
    answers_alone_leave_the_head,
    the_same_batch_again_finds_itself_at_the_head,
    everything_is_there_after_opening_again,
    a_large_payload_and_a_large_batch_fit,
    an_empty_batch_changes_nothing,
);

async fn a_new_log_is_empty(place: &Place) {
    let stores = place.open().await;
    assert_eq!(stores.log.head().await.unwrap(), Head::EMPTY);
    assert!(everything(&*stores.log).await.is_empty());
    assert!(stores.log.read_stream(&stream("1"), 0, 10).await.unwrap().is_empty());
    assert!(stores.log.answers(&[answer_key("k")]).await.unwrap().is_empty());
    assert_eq!(stores.log.is_shared(), place.is_postgres());
    stores.close().await;
}

async fn bytes_stay_as_written(place: &Place) {
    let stores = place.open().await;
    let mut commit = commit(Vec::new());
    commit.metadata = "{ \"actor\" : \"账户 4\",  \"actor\":\"4\" }".into();
    for (index, payload) in DELICATE.iter().enumerate() {
        let index = u64::try_from(index).unwrap();
        commit.events.push(event(&stream("包裹/ 'quoted' \"x\""), index + 1, payload));
    }
    let batch = Batch::seal(Head::EMPTY, [commit]);
    stores.log.append(&batch).await.unwrap();

    let read = checked(&*stores.log).await;
    assert_eq!(read, batch.events().to_vec());
    let payloads: Vec<&str> = read.iter().map(|event| event.payload.as_ref()).collect();
    assert_eq!(payloads, DELICATE);
    assert_eq!(stores.log.read_stream(&read[0].stream, 0, 100).await.unwrap(), read);
}

async fn positions_and_sequences_are_dense(place: &Place) {
    let stores = place.open().await;
    let (first, second) = (stream("first"), stream("second"));
    append(&*stores.log, events(&first, 1, 3)).await;
    append(&*stores.log, events(&second, 1, 2)).await;
    let head = stores.log.head().await.unwrap();
    let commits = [commit(events(&first, 4, 2)), commit(events(&second, 3, 1)), commit(events(&first, 6, 1))];
    let batch = Batch::seal(head, commits);
    stores.log.append(&batch).await.unwrap();

    let all = checked(&*stores.log).await;
    let positions: Vec<u64> = all.iter().map(|event| event.position.number()).collect();
    assert_eq!(positions, (1..=9).collect::<Vec<_>>());
    assert_eq!(stores.log.head().await.unwrap(), batch.head());
    let sequences: Vec<u64> =
        stores.log.read_stream(&first, 0, 100).await.unwrap().iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=6).collect::<Vec<_>>());
}

async fn a_commit_on_many_streams_is_all_or_nothing(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("taken"), 1, 1)).await;
    let before = stores.log.head().await.unwrap();
    let mut parts: Vec<NewEvent> = (0..20).map(|n| event(&stream(&format!("s{n}")), 1, "{}")).collect();
    parts.push(event(&stream("taken"), 1, "{}"));
    let refused = Batch::seal(before, [answered(commit(parts.clone()), "whole", b"no")]);
    assert!(matches!(stores.log.append(&refused).await, Err(AppendError::StreamConflict)));
    assert_eq!(stores.log.head().await.unwrap(), before);
    assert_eq!(checked(&*stores.log).await.len(), 1);
    assert!(stores.log.answers(&[answer_key("whole")]).await.unwrap().is_empty());

    parts.pop();
    let written = Batch::seal(before, [answered(commit(parts), "whole", b"yes")]);
    stores.log.append(&written).await.unwrap();
    assert_eq!(checked(&*stores.log).await[1..], written.events()[..]);
    assert_eq!(stores.log.answers(&[answer_key("whole")]).await.unwrap(), written.answers());
}

async fn a_stale_head_is_refused(place: &Place) {
    let stores = place.open().await;
    let stale = stores.log.head().await.unwrap();
    append(&*stores.log, events(&stream("1"), 1, 2)).await;
    let head = stores.log.head().await.unwrap();
    let other_hash = Head { hash: stale.hash, ..head };
    let ahead = Head { position: Position::from_number(3), ..head };
    for expected in [stale, other_hash, ahead] {
        let late = Batch::seal(expected, [answered(commit(events(&stream("2"), 1, 1)), "late", b"late")]);
        assert!(matches!(stores.log.append(&late).await, Err(AppendError::HeadMoved)), "{expected:?}");
    }
    assert_eq!(stores.log.head().await.unwrap(), head);
    assert_eq!(checked(&*stores.log).await.len(), 2);
    assert!(stores.log.answers(&[answer_key("late")]).await.unwrap().is_empty());
}

async fn another_epoch_is_refused(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 1)).await;
    let old = stores.log.head().await.unwrap();
    place.run("log", "UPDATE head SET epoch = epoch + 1 WHERE id = 1").await.unwrap();
    let late = Batch::seal(old, [commit(events(&stream("1"), 2, 1))]);
    assert!(matches!(stores.log.append(&late).await, Err(AppendError::HeadMoved)));
    assert_eq!(checked(&*stores.log).await.len(), 1);

    assert_eq!(stores.log.head().await.unwrap(), Head { epoch: 2, ..old });
    append(&*stores.log, events(&stream("1"), 2, 1)).await;
    assert_eq!(stores.log.head().await.unwrap().epoch, 2);
    assert_eq!(checked(&*stores.log).await.len(), 2);
}

async fn a_taken_sequence_is_refused(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 3)).await;
    let head = stores.log.head().await.unwrap();
    for taken in 1..=3 {
        let mut both = events(&stream("2"), 1, 1);
        both.push(event(&stream("1"), taken, "{}"));
        let refused = batch(&*stores.log, both).await;
        assert!(matches!(stores.log.append(&refused).await, Err(AppendError::StreamConflict)), "{taken}");
        let twice =
            batch(&*stores.log, [events(&stream("3"), 1, 1), events(&stream("3"), 1, 1)].concat()).await;
        assert!(matches!(stores.log.append(&twice).await, Err(AppendError::StreamConflict)));
    }
    assert_eq!(stores.log.head().await.unwrap(), head);
    assert_eq!(checked(&*stores.log).await.len(), 3);
    // The same number in a stream of another type is another place.
    let other = event_store::StreamId::new("letter", "1");
    append(&*stores.log, events(&other, 1, 1)).await;
    assert_eq!(checked(&*stores.log).await.len(), 4);
}

/// A caller's mistake must not look like a lost race, which would be tried again for ever.
async fn a_sequence_below_one_is_no_conflict(place: &Place) {
    let stores = place.open().await;
    for wrong in [0, u64::MAX] {
        let refused = batch(&*stores.log, vec![event(&stream("1"), wrong, "{}")]).await;
        assert!(matches!(stores.log.append(&refused).await, Err(AppendError::Unavailable(_))), "{wrong}");
    }
    assert_eq!(stores.log.head().await.unwrap(), Head::EMPTY);
}

async fn a_taken_key_is_refused(place: &Place) {
    let stores = place.open().await;
    let body: Vec<u8> = (0..=255).chain(*b"\r\n{ \"code\" : 0 }").collect();
    let first = Batch::seal(Head::EMPTY, [answered(commit(events(&stream("1"), 1, 1)), "k", &body)]);
    stores.log.append(&first).await.unwrap();
    assert_eq!(stores.log.answers(&[answer_key("k")]).await.unwrap(), first.answers());
    assert_eq!(stores.log.answers(&[answer_key("k")]).await.unwrap()[0].body[..], body[..]);

    let head = stores.log.head().await.unwrap();
    let again = Batch::seal(
        head,
        [
            answered(commit(events(&stream("2"), 1, 1)), "fresh", b"fresh"),
            answered(commit(events(&stream("1"), 2, 1)), "k", b"other"),
        ],
    );
    assert!(matches!(stores.log.append(&again).await, Err(AppendError::KeyTaken)));
    let twice = [answered(commit(Vec::new()), "t", b"1"), answered(commit(Vec::new()), "t", b"2")];
    assert!(matches!(stores.log.append(&Batch::seal(head, twice)).await, Err(AppendError::KeyTaken)));
    assert_eq!(stores.log.head().await.unwrap(), head);
    assert_eq!(checked(&*stores.log).await.len(), 1);
    let keys = ["fresh", "k", "t", "K", ""].map(answer_key);
    assert_eq!(stores.log.answers(&keys).await.unwrap(), first.answers());

    // The same key of another account is another key.
    let mut other = answered(commit(events(&stream("1"), 2, 1)), "k", b"other");
    other.answer.as_mut().unwrap().key.account = u64::from(u32::MAX) + 8;
    let other = Batch::seal(head, [other]);
    stores.log.append(&other).await.unwrap();
    assert_eq!(stores.log.answers(&[other.answers()[0].key.clone()]).await.unwrap(), other.answers());
    assert_eq!(stores.log.answers(&[answer_key("k")]).await.unwrap(), first.answers());
}

async fn answers_alone_leave_the_head(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 1)).await;
    let head = stores.log.head().await.unwrap();
    let alone = Batch::seal(head, [answered(commit(Vec::new()), "refused", b"LOW_BALANCE")]);
    assert_eq!(alone.head(), head);
    stores.log.append(&alone).await.unwrap();
    assert_eq!(stores.log.head().await.unwrap(), head);
    assert_eq!(stores.log.answers(&[answer_key("refused")]).await.unwrap(), alone.answers());
    // Written already, it says so by its key: the head cannot tell.
    assert!(matches!(stores.log.append(&alone).await, Err(AppendError::KeyTaken)));
}

async fn the_same_batch_again_finds_itself_at_the_head(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 2)).await;
    let batch = Batch::seal(
        stores.log.head().await.unwrap(),
        [answered(commit(events(&stream("1"), 3, 2)), "once", b"once")],
    );
    stores.log.append(&batch).await.unwrap();
    for _ in 0..3 {
        assert!(matches!(stores.log.append(&batch).await, Err(AppendError::HeadMoved)));
        assert_eq!(stores.log.head().await.unwrap(), batch.head());
    }
    assert_eq!(checked(&*stores.log).await.len(), 4);
}

async fn everything_is_there_after_opening_again(place: &Place) {
    let stores = place.open().await;
    let batch = Batch::seal(Head::EMPTY, [answered(commit(events(&stream("1"), 1, 5)), "k", b"answer")]);
    stores.log.append(&batch).await.unwrap();
    stores.close().await;
    assert!(matches!(stores.log.append(&batch).await, Err(AppendError::Unavailable(_))));
    drop(stores);

    for round in 0..2_u64 {
        let stores = place.open().await;
        let all = checked(&*stores.log).await;
        assert_eq!(all[..5], batch.events()[..]);
        assert_eq!(all.len(), 5 + usize::try_from(round).unwrap());
        assert_eq!(stores.log.answers(&[answer_key("k")]).await.unwrap(), batch.answers());
        append(&*stores.log, events(&stream("1"), 6 + round, 1)).await;
        // Not closed: as after a crash of whoever used it.
        drop(stores);
    }
    assert_eq!(checked(&*place.open().await.log).await.len(), 7);
}

async fn a_large_payload_and_a_large_batch_fit(place: &Place) {
    let stores = place.open().await;
    let megabyte = format!("{{\"text\":\"{}\"}}", "算".repeat(1_048_576 / 3));
    let large = append(&*stores.log, vec![event(&stream("large"), 1, &megabyte)]).await;
    assert_eq!(stores.log.read_all(Position::START, 10).await.unwrap(), large.events().to_vec());

    let commits = (1..=1_000).map(|n| commit(events(&stream("many"), (n - 1) * 5 + 1, 5)));
    let many = Batch::seal(stores.log.head().await.unwrap(), commits);
    stores.log.append(&many).await.unwrap();
    let all = checked(&*stores.log).await;
    assert_eq!(all.len(), 5_001);
    assert_eq!(all[1..], many.events()[..]);
}

async fn an_empty_batch_changes_nothing(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 1)).await;
    let head = stores.log.head().await.unwrap();
    stores.log.append(&Batch::seal(head, [])).await.unwrap();
    stores.log.append(&Batch::seal(head, [commit(Vec::new())])).await.unwrap();
    assert_eq!(stores.log.head().await.unwrap(), head);
    assert_eq!(checked(&*stores.log).await.len(), 1);
    assert!(matches!(stores.log.append(&Batch::seal(Head::EMPTY, [])).await, Err(AppendError::HeadMoved)));
}

//! Every change that SQL can make to a copy of a log is found, and named with its place.

use audit::{KnownHead, Verifier};
use event_store::Position;

use crate::store::Store;
use crate::tampering::{
    each_is_told, line, run, tampered, tampered_copy, told_without_head, without_constraints,
};

#[tokio::test]
async fn every_column_of_every_kind_of_row_is_held() {
    let store = Store::random(21, 400).await;
    let last = store.log().await.head().await.unwrap().position.number();
    assert!(last > 600);
    for position in [1, 2, 300, 301, last - 1, last] {
        for (column, value) in [
            ("aggregate_type", "aggregate_type || 'x'"),
            ("aggregate_id", "'4711'"),
            ("sequence", "sequence + 1000"),
            ("event_type", "event_type || 'x'"),
            ("event_version", "'9.9'"),
            ("payload", "replace(payload, ':', ': ')"),
            ("metadata", "'{}'"),
            ("commit_id", "randomblob(16)"),
            ("recorded_at", "recorded_at + 1"),
            ("hash", "randomblob(32)"),
        ] {
            let sql = format!("UPDATE events SET {column} = {value} WHERE position = {position}");
            let told = tampered(&store, |connection| run(connection, &sql)).await;
            assert!(told.starts_with(&format!("position {position}, stream ")), "{sql}: {told}");
            assert!(told.contains("hash chain"), "{sql}: {told}");
        }
    }
}

#[tokio::test]
async fn rows_dropped_inserted_and_swapped_are_found_where_they_were() {
    let store = Store::random(22, 400).await;
    let last = store.log().await.head().await.unwrap().position.number();
    for position in [1, 2, 250, last] {
        let told = tampered(&store, |connection| {
            run(connection, &format!("DELETE FROM events WHERE position = {position}"));
        })
        .await;
        assert!(told.starts_with(&format!("position {position}")) && told.contains("dense"), "{told}");
    }
    let insert = |position: u64| {
        format!(
            "INSERT INTO events SELECT 'parcel', '1', 1, event_type, event_version, payload, metadata, {position},
             commit_id, recorded_at, hash FROM events WHERE position = 7"
        )
    };
    let told = tampered(&store, |connection| run(connection, &insert(last + 1))).await;
    assert!(told.contains("between the first and the head"), "{told}");
    let told = tampered(&store, |connection| {
        run(connection, "UPDATE events SET position = position + 1000000 WHERE position >= 250");
        run(connection, "UPDATE events SET position = position - 999999 WHERE position > 1000000");
        run(connection, &insert(250));
        run(connection, "UPDATE head SET position = position + 1");
    })
    .await;
    assert!(told.starts_with("position 250, stream parcel/1") && told.contains("hash chain"), "{told}");
    let told = tampered(&store, |connection| {
        for (from, to) in [("250", "1000000"), ("251", "250"), ("1000000", "251")] {
            run(connection, &format!("UPDATE events SET position = {to} WHERE position = {from}"));
        }
    })
    .await;
    assert!(told.starts_with("position 250, ") && told.contains("hash chain"), "{told}");
}

#[tokio::test]
async fn rows_that_no_reader_comes_to_and_rows_that_do_not_read_are_found() {
    let store = Store::random(23, 200).await;
    let told = tampered(&store, |connection| {
        without_constraints(connection);
        run(
            connection,
            "INSERT INTO events SELECT aggregate_type, aggregate_id, sequence, event_type, event_version,
             payload, metadata, -5, commit_id, recorded_at, hash FROM events WHERE position = 7",
        );
    })
    .await;
    assert!(told.contains("between the first and the head"), "{told}");
    let told = tampered(&store, |connection| {
        without_constraints(connection);
        run(connection, "INSERT INTO events SELECT * FROM events WHERE position = 7");
    })
    .await;
    assert!(told.starts_with("position 8, ") && told.contains("dense"), "{told}");
    for (column, value) in
        [("hash", "x'00'"), ("commit_id", "'text'"), ("sequence", "'x'"), ("payload", "x'ff'")]
    {
        let told = tampered(&store, |connection| {
            without_constraints(connection);
            run(connection, &format!("UPDATE events SET {column} = {value} WHERE position = 77"));
        })
        .await;
        assert!(told.starts_with("position 77: rows can be read") && told.contains(column), "{told}");
    }
}

#[tokio::test]
async fn a_tail_cut_off_is_found_by_the_head_row_and_without_it_by_the_head_kept_elsewhere() {
    let store = Store::random(24, 200).await;
    let head = store.log().await.head().await.unwrap();
    let cut = head.position.number() - 3;
    let told = tampered(&store, |connection| {
        run(connection, &format!("DELETE FROM events WHERE position > {cut}"));
    })
    .await;
    assert!(told.starts_with(&format!("position {}: ", cut + 1)), "{told}");
    // Cut at the end of a commit, with the head moved back: all that is left is in order.
    let events = store.log().await.read_all(Position::START, 100_000).await.unwrap();
    let boundary = events.windows(2).rev().find(|pair| pair[0].commit_id != pair[1].commit_id).unwrap();
    let (position, hash) = (boundary[0].position.number(), boundary[0].hash);
    let copy = tampered_copy(&store, |connection| {
        run(connection, &format!("DELETE FROM events WHERE position > {position}"));
        run(connection, &format!("UPDATE head SET position = {position}, hash = x'{hash}'"));
        // Nor are there traces in what leads to the events.
        run(connection, &format!("DELETE FROM stream_index WHERE position > {position}"));
        run(connection, &format!("UPDATE indexed SET position = {position}"));
    });
    assert_eq!(told_without_head(&copy).await, "nothing");
    let known = KnownHead { hash: head.hash, position: head.position };
    let told = line(Verifier::new(copy.log().await).finish(Some(known), &mut |_| {}).await.map(drop));
    assert!(told.starts_with(&format!("position {}: the log holds the head kept", head.position)), "{told}");
}

#[tokio::test]
async fn a_head_that_does_not_fit_is_found() {
    let store = Store::random(25, 100).await;
    let cases = [
        ("UPDATE head SET hash = randomblob(32)", "the head's hash"),
        ("UPDATE head SET position = position + 1", "dense"),
        ("UPDATE head SET position = position - 1", "the head's hash"),
        ("DELETE FROM head", "rows can be read"),
    ];
    each_is_told(&store, &cases).await;
}

/// The tables of SQLite take hashes and ids of any length: whoever reads them tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hashes_and_ids_of_another_length_are_told() {
    let store = Store::random(31, 120).await;
    let cases = [
        ("UPDATE events SET hash = x'00' WHERE position = 9", "hash"),
        ("UPDATE events SET hash = zeroblob(33) WHERE position = 9", "hash"),
        ("UPDATE events SET commit_id = x'01' WHERE position = 9", "commit_id"),
        ("UPDATE answers SET request_hash = x'' WHERE number = 2", "request_hash"),
        ("UPDATE answers SET commit_id = zeroblob(17) WHERE number = 2", "commit_id"),
    ];
    each_is_told(&store, &cases).await;
}

/// SQLite finds a stream by an index of its own making: one that hides an event would let a state be decided on twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_hides_or_swaps_events_is_found() {
    let store = Store::random(30, 200).await;
    for sql in [
        "DELETE FROM stream_index WHERE position = 77",
        "UPDATE stream_index SET position = 78 WHERE position = 77",
        "UPDATE stream_index SET sequence = sequence + 1000 WHERE position = 77",
    ] {
        let told = tampered(&store, |connection| run(connection, sql)).await;
        assert!(
            told.starts_with("position 77, stream ") && told.contains("found in its stream"),
            "{sql}: {told}"
        );
    }
}

#[tokio::test]
async fn what_stands_around_the_events_is_as_it_was_made() {
    let store = Store::random(33, 100).await;
    for (sql, part) in [
        ("DROP TRIGGER events_no_delete", "stream trigger events_no_delete: the log's tables and guards"),
        ("CREATE TRIGGER planted AFTER INSERT ON events BEGIN SELECT 1; END", "stream trigger planted: "),
        ("DROP TABLE answer_index", "stream table answer_index: "),
        ("DELETE FROM indexed", "stream table indexed: "),
        ("INSERT INTO stream_index VALUES ('balance', '1', 9999, 5)", "stream table stream_index: "),
    ] {
        let told = tampered(&store, |connection| connection.execute_batch(sql).unwrap()).await;
        assert!(
            told.starts_with(part) && told.contains("expected") && told.contains("found"),
            "{sql}: {told}"
        );
    }
}

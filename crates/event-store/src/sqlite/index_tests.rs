//! What the indexes lack is read whole, in however many readings.

use std::sync::Arc;

use rusqlite::Connection;

use super::{CHUNK, Index};
use crate::event::StreamId;
use crate::fingerprint::Fingerprints;
use crate::open::SQLITE_LOG;
use crate::sqlite::tail::Tail;

/// More than one reading takes in, and not a multiple of it.
const MANY: usize = 2 * CHUNK + 100;

/// Adds so many events on one stream and as many answers after those that are there.
fn add_behind_the_index(connection: &Connection, count: usize) {
    let rows = "WITH RECURSIVE n (n) AS (SELECT (SELECT count(*) + 1 FROM events) UNION ALL SELECT n + 1 FROM n LIMIT ?1)";
    for insert in [
        "INSERT INTO answers SELECT n, 7, 'key ' || n, zeroblob(32), x'', zeroblob(16), 0 FROM n",
        "INSERT INTO events SELECT 'parcel', '1', n, 'Moved', '1', '{}', '{}', n, zeroblob(16), 0, zeroblob(32) FROM n",
    ] {
        connection.execute(&format!("{rows} {insert}"), [count]).unwrap();
    }
}

fn indexed(connection: &Connection) -> (usize, usize, usize, usize) {
    let counts = "SELECT (SELECT count(*) FROM stream_index), (SELECT count(*) FROM answer_index), position, answer FROM indexed";
    connection.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap()
}

/// Readers may come at any time: they find all of it in the memory or in the index.
#[test]
fn after_a_failed_commit_nothing_is_missing_however_much_the_indexes_lack() {
    let mut connection = Connection::open_in_memory().unwrap();
    SQLITE_LOG.iter().for_each(|(_, text)| connection.execute_batch(text).unwrap());
    add_behind_the_index(&connection, MANY);
    let tail = Arc::new(Tail::new(Fingerprints::from_slice(&[7; 16]).unwrap()));
    let mut index = Index::open(&mut connection, Arc::clone(&tail)).unwrap();
    assert_eq!(indexed(&connection), (MANY, MANY, MANY, MANY));
    assert!(index.is_complete());

    add_behind_the_index(&connection, MANY);
    index.become_stale();
    index.refresh(&connection).unwrap();
    assert_eq!(tail.lengths(), (2 * MANY, 0));
    let stream = StreamId::new("parcel", "1");
    let found = tail.positions(&stream, MANY as u64, u32::MAX);
    assert!(found.into_iter().eq((MANY + 1..=2 * MANY).map(|position| position as i64)));
    assert_eq!(indexed(&connection), (MANY, MANY, MANY, MANY), "nothing joined the indexes meanwhile");
    index.complete(&mut connection).unwrap();
    assert_eq!(indexed(&connection), (2 * MANY, 2 * MANY, 2 * MANY, 2 * MANY));
}

//! Changing copies of a log through the back door, and what the verification tells of them.

use audit::VerifyError;
use event_store::{Hash, Position, event_hash};
use rusqlite::{Connection, params};

use crate::store::Store;

/// Changes a copy of the store by `tamper`; gives what the verification says.
pub(crate) async fn tampered(store: &Store, tamper: impl FnOnce(&Connection)) -> String {
    line(tampered_copy(store, tamper).verify().await.map(drop))
}

pub(crate) fn tampered_copy(store: &Store, tamper: impl FnOnce(&Connection)) -> Store {
    let copy = store.copy();
    let connection = copy.back_door();
    tamper(&connection);
    connection.close().unwrap();
    copy
}

/// Each statement by itself, on a copy, makes the verification tell what stands beside it.
pub(crate) async fn each_is_told(store: &Store, cases: &[(&str, &str)]) {
    for (sql, told_of) in cases {
        let told = tampered(store, |connection| run(connection, sql)).await;
        assert!(told.contains(told_of), "{sql}: {told}");
    }
}

pub(crate) fn line(result: Result<(), VerifyError>) -> String {
    match result {
        Ok(()) => "nothing".to_owned(),
        Err(VerifyError::Breach(breach)) => {
            let told = breach.to_string();
            assert!(!told.contains('\n'), "{told}");
            told
        }
        Err(VerifyError::Store(error)) => panic!("no breach but {error}"),
    }
}

pub(crate) fn run(connection: &Connection, sql: &str) {
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql} changes nothing");
}

/// `ALTER` past the constraints that the table has, for rows that no honest table can hold.
pub(crate) fn without_constraints(connection: &Connection) {
    connection
        .execute_batch(
            "CREATE TABLE loose AS SELECT * FROM events; DROP TABLE events; ALTER TABLE loose RENAME TO events;",
        )
        .unwrap();
}

/// Gives every event from a position on the hash that fits what stands there now, and the head the last.
pub(crate) fn rechain(connection: &Connection, log: &[event_store::RecordedEvent]) {
    let mut previous = event_store::GENESIS;
    for event in log {
        let hash = event_hash(&previous, event);
        let position = i64::try_from(event.position.number()).unwrap();
        connection
            .execute("UPDATE events SET hash = ?1 WHERE position = ?2", params![hash.as_bytes(), position])
            .unwrap();
        previous = hash;
    }
    let last = i64::try_from(log.last().unwrap().position.number()).unwrap();
    connection
        .execute("UPDATE head SET position = ?1, hash = ?2", params![last, previous.as_bytes()])
        .unwrap();
}

/// Recomputes the chain of a copy whose rows were changed.
pub(crate) async fn recomputed(copy: &Store) -> Hash {
    let events = copy.log().await.read_all(Position::START, 1_000_000).await.unwrap();
    let connection = copy.back_door();
    rechain(&connection, &events);
    connection.close().unwrap();
    copy.log().await.head().await.unwrap().hash
}

pub(crate) async fn told_without_head(store: &Store) -> String {
    line(store.verify().await.map(drop))
}

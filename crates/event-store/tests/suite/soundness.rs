//! What stands around the events is as it was made, or told: tables, guards, indexes.

use event_store::{Batch, EventStore, ReadOnlyLog};

use crate::make::{answered, append, commit, events, stream};
use testing::{Place, on_both};

on_both!(a_log_is_sound_at_every_moment, what_was_changed_around_the_events_is_told);

async fn read(place: &Place) -> ReadOnlyLog {
    ReadOnlyLog::open(&place.location()).await.unwrap()
}

async fn keep(log: &dyn EventStore, key: &str) {
    let kept = answered(commit(events(&stream(key), 1, 2)), key, b"{}");
    log.append(&Batch::seal(log.head().await.unwrap(), [kept])).await.unwrap();
}

async fn a_log_is_sound_at_every_moment(place: &Place) {
    let stores = place.open().await;
    let log = read(place).await;
    for round in 0..20 {
        assert_eq!((log.missing().await.unwrap(), log.flaw().await.unwrap()), (None, None), "{round}");
        append(&*stores.log, events(&stream(&format!("e{round}")), 1, 5)).await;
        keep(&*stores.log, &format!("k{round}")).await;
    }
    stores.close().await;
    drop(stores);
    assert_eq!(read(place).await.flaw().await.unwrap(), None);
}

/// What somebody does to the schema, the part that is named then, and a word of what is told.
const ON_SQLITE: [(&str, &str, &str); 22] = [
    ("DROP TRIGGER events_no_update", "trigger events_no_update", "none"),
    (
        "DROP TRIGGER head_no_delete; CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT 1; END",
        "trigger head_no_delete",
        "SELECT 1",
    ),
    (
        "CREATE TRIGGER planted AFTER INSERT ON events BEGIN UPDATE head SET epoch = epoch; END",
        "trigger planted",
        "CREATE TRIGGER planted",
    ),
    (
        "CREATE TABLE loose AS SELECT * FROM events; DROP TABLE events; ALTER TABLE loose RENAME TO events",
        "table events",
        "CREATE TABLE",
    ),
    ("ALTER TABLE answers ADD COLUMN note TEXT", "table answers", "note"),
    ("DROP TABLE stream_index", "table stream_index", "none"),
    ("DROP TABLE indexed", "table indexed", "none"),
    ("ALTER TABLE head RENAME COLUMN epoch TO age", "table head", "age"),
    ("DELETE FROM indexed", "table indexed", "none"),
    ("UPDATE indexed SET position = position + 1", "table indexed", "6"),
    ("UPDATE indexed SET position = -1", "table indexed", "-1"),
    ("UPDATE indexed SET answer = 7", "table indexed", "7"),
    ("INSERT INTO stream_index VALUES ('parcel', 'e', 99, 3)", "table stream_index", "6"),
    ("INSERT INTO answer_index VALUES (7, 1)", "table answer_index", "2"),
    ("UPDATE indexed SET key = zeroblob(16)", "table answer_index", "another, or none"),
    (
        "DROP TRIGGER answer_index_no_update; UPDATE answer_index SET number = 2;
        CREATE TRIGGER answer_index_no_update BEFORE UPDATE ON answer_index
    BEGIN SELECT RAISE(ABORT, 'the index of answers is immutable'); END",
        "table answer_index",
        "another",
    ),
    (
        "DROP TRIGGER answer_index_no_delete; DELETE FROM answer_index;
        CREATE TRIGGER answer_index_no_delete BEFORE DELETE ON answer_index
    BEGIN SELECT RAISE(ABORT, 'the index of answers is immutable'); END",
        "table answer_index",
        "another, or none",
    ),
    (
        "INSERT INTO answers SELECT 3, account_id, 'later', request_hash, body, commit_id, recorded_at FROM answers",
        "table answers",
        "2",
    ),
    (
        "INSERT INTO answers SELECT 2, account_id, key, request_hash, body, commit_id, recorded_at FROM answers;
        UPDATE indexed SET answer = 2",
        "table answer_index",
        "another, or none",
    ),
    (
        "INSERT INTO answers SELECT 2, account_id, key, request_hash, body, commit_id, recorded_at FROM answers;
        INSERT INTO answer_index SELECT fingerprint, 2 FROM answer_index; UPDATE indexed SET answer = 2",
        "table answers",
        "answer 2 beside another",
    ),
    (
        "INSERT INTO answers SELECT 2, account_id, key, request_hash, body, commit_id, recorded_at FROM answers",
        "table answers",
        "answer 2 beside another",
    ),
    ("DELETE FROM stream_index", "trigger", ""),
];

const ON_POSTGRES: [(&str, &str, &str); 17] = [
    ("DROP TRIGGER events_immutable ON events", "trigger events.events_immutable", "none"),
    ("ALTER TABLE answers DISABLE TRIGGER answers_immutable", "trigger answers.answers_immutable", " D "),
    (
        "DROP TRIGGER head_kept ON head; CREATE TRIGGER head_kept BEFORE DELETE ON head
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        "trigger head.head_kept",
        "10 O",
    ),
    (
        "DROP TRIGGER head_kept ON head; CREATE TRIGGER head_kept BEFORE DELETE OR TRUNCATE ON head
            FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION refuse_change()",
        "trigger head.head_kept",
        "sometimes",
    ),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "function refuse_change",
        "RETURN NULL",
    ),
    (
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER planted BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION quiet()",
        "trigger events.planted",
        "quiet",
    ),
    ("CREATE RULE planted AS ON INSERT TO answers DO INSTEAD NOTHING", "rule answers.planted", "one"),
    ("ALTER TABLE events ENABLE ROW LEVEL SECURITY", "row security of events", "on"),
    ("CREATE TABLE heir () INHERITS (events)", "heir of events", "heir"),
    ("ALTER TABLE events DROP CONSTRAINT events_stream", "constraint events.events_stream", "none"),
    ("ALTER TABLE events DROP CONSTRAINT events_position", "constraint events.events_position", "none"),
    ("ALTER TABLE events DROP CONSTRAINT events_hash_check", "constraint events.events_hash_check", "none"),
    ("ALTER TABLE events ALTER hash DROP NOT NULL", "column events.hash", "bytea"),
    ("ALTER TABLE events ALTER metadata TYPE text", "column events.metadata", "text"),
    ("ALTER TABLE answers ALTER key TYPE text COLLATE \"POSIX\"", "column answers.key", "POSIX"),
    ("ALTER TABLE answers DROP COLUMN body", "column answers.body", "none"),
    ("ALTER TABLE head ADD COLUMN note text", "column head.note", "text"),
];

async fn what_was_changed_around_the_events_is_told(place: &Place) {
    let cases: &[_] = if place.is_postgres() { &ON_POSTGRES } else { &ON_SQLITE };
    for &(statements, part, word) in cases {
        let place = if place.is_postgres() { Place::postgres().await } else { Place::folder() };
        let stores = place.open().await;
        append(&*stores.log, events(&stream("e"), 1, 3)).await;
        keep(&*stores.log, "k").await;
        stores.close().await;
        drop(stores);
        let changed = place.run("log", statements).await;
        let log = read(&place).await;
        if part == "trigger" {
            assert!(changed.is_err(), "the guards are there");
            assert_eq!(log.flaw().await.unwrap(), None);
            continue;
        }
        changed.unwrap_or_else(|error| panic!("{statements}: {error}"));
        let flaw = log.flaw().await.unwrap().unwrap_or_else(|| panic!("{statements}: nothing found"));
        assert_eq!(flaw.of, part, "{statements}: {flaw:?}");
        assert!(flaw.found.contains(word) && flaw.expected != flaw.found, "{statements}: {flaw:?}");
        let is_gone = ["DROP TABLE stream", "DROP TABLE indexed", "RENAME COLUMN", "DROP COLUMN"];
        let is_gone = is_gone.iter().any(|gone| statements.contains(gone));
        assert_eq!(log.missing().await.unwrap().is_some(), is_gone, "{statements}");
    }
}

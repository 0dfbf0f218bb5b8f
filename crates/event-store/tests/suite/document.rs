//! `docs/log-format.md` says what the program does: its tables, its statement and its test vectors are read and compared.

use event_store::{
    Batch, Commit, GENESIS, Hash, Head, NewEvent, Position, RecordedEvent, StreamId, event_hash,
};
use kernel::Timestamp;
use serde::Deserialize;
use sqlx::Connection;

use crate::make::{append, events, stream};
use testing::{Place, on_both};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log-format.md");

fn document() -> String {
    std::fs::read_to_string(PATH).unwrap()
}

/// The text of the one code block in that language.
fn block(language: &str) -> String {
    let document = document();
    let mut blocks = document.split("\n```").filter_map(|part| part.strip_prefix(&format!("{language}\n")));
    let block = blocks.next().expect("a block in that language").to_owned();
    assert!(blocks.next().is_none(), "more than one block of {language}");
    block
}

#[derive(Deserialize)]
struct Vector {
    position: u64,
    aggregate_type: String,
    aggregate_id: String,
    sequence: u64,
    event_type: String,
    event_version: String,
    payload: String,
    metadata: String,
    commit_id: uuid::Uuid,
    recorded_at: i64,
    hash: String,
}

impl Vector {
    fn recorded(&self) -> RecordedEvent {
        RecordedEvent {
            position: Position::from_number(self.position),
            stream: StreamId::new(self.aggregate_type.clone(), self.aggregate_id.as_str()),
            sequence: self.sequence,
            event_type: self.event_type.clone().into(),
            event_version: self.event_version.clone().into(),
            payload: self.payload.as_str().into(),
            metadata: self.metadata.as_str().into(),
            commit_id: self.commit_id,
            recorded_at: Timestamp::from_micros(self.recorded_at),
            hash: self.hash.parse().unwrap(),
        }
    }

    fn commit(&self) -> Commit {
        let event = self.recorded();
        Commit {
            id: event.commit_id,
            recorded_at: event.recorded_at,
            metadata: event.metadata,
            events: vec![NewEvent {
                stream: event.stream,
                sequence: event.sequence,
                event_type: event.event_type,
                event_version: event.event_version,
                payload: event.payload,
            }],
            answer: None,
        }
    }
}

fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_str(&block("json")).unwrap();
    assert!(vectors.len() >= 3);
    vectors
}

#[test]
fn the_test_vectors_hold() {
    let mut previous: Hash = GENESIS;
    for vector in vectors() {
        let event = vector.recorded();
        assert_eq!(event_hash(&previous, &event).to_string(), vector.hash, "position {}", vector.position);
        previous = event.hash;
    }
}

on_both!(the_test_vectors_come_out_of_a_log, the_tables_are_as_described);

async fn the_test_vectors_come_out_of_a_log(place: &Place) {
    let stores = place.open().await;
    let batch = Batch::seal(Head::EMPTY, vectors().iter().map(Vector::commit));
    stores.log.append(&batch).await.unwrap();
    let expected: Vec<RecordedEvent> = vectors().iter().map(Vector::recorded).collect();
    assert_eq!(stores.log.read_all(Position::START, 100).await.unwrap(), expected);
}

/// Names and types of a table's columns as the document gives them for one of the databases.
fn described(table: &str, postgres: bool) -> Vec<(String, String)> {
    let document = document();
    let (_, section) = document.split_once(&format!("### `{table}`\n")).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("| column |")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`').to_owned(), cells[if postgres { 3 } else { 2 }].to_owned())
        })
        .filter(|(_, kind)| kind != "–")
        .collect()
}

async fn the_tables_are_as_described(place: &Place) {
    place.open().await.close().await;
    for table in ["events", "head", "answers", "stream_index", "answer_index", "indexed"] {
        let only_on_sqlite = ["stream_index", "answer_index", "indexed"].contains(&table);
        if only_on_sqlite && place.is_postgres() {
            continue;
        }
        let columns: Vec<(String, String)> = match place {
            Place::Folder(folder) => {
                let mut connection = folder.connect("log").await;
                let query = sqlx::query_as("SELECT name, type FROM pragma_table_info($1) ORDER BY cid");
                query.bind(table).fetch_all(&mut connection).await.unwrap()
            }
            Place::Postgres(database) => {
                let mut connection = database.connect("log").await;
                let query = sqlx::query_as(
                    "SELECT column_name::text, data_type::text FROM information_schema.columns
                    WHERE table_schema = 'log' AND table_name = $1 ORDER BY ordinal_position",
                );
                query.bind(table).fetch_all(&mut connection).await.unwrap()
            }
        };
        assert!(!columns.is_empty());
        assert_eq!(described(table, place.is_postgres()), columns, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_statement_finds_every_breach() {
    let place = Place::postgres().await;
    let stores = place.open().await;
    let Place::Postgres(database) = &place else { panic!("a database was made") };
    let mut connection = database.connect("log").await;
    let statement = block("sql");
    let mut breaches = async || -> Vec<i64> {
        let rows: Vec<(i64,)> = sqlx::query_as(&statement).fetch_all(&mut connection).await.unwrap();
        rows.into_iter().map(|(position,)| position).collect()
    };
    assert!(breaches().await.is_empty(), "an empty log");
    let batch = Batch::seal(Head::EMPTY, vectors().iter().map(Vector::commit));
    stores.log.append(&batch).await.unwrap();
    append(&*stores.log, events(&stream("1"), 1, 3)).await;
    assert!(breaches().await.is_empty(), "a sound log");

    for (tampering, found) in [
        ("UPDATE events SET payload = '{\"amount\":5001}' WHERE position = 4", vec![4]),
        ("UPDATE events SET hash = sha256(hash) WHERE position = 2", vec![2, 3]),
        ("DELETE FROM events WHERE position = 8", vec![8]),
        ("UPDATE head SET position = 7", vec![7]),
    ] {
        // The triggers are out of the way for this session alone, and everything is undone.
        let mut intruder = database.connect("log").await;
        sqlx::raw_sql("SET session_replication_role = replica").execute(&mut intruder).await.unwrap();
        let mut transaction = intruder.begin().await.unwrap();
        sqlx::raw_sql(tampering).execute(&mut *transaction).await.unwrap();
        let rows: Vec<(i64,)> = sqlx::query_as(&block("sql")).fetch_all(&mut *transaction).await.unwrap();
        let positions: Vec<i64> = rows.into_iter().map(|(position,)| position).collect();
        assert_eq!(positions, found, "{tampering}");
        transaction.rollback().await.unwrap();
    }
    assert!(breaches().await.is_empty(), "the same log again");
}

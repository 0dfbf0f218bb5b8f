//! SQLite's indexes follow the log a little way behind: what they lack is found all the same, at any moment, after a
//! crash, by those who only read, and in files from before there were such indexes.

use std::path::Path;

use event_store::{AppendError, Batch, EventStore, Location, OpenError, Position, ReadOnlyLog, Stores};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use crate::make::{
    answer_key, answered, append, batch, checked, commit, events, first_schema, old_batch, stream,
};
use testing::Folder;

const STREAMS: u64 = 400;

async fn open(path: &Path) -> Stores {
    Stores::open(&Location::Folder(path.to_owned())).await.unwrap()
}

/// Appends a batch of a commit a stream, each with an answer; `round` counts from 1.
async fn append_round(log: &dyn EventStore, round: u64) -> Batch {
    let commits = (0..STREAMS).map(|number| {
        let name = stream(&number.to_string());
        answered(commit(events(&name, round, 1)), &format!("{round} of {number}"), b"kept")
    });
    let batch = Batch::seal(log.head().await.unwrap(), commits);
    log.append(&batch).await.unwrap();
    batch
}

/// Every stream, a sample of the answers, and what must be refused.
async fn check(log: &dyn EventStore, rounds: u64) {
    for number in [0, 7, STREAMS - 1] {
        let name = stream(&number.to_string());
        let mut sequences = Vec::new();
        while let Ok(page) = log.read_stream(&name, sequences.len() as u64, 100).await
            && !page.is_empty()
        {
            sequences.extend(page.iter().map(|event| event.sequence));
        }
        assert_eq!(sequences, (1..=rounds).collect::<Vec<_>>(), "stream {number} after {rounds} rounds");
        for round in [1, rounds / 2, rounds] {
            let key = answer_key(&format!("{round} of {number}"));
            assert_eq!(log.answers(std::slice::from_ref(&key)).await.unwrap().len(), 1, "{key:?}");
            let again = answered(commit(Vec::new()), &key.key, b"other");
            let refused = log.append(&Batch::seal(log.head().await.unwrap(), [again])).await;
            assert!(matches!(refused, Err(AppendError::KeyTaken)), "{key:?}: {refused:?}");
            let taken = batch(log, events(&name, round, 1)).await;
            let refused = log.append(&taken).await;
            assert!(matches!(refused, Err(AppendError::StreamConflict)), "{name} {round}: {refused:?}");
        }
    }
}

/// How many events and answers the indexes of a file hold, and how far they say that they are complete.
async fn indexed(folder: &Path) -> (i64, i64, i64) {
    let mut connection = SqliteConnectOptions::new().filename(folder.join("log.db")).connect().await.unwrap();
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM stream_index), (SELECT count(*) FROM answer_index), position FROM indexed",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

fn copy(from: &Path) -> Folder {
    let to = Folder::new();
    for file in ["log.db", "log.db-wal", "vault.db"] {
        if from.join(file).is_file() {
            std::fs::copy(from.join(file), to.path().join(file)).unwrap();
        }
    }
    to
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_indexes_lack_is_found_while_they_are_filled_and_after_a_crash() {
    const ROUNDS: u64 = 230;
    let folder = Folder::new();
    let stores = open(folder.path()).await;
    let mut was_behind = false;
    let mut was_begun = false;
    for round in 1..=ROUNDS {
        append_round(&*stores.log, round).await;
        if round % 30 == 0 || round > ROUNDS - 3 {
            check(&*stores.log, round).await;
            let (events, _, reached) = indexed(folder.path()).await;
            was_behind |= events < (round * STREAMS).cast_signed();
            was_begun |= events > reached;
        }
    }
    assert!(was_behind && was_begun, "the indexes were never behind, or never on their way");
    // The files as they would be found after the process was killed here.
    let crashed = copy(folder.path());
    let read_only = ReadOnlyLog::open(&Location::Folder(crashed.path().to_owned())).await.unwrap();
    let read = read_only.read_stream(&stream("7"), 0, 1_000).await.unwrap();
    assert_eq!(read.len() as u64, ROUNDS);
    let head = read_only.head().await.unwrap().position;
    assert_eq!(read_only.misplaced(Position::START, head).await.unwrap(), None);
    read_only.close().await;
    let again = open(crashed.path()).await;
    check(&*again.log, ROUNDS).await;
    append_round(&*again.log, ROUNDS + 1).await;
    check(&*again.log, ROUNDS + 1).await;
    // At its end a store leaves the indexes complete.
    stores.close().await;
    let all = (ROUNDS * STREAMS).cast_signed();
    assert_eq!(indexed(folder.path()).await, (all, all, all));
    assert_eq!(checked(&*again.log).await.len() as u64, (ROUNDS + 1) * STREAMS);
}

/// A file of schema 1 with two streams and two answers, as the program of that schema wrote it.
async fn old_file(folder: &Folder) -> Batch {
    let mut connection: SqliteConnection = SqliteConnectOptions::new()
        .filename(folder.path().join("log.db"))
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    let schema = include_str!("../../migrations/sqlite/log/0001_log.sql");
    first_schema(schema).run_direct(&mut connection).await.unwrap();
    let batch = old_batch();
    for event in batch.events().iter() {
        sqlx::query("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(event.stream.aggregate_type.as_ref())
            .bind(event.stream.aggregate_id.as_ref())
            .bind(event.sequence.cast_signed())
            .bind(event.event_type.as_ref())
            .bind(event.event_version.as_ref())
            .bind(event.payload.as_ref())
            .bind(event.metadata.as_ref())
            .bind(event.position.number().cast_signed())
            .bind(event.commit_id.as_bytes().as_slice())
            .bind(event.recorded_at.micros())
            .bind(event.hash.as_bytes().as_slice())
            .execute(&mut connection)
            .await
            .unwrap();
    }
    for answer in batch.answers() {
        sqlx::query("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)")
            .bind(answer.key.account.cast_signed())
            .bind(answer.key.key.as_ref())
            .bind(answer.request_hash.as_slice())
            .bind(answer.body.as_ref())
            .bind(answer.commit_id.as_bytes().as_slice())
            .bind(answer.recorded_at.micros())
            .execute(&mut connection)
            .await
            .unwrap();
    }
    let head = batch.head();
    sqlx::query("UPDATE head SET position = ?, hash = ?")
        .bind(head.position.number().cast_signed())
        .bind(head.hash.as_bytes().as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
    batch
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_the_first_schema_is_brought_up_to_date() {
    let folder = Folder::new();
    let written = old_file(&folder).await;
    // Whoever only reads must not bring it up to date, and says so.
    let told = ReadOnlyLog::open(&Location::Folder(folder.path().to_owned())).await.unwrap_err();
    assert!(matches!(told, OpenError::Older { found: 1, .. }), "{told:?}");
    assert!(told.to_string().contains("older version"), "{told}");
    let stores = open(folder.path()).await;
    assert_eq!(checked(&*stores.log).await, written.events().to_vec());
    let keys = ["z", "y", "x"].map(answer_key);
    assert_eq!(stores.log.answers(&keys).await.unwrap(), written.answers());
    assert_eq!(stores.log.read_stream(&stream("b"), 1, 10).await.unwrap().len(), 2);
    append(&*stores.log, events(&stream("b"), 4, 1)).await;
    let refused = stores.log.append(&batch(&*stores.log, events(&stream("a"), 1, 1)).await).await;
    assert!(matches!(refused, Err(AppendError::StreamConflict)), "{refused:?}");
    stores.close().await;
    assert_eq!(indexed(folder.path()).await, (5, 2, 5));
}

/// Puts a key of the fingerprints into a new log.
async fn begin_with_key(folder: &Folder) {
    open(folder.path()).await.close().await;
    let mut connection = folder.connect("log").await;
    let key = "UPDATE indexed SET key = x'000102030405060708090a0b0c0d0e0f'";
    sqlx::query(key).execute(&mut connection).await.unwrap();
}

/// Two keys of answers may have the same fingerprint, though nobody can look for such. Here the index says so of two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_not_taken_for_another_of_its_fingerprint() {
    let keep = |key: &'static str| answered(commit(events(&stream(key), 1, 1)), key, key.as_bytes());
    let elsewhere = Folder::new();
    begin_with_key(&elsewhere).await;
    let stores = open(elsewhere.path()).await;
    stores.log.append(&Batch::seal(stores.log.head().await.unwrap(), [keep("b")])).await.unwrap();
    stores.close().await;
    let mut connection = elsewhere.connect("log").await;
    let fingerprint_of_b: i64 =
        sqlx::query_scalar("SELECT fingerprint FROM answer_index").fetch_one(&mut connection).await.unwrap();

    let folder = Folder::new();
    begin_with_key(&folder).await;
    let stores = open(folder.path()).await;
    stores.log.append(&Batch::seal(stores.log.head().await.unwrap(), [keep("a")])).await.unwrap();
    stores.close().await;
    drop(stores);
    let mut connection = folder.connect("log").await;
    let same = sqlx::query("INSERT INTO answer_index VALUES ($1, 1)").bind(fingerprint_of_b);
    same.execute(&mut connection).await.unwrap();
    drop(connection);

    let stores = open(folder.path()).await;
    let bodies = async || {
        let found = stores.log.answers(&["a", "b"].map(answer_key)).await.unwrap();
        found.into_iter().map(|answer| answer.body.to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(bodies().await, [b"a"]);
    stores.log.append(&Batch::seal(stores.log.head().await.unwrap(), [keep("b")])).await.unwrap();
    assert_eq!(bodies().await, [b"a", b"b"]);
    for key in ["a", "b"] {
        let again = answered(commit(Vec::new()), key, b"other");
        let refused = stores.log.append(&Batch::seal(stores.log.head().await.unwrap(), [again])).await;
        assert!(matches!(refused, Err(AppendError::KeyTaken)), "{key}: {refused:?}");
    }
    stores.close().await;
    drop(stores);
    let read_only = ReadOnlyLog::open(&Location::Folder(folder.path().to_owned())).await.unwrap();
    let found = read_only.answers(&["b", "a"].map(answer_key)).await.unwrap();
    assert_eq!(found.iter().map(|answer| &*answer.key.key).collect::<Vec<_>>(), ["b", "a"]);
}

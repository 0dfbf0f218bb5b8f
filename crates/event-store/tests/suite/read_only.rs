//! A log opened for reading alone: it reads what the log holds, beside a server or after it, and leaves no trace.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use event_store::{
    AnswerCursor, EventRef, Gather, Location, OpenError, Position, ReadOnlyLog, Stretch, open_views_read_only,
};
use sqlx::{Connection, Executor};

use crate::make::{PATIENCE, answered, append, commit, events, everything, stream};
use testing::{Database, Folder, Place, on_both};

on_both!(
    reads_what_the_log_holds,
    reads_beside_a_server,
    what_a_server_appends_is_no_surplus,
    rows_that_nobody_would_read_are_counted
);

async fn read(place: &Place) -> ReadOnlyLog {
    ReadOnlyLog::open(&place.location()).await.unwrap()
}

/// Says that it was shown an event, and takes its time over it.
struct Slow {
    shown: Sender<()>,
    go_on: Receiver<()>,
}

impl Gather for Slow {
    fn take(&mut self, _: &EventRef<'_>) {
        self.shown.send(()).unwrap();
        self.go_on.recv().unwrap();
    }
}

/// SQLite leaves its write-ahead file behind if a connection is open when the process ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_a_thread_that_still_gathers() {
    let place = Place::folder();
    let stores = place.open().await;
    append(&*stores.log, events(&stream("b"), 1, 1)).await;
    let log = Arc::new(read(&place).await);
    let (shown, was_shown) = std::sync::mpsc::channel();
    let (let_go, go_on) = std::sync::mpsc::channel();
    let slow = Mutex::new(Some(Slow { shown, go_on }));
    let stretch = Stretch { after: Position::START, until: Position::from_number(1), limit: 1 };
    // Nobody takes what is gathered any more by the time it is there.
    let (ready, taken) = tokio::sync::mpsc::channel(1);
    let reading = Arc::clone(&log);
    let begin = move |_| slow.lock().unwrap().take().unwrap();
    tokio::spawn(async move { reading.gather_each(std::iter::once(stretch), begin, ready).await });
    tokio::task::spawn_blocking(move || was_shown.recv().unwrap()).await.unwrap();
    drop(taken);
    let closing = tokio::spawn(async move { log.close().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!closing.is_finished());
    let_go.send(()).unwrap();
    tokio::time::timeout(PATIENCE, closing).await.unwrap().unwrap();
    stores.close().await;
}

async fn reads_what_the_log_holds(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 5)).await;
    append(&*stores.log, events(&stream("2"), 1, 2)).await;
    for (key, body) in [("b", "2"), ("a", "1"), ("c", "3")] {
        let commit = answered(commit(Vec::new()), key, body.as_bytes());
        let batch = event_store::Batch::seal(stores.log.head().await.unwrap(), [commit]);
        stores.log.append(&batch).await.unwrap();
    }
    let (all, head) = (everything(&*stores.log).await, stores.log.head().await.unwrap());
    stores.close().await;
    drop(stores);
    let log = read(place).await;
    assert_eq!(log.head().await.unwrap(), head);
    assert_eq!(log.read_all(Position::START, 100).await.unwrap(), all);
    assert_eq!(log.read_all(all[2].position, 2).await.unwrap(), all[3..5]);
    assert_eq!(log.read_stream(&stream("2"), 1, 10).await.unwrap(), all[6..]);
    let (first, cursor) = log.read_answers(&AnswerCursor::default(), 2).await.unwrap();
    let mut keys: Vec<_> = first.iter().map(|answer| answer.key.key.as_ref()).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["a", "b"]);
    let (rest, cursor) = log.read_answers(&cursor, 2).await.unwrap();
    assert_eq!(rest.iter().map(|answer| &*answer.body).collect::<Vec<_>>(), [b"3"]);
    assert_eq!(log.read_answers(&cursor, 2).await.unwrap(), (Vec::new(), cursor));
    assert_eq!(log.misplaced(Position::START, head.position).await.unwrap(), None);
    assert_eq!(log.surplus(head.position).await.unwrap(), 0);
    log.close().await;
}

async fn reads_beside_a_server(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 5)).await;
    let log = read(place).await;
    assert_eq!(log.read_all(Position::START, 100).await.unwrap().len(), 5);
    append(&*stores.log, events(&stream("1"), 6, 3)).await;
    let head = log.head().await.unwrap();
    assert_eq!(head, stores.log.head().await.unwrap());
    assert_eq!(log.read_all(Position::START, 100).await.unwrap(), everything(&*stores.log).await);
    // What a server appends after the head was asked for is no surplus.
    append(&*stores.log, events(&stream("1"), 9, 3)).await;
    assert_eq!(log.surplus(head.position).await.unwrap(), 0);
    stores.close().await;
}

/// While they are counted, too.
async fn what_a_server_appends_is_no_surplus(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 5)).await;
    let log = read(place).await;
    let is_done = AtomicBool::new(false);
    let appending = async {
        let mut next = 6;
        while !is_done.load(Ordering::Relaxed) {
            append(&*stores.log, events(&stream("1"), next, 3)).await;
            next += 3;
        }
    };
    let counting = async {
        for _ in 0..400 {
            let head = log.head().await.unwrap();
            assert_eq!(log.surplus(head.position).await.unwrap(), 0);
        }
        is_done.store(true, Ordering::Relaxed);
    };
    tokio::join!(appending, counting);
    log.close().await;
    stores.close().await;
}

async fn rows_that_nobody_would_read_are_counted(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 5)).await;
    let head = stores.log.head().await.unwrap();
    let zero = if place.is_postgres() { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
    let commit = if place.is_postgres() { "gen_random_uuid()" } else { "zeroblob(16)" };
    let insert = format!(
        "INSERT INTO events VALUES ('parcel', '1', 99, 'ParcelMoved', '1.0', '{{}}', '{{}}', 9, {commit}, 0, {zero})"
    );
    place.run("log", &insert).await.unwrap();
    assert_eq!(read(place).await.surplus(head.position).await.unwrap(), 1);
    stores.close().await;
}

/// Name, bytes and time of change of every file but SQLite's shared memory, which holds nothing of the log.
fn look(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let named = files.map(|file| (file.file_name().into_string().unwrap(), file));
    named
        .filter(|(name, _)| !name.ends_with("-shm"))
        .map(|(name, file)| {
            (name, (std::fs::read(file.path()).unwrap(), file.metadata().unwrap().modified().unwrap()))
        })
        .collect()
}

async fn read_everything(location: &Location) {
    let log = ReadOnlyLog::open(location).await.unwrap();
    assert_eq!(log.read_all(Position::START, 100).await.unwrap().len(), 5);
    log.read_answers(&AnswerCursor::default(), 10).await.unwrap();
    log.surplus(log.head().await.unwrap().position).await.unwrap();
    open_views_read_only(location).await.unwrap().unwrap().close().await;
    log.close().await;
}

#[tokio::test]
async fn a_stopped_store_is_left_as_it_was_to_the_file() {
    let place = Place::folder();
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 5)).await;
    stores.close().await;
    drop(stores);
    let Location::Folder(folder) = place.location() else { panic!("no folder") };
    let names = || std::fs::read_dir(&folder).unwrap().count();
    let (before, count) = (look(&folder), names());
    read_everything(&place.location()).await;
    assert!(look(&folder) == before, "reading changed a file");
    assert_eq!(names(), count, "reading made a file");
}

#[tokio::test]
async fn a_store_that_was_not_closed_keeps_its_write_ahead_file() {
    let place = Place::folder();
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 5)).await;
    let Location::Folder(folder) = place.location() else { panic!("no folder") };
    // What a crash would leave: the files as they are while the server runs.
    let copy = Folder::new();
    for file in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    std::fs::remove_file(copy.path().join("log.db-shm")).ok();
    let before = look(copy.path());
    read_everything(&Location::Folder(copy.path().to_owned())).await;
    assert!(look(copy.path()) == before, "reading changed a file");
    stores.close().await;
}

#[tokio::test]
async fn a_server_that_starts_meanwhile_is_seen() {
    let place = Place::folder();
    place.open().await.close().await;
    let log = read(&place).await;
    assert!(log.read_all(Position::START, 10).await.unwrap().is_empty());
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 2)).await;
    assert_eq!(log.read_all(Position::START, 10).await.unwrap().len(), 2);
    append(&*stores.log, events(&stream("1"), 3, 2)).await;
    stores.close().await;
    drop(stores);
    assert_eq!(log.read_all(Position::START, 10).await.unwrap().len(), 4);
}

#[tokio::test]
async fn postgres_refuses_to_write_for_it() {
    let place = Place::postgres().await;
    place.open().await.close().await;
    let Location::Postgres(address) = place.location() else { panic!("no database") };
    let views = open_views_read_only(&place.location()).await.unwrap().unwrap();
    let event_store::sql::Db::Postgres(pool) = &views else { panic!("no database") };
    let refused = pool.execute("CREATE TABLE mine (a int)").await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
    let log = read(&place).await;
    log.head().await.unwrap();
    // The sessions that the log opened are told apart by their setting.
    let mut other = sqlx::PgConnection::connect_with(&address).await.unwrap();
    let (writing,): (i64,) = sqlx::query_as(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE datname = current_database() AND mode IN ('RowExclusiveLock', 'AccessExclusiveLock')",
    )
    .fetch_one(&mut other)
    .await
    .unwrap();
    assert_eq!(writing, 0);
    views.close().await;
    log.close().await;
}

#[tokio::test]
async fn what_is_no_log_is_told_in_a_line_and_left_alone() {
    let folder = Folder::new();
    let location = Location::Folder(folder.path().to_owned());
    let refused = async || {
        let error = ReadOnlyLog::open(&location).await.unwrap_err();
        let told = error.to_string();
        assert!(!told.contains('\n'), "{told}");
        error
    };
    assert!(matches!(refused().await, OpenError::Missing(_)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking made a file");
    std::fs::write(folder.path().join("log.db"), "no database at all, but some text in a file\n".repeat(50))
        .unwrap();
    assert!(matches!(refused().await, OpenError::Foreign(_)));
    std::fs::write(folder.path().join("log.db"), "").unwrap();
    assert!(matches!(refused().await, OpenError::Foreign(_)));
    std::fs::remove_file(folder.path().join("log.db")).unwrap();
    let place = Place::folder();
    place.open().await.close().await;
    place
        .run(
            "log",
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (7, 'schema', true, '', 0)",
        )
        .await
        .unwrap();
    let newer = ReadOnlyLog::open(&place.location()).await.unwrap_err();
    assert!(matches!(newer, OpenError::Newer { found: 7, .. }), "{newer}");
    let empty = Database::create().await;
    let foreign = ReadOnlyLog::open(&Location::postgres(&empty.url()).unwrap()).await.unwrap_err();
    assert!(matches!(foreign, OpenError::Foreign(_)), "{foreign}");
}

//! PostgreSQL that ends connections, and servers whose defaults are not ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event_store::{AppendError, Batch, EventStore, Stores};
use sqlx::{Connection, Executor, PgConnection};

use crate::concurrent::append_many;
use crate::make::{PATIENCE, answer_key, answered, append, checked, commit, events, stream};
use testing::{Database, Place};

const OTHERS: &str = "SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn new_database() -> (Place, Stores) {
    let place = Place::postgres().await;
    let stores = place.open().await;
    (place, stores)
}

fn database(place: &Place) -> &Database {
    match place {
        Place::Postgres(database) => database,
        Place::Folder(_) => panic!("a PostgreSQL database is meant"),
    }
}

async fn end_all_connections(connection: &mut PgConnection) {
    let statement = format!("SELECT pg_terminate_backend(pid) FROM ({OTHERS}) others");
    connection.execute(statement.as_str()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_killed_while_appending_leaves_one_copy_after_a_retry() {
    let (place, stores) = new_database().await;
    append(&*stores.log, events(&stream("1"), 1, 1)).await;
    let batch = Batch::seal(
        stores.log.head().await.unwrap(),
        [answered(commit(events(&stream("1"), 2, 3)), "k", b"answer")],
    );
    // Whoever holds the head's row keeps the append in the middle of its statement.
    let mut holder = database(&place).connect("log").await;
    let mut hold = holder.begin().await.unwrap();
    hold.execute("SELECT 1 FROM head FOR UPDATE").await.unwrap();
    let appending = {
        let (log, batch) = (Arc::clone(&stores.log), batch.clone());
        tokio::spawn(async move { log.append(&batch).await })
    };
    let mut killer = database(&place).connect("log").await;
    let waiting = format!("{OTHERS} AND wait_event_type = 'Lock'");
    let victim: i32 = tokio::time::timeout(PATIENCE, async {
        loop {
            if let Some((pid,)) = sqlx::query_as(&waiting).fetch_optional(&mut killer).await.unwrap() {
                return pid;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    sqlx::query("SELECT pg_terminate_backend($1)").bind(victim).execute(&mut killer).await.unwrap();
    let error = appending.await.unwrap().unwrap_err();
    assert!(matches!(error, AppendError::Unknown(_) | AppendError::Unavailable(_)), "{error:?}");
    hold.rollback().await.unwrap();

    assert_eq!(checked(&*stores.log).await.len(), 1);
    stores.log.append(&batch).await.unwrap();
    assert!(matches!(stores.log.append(&batch).await, Err(AppendError::HeadMoved)));
    assert_eq!(checked(&*stores.log).await[1..], batch.events()[..]);
    assert_eq!(stores.log.answers(&[answer_key("k")]).await.unwrap(), batch.answers());
}

/// Connections end at any moment, also right after the commit and before its answer has arrived.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_written_once_while_connections_keep_ending() {
    const BATCHES: u64 = 150;
    let (place, stores) = new_database().await;
    let mut killer = database(&place).connect("log").await;
    let done = Arc::new(AtomicBool::new(false));
    // Its last statement must have ended before anybody opens the database again.
    let killing = tokio::spawn({
        let done = Arc::clone(&done);
        async move {
            while !done.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(15)).await;
                end_all_connections(&mut killer).await;
            }
        }
    });
    let mut broken = 0;
    for number in 0..BATCHES {
        let head = tokio::time::timeout(PATIENCE, patient_head(&*stores.log)).await.unwrap();
        let batch = Batch::seal(head, [commit(events(&stream("1"), number * 3 + 1, 3))]);
        loop {
            match stores.log.append(&batch).await {
                Ok(()) => break,
                Err(AppendError::Unknown(_) | AppendError::Unavailable(_)) => broken += 1,
                Err(AppendError::HeadMoved) => {
                    assert_eq!(patient_head(&*stores.log).await, batch.head(), "nobody else writes");
                    break;
                }
                Err(error @ (AppendError::StreamConflict | AppendError::KeyTaken)) => panic!("{error}"),
            }
        }
    }
    done.store(true, Ordering::Relaxed);
    killing.await.unwrap();
    assert!(broken > 0, "no append met a broken connection");
    patient_head(&*stores.log).await;
    let stores = place.open().await;
    assert_eq!(checked(&*stores.log).await.len(), usize::try_from(BATCHES * 3).unwrap());
}

async fn patient_head(log: &dyn EventStore) -> event_store::Head {
    loop {
        if let Ok(head) = log.head().await {
            return head;
        }
    }
}

/// After a restart of the database all old connections are dead. Nobody who comes later may notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_idle_connections_are_replaced_unnoticed() {
    let (place, stores) = new_database().await;
    append(&*stores.log, events(&stream("1"), 1, 1)).await;
    stores.vault.house_key("phones", &[1; 32]).await.unwrap();
    let mut killer = database(&place).connect("log").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    end_all_connections(&mut killer).await;
    append(&*stores.log, events(&stream("1"), 2, 1)).await;
    assert_eq!(checked(&*stores.log).await.len(), 2);
    assert_eq!(stores.vault.house_key("phones", &[2; 32]).await.unwrap(), [1; 32]);
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap(), None);
}

/// Whatever the database's default, a lost race is told as a lost race.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_default_isolation_gives_lost_races() {
    for isolation in ["repeatable read", "serializable"] {
        let place = Place::postgres().await;
        let statement = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''{isolation}''', current_database()); END $$"
        );
        place.run("public", &statement).await.unwrap();
        let stores = place.open().await;
        let mut appenders = tokio::task::JoinSet::new();
        for number in 0..4 {
            let log = Arc::clone(&stores.log);
            appenders.spawn(async move { append_many(&*log, number, 20).await });
        }
        appenders.join_all().await;
        assert_eq!(checked(&*stores.log).await.len(), 160);
    }
}

/// What is appended is durable even where the database's default is to lose the last commits in a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_are_durable_whatever_the_default() {
    let place = Place::postgres().await;
    place
        .run("public", "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
        .await
        .unwrap();
    let stores = place.open().await;
    place
        .run(
            "log",
            "CREATE TABLE seen (synchronous_commit text);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO log.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
            CREATE TRIGGER note AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION note();",
        )
        .await
        .unwrap();
    append(&*stores.log, events(&stream("1"), 1, 1)).await;
    let mut reader = database(&place).connect("log").await;
    let seen: Vec<(String,)> = sqlx::query_as("SELECT * FROM seen").fetch_all(&mut reader).await.unwrap();
    assert_eq!(seen, [("on".to_owned(),)]);
}

/// Two servers of their own pools on one database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_append_to_one_log() {
    let (place, first) = new_database().await;
    let (second, third) = (place.open().await, place.open().await);
    let mut appenders = tokio::task::JoinSet::new();
    for (number, stores) in (0..).zip([&first, &second, &third, &first, &second, &third]) {
        let log = Arc::clone(&stores.log);
        appenders.spawn(async move { append_many(&*log, number, 25).await });
    }
    appenders.join_all().await;
    let read = checked(&*first.log).await;
    assert_eq!(read.len(), 300);
    assert_eq!(checked(&*second.log).await, read);
}

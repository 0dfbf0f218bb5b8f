//! A log on PostgreSQL as the program of the first schema wrote it.

use event_store::{AppendError, Batch, OpenError, ReadOnlyLog};
use sqlx::{Executor, PgConnection};

use crate::make::{answer_key, append, batch, checked, events, first_schema, old_batch, stream};
use testing::Place;

const EVENT: &str =
    "INSERT INTO events VALUES ($1, $2, $3, $4, $5, $6::text::json, $7::text::json, $8, $9, $10, $11)";
const ANSWER: &str = "INSERT INTO answers VALUES ($1, $2, $3, $4, $5, $6)";
const ORDER: &str = "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'log.events_stream'::regclass AND attcollation IN (0, 'pg_catalog.\"C\"'::regcollation)";

/// Two streams and two answers.
async fn write_old(connection: &mut PgConnection) -> Batch {
    let schema = include_str!("../../migrations/postgres/log/0001_log.sql");
    first_schema(schema).run_direct(connection).await.unwrap();
    let batch = old_batch();
    for event in batch.events().iter() {
        sqlx::query(EVENT)
            .bind(event.stream.aggregate_type.as_ref())
            .bind(event.stream.aggregate_id.as_ref())
            .bind(event.sequence.cast_signed())
            .bind(event.event_type.as_ref())
            .bind(event.event_version.as_ref())
            .bind(event.payload.as_ref())
            .bind(event.metadata.as_ref())
            .bind(event.position.number().cast_signed())
            .bind(event.commit_id)
            .bind(event.recorded_at.micros())
            .bind(event.hash.as_bytes().as_slice())
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    for answer in batch.answers() {
        sqlx::query(ANSWER)
            .bind(answer.key.account.cast_signed())
            .bind(answer.key.key.as_ref())
            .bind(answer.request_hash.as_slice())
            .bind(answer.body.as_ref())
            .bind(answer.commit_id)
            .bind(answer.recorded_at.micros())
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    let head = batch.head();
    sqlx::query("UPDATE head SET position = $1, hash = $2")
        .bind(head.position.number().cast_signed())
        .bind(head.hash.as_bytes().as_slice())
        .execute(connection)
        .await
        .unwrap();
    batch
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_of_the_first_schema_is_brought_up_to_date() {
    let place = Place::postgres().await;
    let Place::Postgres(database) = &place else { unreachable!("it was made so") };
    let mut connection = database.connect("log").await;
    connection.execute("CREATE SCHEMA log").await.unwrap();
    let written = write_old(&mut connection).await;
    // Whoever only reads must not bring it up to date, and says so.
    let told = ReadOnlyLog::open(&place.location()).await.unwrap_err();
    assert!(matches!(told, OpenError::Older { found: 1, .. }), "{told:?}");

    let stores = place.open().await;
    assert_eq!(checked(&*stores.log).await, written.events().to_vec());
    let mut answers = stores.log.answers(&["z", "y", "x"].map(answer_key)).await.unwrap();
    answers.sort_unstable_by_key(|answer| std::cmp::Reverse(answer.key.key.clone()));
    assert_eq!(answers, written.answers());
    assert_eq!(stores.log.read_stream(&stream("b"), 1, 10).await.unwrap().len(), 2);
    append(&*stores.log, events(&stream("b"), 4, 1)).await;
    let refused = stores.log.append(&batch(&*stores.log, events(&stream("a"), 1, 1)).await).await;
    assert!(matches!(refused, Err(AppendError::StreamConflict)), "{refused:?}");
    stores.close().await;

    let (order,): (String,) = sqlx::query_as(ORDER).fetch_one(&mut connection).await.unwrap();
    assert_eq!(order, "aggregate_id aggregate_type sequence");
    let log = ReadOnlyLog::open(&place.location()).await.unwrap();
    assert_eq!(log.flaw().await.unwrap(), None);
}

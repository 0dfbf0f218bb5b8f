//! Past the stores, by SQL: what is written can be neither changed nor removed.

use event_store::{Batch, Head};

use crate::make::{answer_key, answered, checked, commit, events, stream};
use testing::{Place, on_both};

const FOR_BOTH: &[&str] = &[
    "UPDATE events SET payload = '{}'",
    "UPDATE events SET hash = hash WHERE position = 2",
    "DELETE FROM events",
    "DELETE FROM events WHERE position = 3",
    "UPDATE answers SET recorded_at = 0",
    "DELETE FROM answers",
    "DELETE FROM head",
    "INSERT INTO events SELECT * FROM events WHERE position = 1
        ON CONFLICT (position) DO UPDATE SET recorded_at = 0",
];
const FOR_SQLITE: &[&str] = &[
    "INSERT INTO answers SELECT * FROM answers WHERE true ON CONFLICT (number) DO UPDATE SET recorded_at = 0",
    "UPDATE stream_index SET position = 1",
    "DELETE FROM stream_index",
    "UPDATE answer_index SET number = 1",
    "DELETE FROM answer_index",
    "UPDATE OR REPLACE events SET position = 1 WHERE position = 2",
    "REPLACE INTO events SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, '{}', metadata,
        position, commit_id, recorded_at, hash FROM events WHERE position = 2",
    "REPLACE INTO events SELECT aggregate_type, 'other', sequence, event_type, event_version, '{}', metadata,
        position, commit_id, recorded_at, hash FROM events WHERE position = 2",
    "REPLACE INTO answers SELECT number, account_id, key, request_hash, x'00', commit_id, recorded_at FROM answers",
];
const FOR_POSTGRES: &[&str] = &[
    "INSERT INTO answers SELECT * FROM answers WHERE true
        ON CONFLICT (account_id, key) DO UPDATE SET recorded_at = 0",
    "TRUNCATE events",
    "TRUNCATE answers",
    "TRUNCATE head",
    "TRUNCATE events, answers, head CASCADE",
    "WITH gone AS (DELETE FROM events RETURNING 1) SELECT count(*) FROM gone",
    "MERGE INTO events USING head ON events.position = head.position WHEN MATCHED THEN DELETE",
];

on_both!(what_is_written_stays);

async fn what_is_written_stays(place: &Place) {
    let stores = place.open().await;
    let batch = Batch::seal(Head::EMPTY, [answered(commit(events(&stream("1"), 1, 4)), "k", b"body")]);
    stores.log.append(&batch).await.unwrap();
    // Closing completes the indexes.
    stores.close().await;
    drop(stores);
    let stores = place.open().await;
    let more = if place.is_postgres() { FOR_POSTGRES } else { FOR_SQLITE };
    for statement in FOR_BOTH.iter().chain(more) {
        let refusal = place.run("log", statement).await.expect_err(statement).to_string();
        assert!(
            refusal.contains("immutable") || refusal.contains("append-only") || refusal.contains("removed"),
            "{statement}: {refusal}"
        );
    }
    assert_eq!(checked(&*stores.log).await, batch.events().to_vec());
    assert_eq!(stores.log.answers(&[answer_key("k")]).await.unwrap(), batch.answers());
}

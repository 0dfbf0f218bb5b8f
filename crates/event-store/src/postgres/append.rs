//! Writing one batch as one statement: one round trip, one transaction.

use sqlx::postgres::PgDatabaseError;

use crate::batch::Batch;
use crate::error::AppendError;
use crate::postgres::kept::Kept;
use crate::postgres::rows::{AnswerRow, EventRow};

/// The head moves first; nothing else happens unless it did. Rows come as arrays, so the statement is always the same.
const APPEND: &str = "WITH moved AS (
    UPDATE head SET position = $1, hash = $2
    WHERE id = 1 AND position = $3 AND hash = $4 AND epoch = $5 RETURNING 1
), events_written AS (
    INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
        position, commit_id, recorded_at, hash)
    SELECT written.* FROM moved, UNNEST($6::events[]) AS written
), answers_written AS (
    INSERT INTO answers (account_id, key, request_hash, body, commit_id, recorded_at)
    SELECT written.* FROM moved, UNNEST($7::answers[]) AS written
)
SELECT count(*) FROM moved";

/// Writes `batch` durably or not at all.
pub(super) async fn append(connections: &Kept, batch: &Batch) -> Result<(), AppendError> {
    let mut connection = connections.take().await.map_err(|error| AppendError::Unavailable(error.into()))?;
    let (expected, head) = (batch.expected(), batch.head());
    let moved: Result<(i64,), sqlx::Error> = sqlx::query_as(APPEND)
        .bind(head.position.to_sql())
        .bind(head.hash.as_bytes().as_slice())
        .bind(expected.position.to_sql())
        .bind(expected.hash.as_bytes().as_slice())
        .bind(expected.epoch.cast_signed())
        .bind(batch.events().iter().map(EventRow).collect::<Vec<_>>())
        .bind(batch.answers().iter().map(AnswerRow).collect::<Vec<_>>())
        .fetch_one(&mut *connection)
        .await;
    match moved {
        Ok((moved,)) => {
            connections.keep(connection);
            if moved == 1 { Ok(()) } else { Err(AppendError::HeadMoved) }
        }
        Err(error) => Err(classify(error)),
    }
}

/// What a failed statement says about what was written.
fn classify(error: sqlx::Error) -> AppendError {
    let Some(refusal) = error.as_database_error() else {
        return AppendError::Unknown(error.into());
    };
    match refusal.constraint() {
        Some("events_stream" | "events_position") => return AppendError::StreamConflict,
        Some("answers_key") => return AppendError::KeyTaken,
        _ => {}
    }
    let state = refusal.try_downcast_ref::<PgDatabaseError>().map_or("", PgDatabaseError::code);
    // Where the database's default is a stricter isolation, a lost race is told by this state.
    if state == "40001" {
        return AppendError::HeadMoved;
    }
    // A connection or server that ends (08, 57), an I/O or internal error (58, XX) can strike after the commit record.
    match state.get(..2) {
        Some("08" | "57" | "58" | "XX") | None => AppendError::Unknown(error.into()),
        Some(_) => AppendError::Unavailable(error.into()),
    }
}

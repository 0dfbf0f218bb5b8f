//! The log's trait on SQLite.

use std::borrow::Cow;

use async_trait::async_trait;
use kernel::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::SqliteLog;
use crate::batch::{Answer, AnswerKey, Batch};
use crate::error::{AppendError, StoreError};
use crate::event::{RecordedEvent, StreamId};
use crate::hash::Hash;
use crate::position::{Head, Position, saturated};
use crate::sql::close_pool;
use crate::store::EventStore;

const HEAD: &str = "SELECT position, hash, epoch FROM head WHERE id = 1";
/// Positions from the index and those the index may lack; what is found there is the stream's or not.
const STREAM: &str =
    "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
    position, commit_id, recorded_at, hash FROM events
    WHERE position IN (
        SELECT position FROM (SELECT position FROM stream_index
            WHERE aggregate_type = ?1 AND aggregate_id = ?2 AND sequence > ?3 ORDER BY sequence LIMIT ?4)
        UNION SELECT value FROM json_each(?5))
    AND aggregate_type = ?1 AND aggregate_id = ?2 ORDER BY sequence LIMIT ?4";
const ANSWER: &str = "SELECT request_hash, body, commit_id, recorded_at FROM answers
    WHERE number IN (SELECT number FROM answer_index WHERE fingerprint = ?3 UNION SELECT value FROM json_each(?4))
    AND account_id = ?1 AND key = ?2";

#[async_trait]
impl EventStore for SqliteLog {
    async fn head(&self) -> Result<Head, StoreError> {
        self.standing.check()?;
        read_head(&sqlx::query(HEAD).fetch_one(&self.read).await?)
    }

    async fn append(&self, batch: &Batch) -> Result<(), AppendError> {
        self.writer.append(batch).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        // Before the rows: what leaves the tail is in the index already.
        let newest = format!("{:?}", self.tail.positions(stream, after, limit));
        let rows = sqlx::query(STREAM)
            .bind(stream.aggregate_type.as_ref())
            .bind(stream.aggregate_id.as_ref())
            .bind(saturated(after))
            .bind(limit)
            .bind(newest)
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(read_event).collect()
    }

    async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.reader.read_all(after, limit).await
    }

    async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError> {
        let mut answers = Vec::new();
        for key in keys {
            let fingerprint = self.tail.fingerprints().answer(key);
            // Before the rows: what leaves the tail is in the index already.
            let newest = format!("{:?}", self.tail.numbers(fingerprint));
            let row = sqlx::query(ANSWER)
                .bind(key.account.cast_signed())
                .bind(key.key.as_ref())
                .bind(fingerprint)
                .bind(newest)
                .fetch_optional(&self.read)
                .await?;
            if let Some(row) = row {
                answers.push(read_answer(key, &row)?);
            }
        }
        Ok(answers)
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn close(&self) {
        close_pool(&self.read).await;
        self.reader.close().await;
        self.writer.stop().await;
    }
}

fn read_head(row: &SqliteRow) -> Result<Head, StoreError> {
    Ok(Head {
        position: Position::from_sql(row.try_get(0)?),
        hash: read_hash(row, 1)?,
        epoch: row.try_get::<i64, _>(2)?.cast_unsigned(),
    })
}

fn read_event(row: &SqliteRow) -> Result<RecordedEvent, StoreError> {
    Ok(RecordedEvent {
        stream: StreamId::new(row.try_get::<String, _>(0)?, row.try_get::<&str, _>(1)?),
        sequence: row.try_get::<i64, _>(2)?.cast_unsigned(),
        event_type: Cow::Owned(row.try_get(3)?),
        event_version: Cow::Owned(row.try_get(4)?),
        payload: row.try_get::<&str, _>(5)?.into(),
        metadata: row.try_get::<&str, _>(6)?.into(),
        position: Position::from_sql(row.try_get(7)?),
        commit_id: read_uuid(row, 8)?,
        recorded_at: Timestamp::from_micros(row.try_get(9)?),
        hash: read_hash(row, 10)?,
    })
}

fn read_answer(key: &AnswerKey, row: &SqliteRow) -> Result<Answer, StoreError> {
    let request_hash = row.try_get::<&[u8], _>(0)?;
    Ok(Answer {
        key: key.clone(),
        request_hash: request_hash
            .try_into()
            .map_err(|_| StoreError::Damaged("a request hash".to_owned()))?,
        body: row.try_get::<&[u8], _>(1)?.into(),
        commit_id: read_uuid(row, 2)?,
        recorded_at: Timestamp::from_micros(row.try_get(3)?),
    })
}

fn read_hash(row: &SqliteRow, column: usize) -> Result<Hash, StoreError> {
    Hash::from_slice(row.try_get(column)?).ok_or_else(|| StoreError::Damaged("a hash".to_owned()))
}

fn read_uuid(row: &SqliteRow, column: usize) -> Result<Uuid, StoreError> {
    Uuid::from_slice(row.try_get(column)?).map_err(|_| StoreError::Damaged("a commit id".to_owned()))
}

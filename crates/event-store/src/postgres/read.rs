//! The log's trait on PostgreSQL.

use async_trait::async_trait;
use kernel::Timestamp;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{Column as _, Decode, Row as _, Type};

use super::PostgresLog;
use super::append::append;
use crate::batch::{Answer, AnswerKey, Batch};
use crate::error::{AppendError, StoreError};
use crate::event::{EventRef, RecordedEvent, StreamId};
use crate::hash::Hash;
use crate::position::{Head, Position, saturated};
use crate::sql::close_pool;
use crate::store::{EventStore, in_time};

const HEAD: &str = "SELECT position, hash, epoch FROM head WHERE id = 1";
const STREAM: &str =
    "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload::text,
    metadata::text, position, commit_id, recorded_at, hash FROM events
    WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence > $3 ORDER BY sequence LIMIT $4";
const ALL: &str = "SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload::text,
    metadata::text, position, commit_id, recorded_at, hash FROM events
    WHERE position > $1 ORDER BY position LIMIT $2";
const ANSWERS: &str = "SELECT account_id, key, request_hash, body, commit_id, recorded_at FROM answers
    JOIN UNNEST($1::bigint[], $2::text[]) AS wanted (account_id, key) USING (account_id, key)";

#[async_trait]
impl EventStore for PostgresLog {
    async fn head(&self) -> Result<Head, StoreError> {
        let row = in_time(async { Ok(sqlx::query(HEAD).fetch_optional(&self.read).await?) }).await?;
        let row = row.ok_or_else(|| StoreError::Damaged("the head is missing".to_owned()))?;
        let column = Column { row: &row, table: "head", key: 0 };
        Ok(Head {
            position: Position::from_sql(column.get(0)?),
            hash: column.hash(1)?,
            epoch: column.get::<i64>(2)?.cast_unsigned(),
        })
    }

    async fn append(&self, batch: &Batch) -> Result<(), AppendError> {
        append(&self.write, batch).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let query = sqlx::query(STREAM)
            .bind(stream.aggregate_type.as_ref())
            .bind(stream.aggregate_id.as_ref())
            .bind(saturated(after))
            .bind(i64::from(limit));
        let rows = in_time(async { Ok(query.fetch_all(&self.read).await?) }).await?;
        rows.iter().map(read_event).collect()
    }

    async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let query = sqlx::query(ALL).bind(after.to_sql()).bind(i64::from(limit));
        let rows = in_time(async { Ok(query.fetch_all(&self.read).await?) }).await?;
        rows.iter().map(read_event).collect()
    }

    async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError> {
        let query = sqlx::query(ANSWERS)
            .bind(keys.iter().map(|key| key.account.cast_signed()).collect::<Vec<_>>())
            .bind(keys.iter().map(|key| key.key.as_ref()).collect::<Vec<_>>());
        let rows = in_time(async { Ok(query.fetch_all(&self.read).await?) }).await?;
        rows.iter().map(read_answer).collect()
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn close(&self) {
        close_pool(&self.read).await;
        self.write.close().await;
    }
}

fn read_event(row: &PgRow) -> Result<RecordedEvent, StoreError> {
    show_event(row).map(|event| event.to_recorded())
}

pub(super) fn show_event(row: &PgRow) -> Result<EventRef<'_>, StoreError> {
    let column = Column { row, table: "events", key: 7 };
    Ok(EventRef {
        aggregate_type: column.get(0)?,
        aggregate_id: column.get(1)?,
        sequence: column.get::<i64>(2)?.cast_unsigned(),
        event_type: column.get(3)?,
        event_version: column.get(4)?,
        payload: column.get(5)?,
        metadata: column.get(6)?,
        position: Position::from_sql(column.get(7)?),
        commit_id: column.get(8)?,
        recorded_at: Timestamp::from_micros(column.get(9)?),
        hash: column.hash(10)?,
    })
}

pub(super) fn read_answer(row: &PgRow) -> Result<Answer, StoreError> {
    let column = Column { row, table: "answers", key: 0 };
    let request_hash = column.get::<&[u8]>(2)?;
    Ok(Answer {
        key: AnswerKey { account: column.get::<i64>(0)?.cast_unsigned(), key: column.get::<&str>(1)?.into() },
        request_hash: request_hash.try_into().map_err(|_| column.damaged(2))?,
        body: column.get::<&[u8]>(3)?.into(),
        commit_id: column.get(4)?,
        recorded_at: Timestamp::from_micros(column.get(5)?),
    })
}

/// Reads the columns of one row, and names the row when one does not read.
struct Column<'a> {
    row: &'a PgRow,
    table: &'static str,
    /// The column whose number tells rows apart.
    key: usize,
}

impl<'a> Column<'a> {
    fn get<T: Decode<'a, Postgres> + Type<Postgres>>(&self, index: usize) -> Result<T, StoreError> {
        self.row.try_get(index).map_err(|error| {
            let is_value = matches!(error, sqlx::Error::ColumnDecode { .. });
            if is_value { self.damaged(index) } else { error.into() }
        })
    }

    fn hash(&self, index: usize) -> Result<Hash, StoreError> {
        Hash::from_slice(self.get(index)?).ok_or_else(|| self.damaged(index))
    }

    fn damaged(&self, index: usize) -> StoreError {
        let name = self.row.columns().get(index).map_or("a column", |column| column.name());
        let key = self.row.try_get::<i64, _>(self.key).map_or_else(|_| "?".to_owned(), |key| key.to_string());
        StoreError::Damaged(format!("{name} of row {key} in {}", self.table))
    }
}

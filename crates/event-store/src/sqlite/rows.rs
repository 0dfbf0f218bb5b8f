//! Rows of `log.db` as values; one that does not read is named.

use std::fmt;

use kernel::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};
use uuid::Uuid;

use crate::batch::{Answer, AnswerKey};
use crate::error::StoreError;
use crate::event::{EventRef, RecordedEvent};
use crate::hash::Hash;
use crate::position::{Head, Position};

pub(super) fn collect<T>(
    mut rows: rusqlite::Rows<'_>,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

pub(super) fn read_head(row: &Row<'_>) -> Result<Head, StoreError> {
    let column = Column { value: |index| row.get_ref(index), table: "head", key: 1 };
    Ok(Head {
        position: Position::from_sql(column.get(0, "position")?),
        hash: column.hash(1)?,
        epoch: column.get::<i64>(2, "epoch")?.cast_unsigned(),
    })
}

pub(super) fn read_event(row: &Row<'_>) -> Result<RecordedEvent, StoreError> {
    show_event(|index| row.get_ref(index)).map(|event| event.to_recorded())
}

/// The event whose columns, in the order of the fields, have these values.
pub(super) fn show_event<'v>(value: impl Value<'v>) -> Result<EventRef<'v>, StoreError> {
    let position = i64::column_result(value(0)?).map_err(rusqlite::Error::from)?;
    let column = Column { value, table: "events", key: position };
    Ok(EventRef {
        position: Position::from_sql(position),
        aggregate_type: column.text(1, "aggregate_type")?,
        aggregate_id: column.text(2, "aggregate_id")?,
        sequence: column.get::<i64>(3, "sequence")?.cast_unsigned(),
        event_type: column.text(4, "event_type")?,
        event_version: column.text(5, "event_version")?,
        payload: column.text(6, "payload")?,
        metadata: column.text(7, "metadata")?,
        commit_id: column.uuid(8)?,
        recorded_at: Timestamp::from_micros(column.get(9, "recorded_at")?),
        hash: column.hash(10)?,
    })
}

pub(super) fn read_answer(row: &Row<'_>) -> Result<Answer, StoreError> {
    let account: i64 = row.get(0)?;
    let key = format_args!("of account {account}");
    let column = Column { value: |index| row.get_ref(index), table: "answers", key };
    let request_hash: Vec<u8> = column.get(2, "request_hash")?;
    Ok(Answer {
        key: AnswerKey { account: account.cast_unsigned(), key: column.get(1, "key")? },
        request_hash: request_hash.try_into().map_err(|_| column.damaged("request_hash"))?,
        body: column.get::<Vec<u8>>(3, "body")?.into(),
        commit_id: column.uuid(4)?,
        recorded_at: Timestamp::from_micros(column.get(5, "recorded_at")?),
    })
}

/// The values of one row, by the places of their columns.
pub(super) trait Value<'v>: Fn(usize) -> Result<ValueRef<'v>, rusqlite::Error> {}

impl<'v, F: Fn(usize) -> Result<ValueRef<'v>, rusqlite::Error>> Value<'v> for F {}

/// Reads the columns of one row, and names the row when one does not read.
struct Column<V, K> {
    value: V,
    table: &'static str,
    key: K,
}

impl<'v, V: Value<'v>, K: fmt::Display> Column<V, K> {
    fn get<T: FromSql>(&self, index: usize, name: &'static str) -> Result<T, StoreError> {
        T::column_result((self.value)(index)?).map_err(|_| self.damaged(name))
    }

    fn text(&self, index: usize, name: &'static str) -> Result<&'v str, StoreError> {
        (self.value)(index)?.as_str().map_err(|_| self.damaged(name))
    }

    fn blob(&self, index: usize, name: &'static str) -> Result<&'v [u8], StoreError> {
        (self.value)(index)?.as_blob().map_err(|_| self.damaged(name))
    }

    fn hash(&self, index: usize) -> Result<Hash, StoreError> {
        Hash::from_slice(self.blob(index, "hash")?).ok_or_else(|| self.damaged("hash"))
    }

    fn uuid(&self, index: usize) -> Result<Uuid, StoreError> {
        Uuid::from_slice(self.blob(index, "commit_id")?).map_err(|_| self.damaged("commit_id"))
    }

    fn damaged(&self, name: &'static str) -> StoreError {
        StoreError::Damaged(format!("{name} of row {} in {}", self.key, self.table))
    }
}

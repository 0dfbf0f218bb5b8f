//! Rows of `log.db` as values; one that does not read is named.

use std::fmt;

use kernel::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;
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
    let column = Column { row, table: "head", key: 1 };
    Ok(Head {
        position: Position::from_sql(column.get(0, "position")?),
        hash: column.hash(1)?,
        epoch: column.get::<i64>(2, "epoch")?.cast_unsigned(),
    })
}

pub(super) fn read_event(row: &Row<'_>) -> Result<RecordedEvent, StoreError> {
    show_event(row).map(|event| event.to_recorded())
}

pub(super) fn show_event<'a>(row: &'a Row<'_>) -> Result<EventRef<'a>, StoreError> {
    let position: i64 = row.get(0)?;
    let column = Column { row, table: "events", key: position };
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
    let column = Column { row, table: "answers", key: format_args!("of account {account}") };
    let request_hash: Vec<u8> = column.get(2, "request_hash")?;
    Ok(Answer {
        key: AnswerKey { account: account.cast_unsigned(), key: column.get(1, "key")? },
        request_hash: request_hash.try_into().map_err(|_| column.damaged("request_hash"))?,
        body: column.get::<Vec<u8>>(3, "body")?.into(),
        commit_id: column.uuid(4)?,
        recorded_at: Timestamp::from_micros(column.get(5, "recorded_at")?),
    })
}

/// Reads the columns of one row, and names the row when one does not read.
struct Column<'r, 's, K> {
    row: &'r Row<'s>,
    table: &'static str,
    key: K,
}

impl<'r, K: fmt::Display> Column<'r, '_, K> {
    fn get<T: FromSql>(&self, index: usize, name: &'static str) -> Result<T, StoreError> {
        self.row.get(index).map_err(|_| self.damaged(name))
    }

    fn text(&self, index: usize, name: &'static str) -> Result<&'r str, StoreError> {
        let text = self.row.get_ref(index)?.as_str();
        text.map_err(|_| self.damaged(name))
    }

    fn blob(&self, index: usize, name: &'static str) -> Result<&'r [u8], StoreError> {
        let blob = self.row.get_ref(index)?.as_blob();
        blob.map_err(|_| self.damaged(name))
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

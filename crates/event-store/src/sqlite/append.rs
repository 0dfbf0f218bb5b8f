//! Writing one batch in one SQLite transaction.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, ErrorCode, Statement, Transaction, TransactionBehavior, ffi, params};

use super::index::{Index, Named, entries};
use super::tail::StreamKey;
use crate::batch::{Answer, Batch};
use crate::error::AppendError;
use crate::event::RecordedEvent;

const MOVE_HEAD: &str = "UPDATE head SET position = ?1, hash = ?2
    WHERE id = 1 AND position = ?3 AND hash = ?4 AND epoch = ?5";
// A conflict that fails, and does not abort, spares a copy of every page: the transaction is given up anyway.
const INSERT_EVENT: &str =
    "INSERT OR FAIL INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
    payload, metadata, position, commit_id, recorded_at, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const INSERT_ANSWER: &str =
    "INSERT OR FAIL INTO answers (account_id, key, request_hash, body, commit_id, recorded_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// Writes `batch` durably or not at all, and with it a slice of what the indexes lack.
pub(super) fn append(
    connection: &mut Connection,
    index: &mut Index,
    batch: &Batch,
) -> Result<(), AppendError> {
    index.refresh(connection).map_err(nothing_written)?;
    let named = index.name(batch);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(nothing_written)?;
    move_head(&transaction, batch)?;
    check_sequences(&transaction, index, batch, &named)?;
    insert_events(&transaction, batch.events())?;
    let numbers = insert_answers(&transaction, index, batch, &named)?;
    let slice = index.write_slice(&transaction, entries(batch)).map_err(nothing_written)?;
    index.note(batch, &named, &numbers);
    match transaction.commit() {
        Ok(()) => {
            index.advance(&slice);
            Ok(())
        }
        // An I/O error while committing may leave a whole transaction in the write-ahead file.
        Err(error) => {
            index.become_stale();
            Err(match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => nothing_written(error),
                _ => AppendError::Unknown(error.into()),
            })
        }
    }
}

/// Makes sure that no stream holds one of the sequences already. One that no stream can hold is refused by the table.
fn check_sequences(
    transaction: &Transaction<'_>,
    index: &Index,
    batch: &Batch,
    named: &Named,
) -> Result<(), AppendError> {
    let mut reached: HashMap<&StreamKey, u64> = HashMap::new();
    for (event, stream) in batch.events().iter().zip(&named.streams) {
        let last = match reached.get(stream) {
            Some(last) => *last,
            None => index.last_sequence(transaction, &event.stream, stream).map_err(nothing_written)?,
        };
        if (1..=last).contains(&event.sequence) {
            return Err(AppendError::StreamConflict);
        }
        reached.insert(stream, last.max(event.sequence));
    }
    Ok(())
}

fn move_head(transaction: &Transaction<'_>, batch: &Batch) -> Result<(), AppendError> {
    let (expected, head) = (batch.expected(), batch.head());
    let moved = transaction
        .prepare_cached(MOVE_HEAD)
        .and_then(|mut statement| {
            statement.execute(params![
                head.position.to_sql(),
                head.hash.as_bytes().as_slice(),
                expected.position.to_sql(),
                expected.hash.as_bytes().as_slice(),
                expected.epoch.cast_signed(),
            ])
        })
        .map_err(nothing_written)?;
    if moved == 1 { Ok(()) } else { Err(AppendError::HeadMoved) }
}

fn insert_events(transaction: &Transaction<'_>, events: &[RecordedEvent]) -> Result<(), AppendError> {
    let mut statement = transaction.prepare_cached(INSERT_EVENT).map_err(nothing_written)?;
    for event in events {
        let inserted = statement.execute(params![
            event.stream.aggregate_type.as_ref(),
            event.stream.aggregate_id.as_ref(),
            event.sequence.cast_signed(),
            event.event_type.as_ref(),
            event.event_version.as_ref(),
            event.payload.as_ref(),
            event.metadata.as_ref(),
            event.position.to_sql(),
            event.commit_id.as_bytes().as_slice(),
            event.recorded_at.micros(),
            event.hash.as_bytes().as_slice(),
        ]);
        match inserted {
            Ok(_) => {}
            Err(error) if is_taken(&error) => return Err(AppendError::StreamConflict),
            Err(error) => return Err(nothing_written(error)),
        }
    }
    Ok(())
}

/// Writes the batch's answers, each under a key that has none yet; gives their numbers.
fn insert_answers(
    transaction: &Transaction<'_>,
    index: &Index,
    batch: &Batch,
    named: &Named,
) -> Result<Vec<i64>, AppendError> {
    let mut statement = transaction.prepare_cached(INSERT_ANSWER).map_err(nothing_written)?;
    let mut keys = HashSet::new();
    let mut numbers = Vec::with_capacity(batch.answers().len());
    for (answer, fingerprint) in batch.answers().iter().zip(&named.fingerprints) {
        let is_taken = index.holds_answer(transaction, &answer.key, *fingerprint).map_err(nothing_written)?;
        if is_taken || !keys.insert(&answer.key) {
            return Err(AppendError::KeyTaken);
        }
        insert_answer(&mut statement, answer)?;
        numbers.push(transaction.last_insert_rowid());
    }
    Ok(numbers)
}

fn insert_answer(statement: &mut Statement<'_>, answer: &Answer) -> Result<(), AppendError> {
    let inserted = statement.execute(params![
        answer.key.account.cast_signed(),
        answer.key.key.as_ref(),
        answer.request_hash.as_slice(),
        answer.body.as_ref(),
        answer.commit_id.as_bytes().as_slice(),
        answer.recorded_at.micros(),
    ]);
    inserted.map(|_| ()).map_err(nothing_written)
}

/// Whether a row stands there already. Other constraints tell of a caller's mistake, which no retry mends.
fn is_taken(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(
        code,
        Some(
            ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_TRIGGER
        )
    )
}

/// Before the commit every error rolls the transaction back when it is dropped.
fn nothing_written(error: rusqlite::Error) -> AppendError {
    AppendError::Unavailable(error.into())
}

//! Keeping the indexes of streams and answers a little way behind the log.
//!
//! Kept with each event, an index writes a page for nearly every event and answer: thousands of streams grow at as many
//! places. So entries gather in memory, neighbours beside each other ([`Tail`]), and when there are many, a slice of them joins the
//! indexes with each batch, in the batch's own transaction: neighbours then share a page. A row of `indexed` says up to
//! where the indexes are complete; what lies beyond is read again from the log when the file is opened.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::tail::{Slice, StreamKey, Tail};
use super::writer::checkpoint;
use crate::batch::{AnswerKey, Batch};
use crate::event::StreamId;

const INDEXED: &str = "SELECT position, answer FROM indexed WHERE id = 1";
const MOVE_INDEXED: &str = "UPDATE indexed SET position = ?1, answer = ?2 WHERE id = 1";
const EVENTS_AFTER: &str = "SELECT aggregate_type, aggregate_id, sequence, position FROM events
    WHERE position > ?1 ORDER BY position LIMIT ?2";
const ANSWERS_AFTER: &str =
    "SELECT account_id, key, number FROM answers WHERE number > ?1 ORDER BY number LIMIT ?2";
const INDEX_EVENT: &str = "INSERT INTO stream_index (aggregate_type, aggregate_id, sequence, position)
    VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
const INDEX_ANSWER: &str =
    "INSERT INTO answer_index (fingerprint, number) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const LAST_SEQUENCE: &str =
    "SELECT max(sequence) FROM stream_index WHERE aggregate_type = ?1 AND aggregate_id = ?2";
const NUMBERS: &str = "SELECT number FROM answer_index WHERE fingerprint = ?1";
const IS_KEY: &str =
    "SELECT EXISTS (SELECT 1 FROM answers WHERE number = ?1 AND account_id = ?2 AND key = ?3)";

/// So many entries gather before they join the indexes. More share a page then; an entry takes about 50 bytes.
const GATHERED_MAX: usize = 131_072;
/// Entries of a kind that are read at a time.
const CHUNK: usize = 32_768;
/// Entries that join the indexes with a batch, for each entry that the batch adds: those on their way are there before as
/// many have gathered again.
const SLICE_FACTOR: usize = 2;
/// Entries that join the indexes in a transaction of their own.
const SLICE_ALONE: usize = 4_096;

/// How far the indexes are complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    position: i64,
    answer: i64,
}

/// What the log holds beyond the indexes.
struct Missing {
    events: Vec<(StreamId, u64, i64)>,
    /// Fingerprints and numbers.
    answers: Vec<(i64, i64)>,
    /// How far they reach.
    reached: Reached,
}

impl Missing {
    const fn after(reached: Reached) -> Self {
        Self { events: Vec::new(), answers: Vec::new(), reached }
    }
}

/// A batch as the indexes know it: its events' streams and its answers' fingerprints, in order.
pub(super) struct Named {
    pub(super) streams: Vec<StreamKey>,
    pub(super) fingerprints: Vec<i64>,
}

/// The writer's side of the indexes.
#[derive(Debug)]
pub(super) struct Index {
    tail: Arc<Tail>,
    /// How far the gathered entries reach.
    gathered_to: Reached,
    /// How far the indexes are complete when all entries on their way are in them.
    merging_to: Reached,
    /// It is unknown what the last commit left behind.
    is_stale: bool,
}

impl Index {
    /// Reads what the indexes of the file lack and completes them.
    pub(super) fn open(connection: &mut Connection, tail: Arc<Tail>) -> Result<Self, rusqlite::Error> {
        let mut index =
            Self { tail, gathered_to: Reached::default(), merging_to: Reached::default(), is_stale: true };
        // Nobody reads yet: what a file lacks, all of it perhaps, need not be in memory at once.
        while index.is_stale {
            let mut missing = Missing::after(reached(connection)?);
            let may_be_more = index.read(connection, &mut missing)?;
            index.take(missing);
            index.merge(connection)?;
            index.is_stale = may_be_more;
        }
        Ok(index)
    }

    /// After a commit whose end is unknown: takes from the file what it holds, all at once, for readers come meanwhile.
    pub(super) fn refresh(&mut self, connection: &Connection) -> Result<(), rusqlite::Error> {
        if !self.is_stale {
            return Ok(());
        }
        let mut missing = Missing::after(reached(connection)?);
        while self.read(connection, &mut missing)? {}
        self.take(missing);
        Ok(())
    }

    fn take(&mut self, missing: Missing) {
        self.tail.replace(&missing.events, missing.answers);
        self.gathered_to = missing.reached;
        self.is_stale = false;
    }

    /// A batch as the indexes know it.
    pub(super) fn name(&self, batch: &Batch) -> Named {
        let fingerprints = self.tail.fingerprints();
        Named {
            streams: self.tail.streams(batch.events().iter().map(|event| &event.stream)),
            fingerprints: batch.answers().iter().map(|answer| fingerprints.answer(&answer.key)).collect(),
        }
    }

    /// The last sequence of a stream.
    pub(super) fn last_sequence(
        &self,
        connection: &Connection,
        stream: &StreamId,
        named: &StreamKey,
    ) -> Result<u64, rusqlite::Error> {
        if let Some(last) = self.tail.last_sequence(named) {
            return Ok(last);
        }
        let mut statement = connection.prepare_cached(LAST_SEQUENCE)?;
        let key = params![stream.aggregate_type.as_ref(), stream.aggregate_id.as_ref()];
        let last: Option<i64> = statement.query_row(key, |row| row.get(0))?;
        Ok(last.unwrap_or_default().cast_unsigned())
    }

    /// Whether the log holds an answer under that key.
    pub(super) fn holds_answer(
        &self,
        connection: &Connection,
        key: &AnswerKey,
        fingerprint: i64,
    ) -> Result<bool, rusqlite::Error> {
        let mut numbers = self.tail.numbers(fingerprint);
        let mut statement = connection.prepare_cached(NUMBERS)?;
        let mut rows = statement.query(params![fingerprint])?;
        while let Some(row) = rows.next()? {
            numbers.push(row.get(0)?);
        }
        for number in numbers {
            let mut statement = connection.prepare_cached(IS_KEY)?;
            let own = params![number, key.account.cast_signed(), key.key.as_ref()];
            if statement.query_row(own, |row| row.get(0))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds to the transaction the slice of entries that goes with a batch of so many; nothing has happened to the indexes until
    /// it is committed.
    pub(super) fn write_slice(
        &mut self,
        connection: &Connection,
        entries: usize,
    ) -> Result<Slice, rusqlite::Error> {
        let (gathered, merging) = self.tail.lengths();
        if merging == 0 && gathered >= GATHERED_MAX {
            self.begin_merging();
        }
        self.write(connection, entries.saturating_mul(SLICE_FACTOR))
    }

    /// Notes what a batch is about to make durable. `numbers` are those of its answers.
    pub(super) fn note(&mut self, batch: &Batch, named: &Named, numbers: &[i64]) {
        let events = batch.events().iter().zip(&named.streams);
        let answers = named.fingerprints.iter().copied().zip(numbers.iter().copied());
        self.tail.add(
            events.map(|(event, stream)| ((stream.clone(), event.sequence), event.position.to_sql())),
            answers,
        );
        if let Some(event) = batch.events().last() {
            self.gathered_to.position = event.position.to_sql();
        }
        if let Some(number) = numbers.last() {
            self.gathered_to.answer = *number;
        }
    }

    /// The transaction of a slice was committed.
    pub(super) fn advance(&self, slice: &Slice) {
        self.tail.forget(slice);
    }

    /// It is unknown whether the last transaction was committed.
    pub(super) const fn become_stale(&mut self) {
        self.is_stale = true;
    }

    /// Whether the indexes lack nothing.
    pub(super) fn is_complete(&self) -> bool {
        self.tail.lengths() == (0, 0)
    }

    /// Brings the indexes up to the end of the log.
    pub(super) fn complete(&mut self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        self.refresh(connection)?;
        self.merge(connection)
    }

    fn merge(&mut self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        while !self.is_complete() {
            self.merge_some(connection)?;
            checkpoint(connection);
        }
        Ok(())
    }

    /// Brings the indexes a step further in a transaction of its own: few enough entries that whoever comes meanwhile
    /// does not wait long.
    pub(super) fn merge_some(&mut self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        let (_, merging) = self.tail.lengths();
        if merging == 0 {
            self.begin_merging();
        }
        let transaction = connection.transaction()?;
        let slice = self.write(&transaction, SLICE_ALONE)?;
        if let Err(error) = transaction.commit() {
            self.become_stale();
            return Err(error);
        }
        self.advance(&slice);
        Ok(())
    }

    fn begin_merging(&mut self) {
        self.tail.begin_merging();
        self.merging_to = self.gathered_to;
    }

    fn write(&self, connection: &Connection, most: usize) -> Result<Slice, rusqlite::Error> {
        let Some(slice) = self.tail.next(most) else { return Ok(Slice::default()) };
        let mut statement = connection.prepare_cached(INDEX_EVENT)?;
        for (aggregate_type, aggregate_id, sequence, position) in slice.events() {
            statement.execute(params![aggregate_type, aggregate_id, sequence.cast_signed(), position])?;
        }
        let mut statement = connection.prepare_cached(INDEX_ANSWER)?;
        for (fingerprint, number) in &slice.answers {
            statement.execute(params![fingerprint, number])?;
        }
        if slice.is_last {
            let to = self.merging_to;
            connection.prepare_cached(MOVE_INDEXED)?.execute(params![to.position, to.answer])?;
        }
        Ok(slice)
    }

    /// Adds what the log holds beyond `missing`, up to a chunk of each kind; says whether there may be more.
    fn read(&self, connection: &Connection, missing: &mut Missing) -> Result<bool, rusqlite::Error> {
        let fingerprints = self.tail.fingerprints();
        let (events, answers) = (missing.events.len(), missing.answers.len());
        let mut statement = connection.prepare_cached(EVENTS_AFTER)?;
        let mut rows = statement.query(params![missing.reached.position, CHUNK])?;
        while let Some(row) = rows.next()? {
            let stream = StreamId::new(row.get::<_, String>(0)?, row.get::<_, Arc<str>>(1)?);
            let position = row.get(3)?;
            missing.events.push((stream, row.get::<_, i64>(2)?.cast_unsigned(), position));
            missing.reached.position = position;
        }
        let mut statement = connection.prepare_cached(ANSWERS_AFTER)?;
        let mut rows = statement.query(params![missing.reached.answer, CHUNK])?;
        while let Some(row) = rows.next()? {
            let key = AnswerKey { account: row.get::<_, i64>(0)?.cast_unsigned(), key: row.get(1)? };
            let number = row.get(2)?;
            missing.answers.push((fingerprints.answer(&key), number));
            missing.reached.answer = number;
        }
        Ok(missing.events.len() == events + CHUNK || missing.answers.len() == answers + CHUNK)
    }
}

/// How far the indexes of the file say that they are complete.
fn reached(connection: &Connection) -> Result<Reached, rusqlite::Error> {
    connection.query_row(INDEXED, [], |row| Ok(Reached { position: row.get(0)?, answer: row.get(1)? }))
}

/// The entries that a batch adds.
pub(super) fn entries(batch: &Batch) -> usize {
    batch.events().len() + batch.answers().len()
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;

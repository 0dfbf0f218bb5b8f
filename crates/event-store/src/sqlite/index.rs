//! Keeping the indexes of streams and answers a little way behind the log.
//!
//! Kept with each event, an index writes a page for nearly every event and answer: thousands of streams grow at as many
//! places. So entries gather in memory ([`Tail`]), are sorted, and a slice of the sorted ones joins the index with each
//! batch, in the batch's own transaction: neighbours then share a page. A row of `indexed` says up to where the indexes
//! are complete; what lies beyond is read again from the log when the file is opened.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::tail::{Place, Tail};
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
const INDEX_ANSWER: &str = "INSERT INTO answer_index (account_id, key, number) VALUES (?1, ?2, ?3)
    ON CONFLICT DO NOTHING";
const LAST_SEQUENCE: &str =
    "SELECT max(sequence) FROM stream_index WHERE aggregate_type = ?1 AND aggregate_id = ?2";
const ANSWER: &str = "SELECT number FROM answer_index WHERE account_id = ?1 AND key = ?2";

/// So many entries gather before they are sorted. More share a page then; an entry takes about 150 bytes.
const GATHERED_MAX: usize = 49_152;
/// Entries of a kind that are read at a time when the file is opened.
const CHUNK: usize = 65_536;
/// Entries that join the indexes with a batch, for each entry that the batch adds: sorted ones are used up before as
/// many have gathered again.
const SLICE_FACTOR: usize = 2;

/// Entries that join the indexes in a transaction of their own.
const SLICE_ALONE: usize = 4_096;

/// Entries of both indexes.
#[derive(Debug, Default)]
struct Entries {
    events: Vec<(StreamId, Place)>,
    answers: Vec<(AnswerKey, i64)>,
}

impl Entries {
    const fn len(&self) -> usize {
        self.events.len() + self.answers.len()
    }
}

/// How far the indexes are complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Reached {
    position: i64,
    answer: i64,
}

/// The writer's side of the indexes.
#[derive(Debug)]
pub(super) struct Index {
    tail: Arc<Tail>,
    gathered: Entries,
    /// How far the gathered entries reach.
    gathered_to: Reached,
    sorted: Entries,
    /// How many of the sorted ones are in the indexes.
    sorted_done: usize,
    /// How far the indexes are complete when all sorted ones are in them.
    sorted_to: Reached,
    /// It is unknown what the last commit left behind.
    is_stale: bool,
}

/// What a transaction adds to the indexes; nothing has happened until it is committed.
pub(super) struct Slice {
    until: usize,
}

impl Index {
    /// Reads what the indexes of the file lack and completes them.
    pub(super) fn open(connection: &mut Connection, tail: Arc<Tail>) -> Result<Self, rusqlite::Error> {
        let mut index = Self {
            tail,
            gathered: Entries::default(),
            gathered_to: Reached::default(),
            sorted: Entries::default(),
            sorted_done: 0,
            sorted_to: Reached::default(),
            is_stale: true,
        };
        index.complete(connection)?;
        Ok(index)
    }

    /// After a commit whose end is unknown: takes from the file what it holds.
    pub(super) fn refresh(&mut self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        while self.is_stale {
            let (found, reached) = missing(connection)?;
            let may_be_more = found.events.len() == CHUNK || found.answers.len() == CHUNK;
            self.tail.replace(&found.events, &found.answers);
            self.sorted = Entries::default();
            self.sorted_done = 0;
            self.gathered = found;
            self.gathered_to = reached;
            if may_be_more {
                self.merge(connection)?;
            }
            self.is_stale = may_be_more;
        }
        Ok(())
    }

    /// The last sequence of a stream.
    pub(super) fn last_sequence(
        &self,
        connection: &Connection,
        stream: &StreamId,
    ) -> Result<u64, rusqlite::Error> {
        if let Some(last) = self.tail.last_sequence(stream) {
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
    ) -> Result<bool, rusqlite::Error> {
        if self.tail.answer(key).is_some() {
            return Ok(true);
        }
        let mut statement = connection.prepare_cached(ANSWER)?;
        let found = statement
            .query_row(params![key.account.cast_signed(), key.key.as_ref()], |row| row.get::<_, i64>(0));
        Ok(found.optional()?.is_some())
    }

    /// Adds to the transaction the slice of sorted entries that goes with a batch of so many.
    pub(super) fn write_slice(
        &mut self,
        connection: &Connection,
        entries: usize,
    ) -> Result<Slice, rusqlite::Error> {
        if self.sorted_done == self.sorted.len() && self.gathered.len() >= GATHERED_MAX {
            self.sort();
        }
        self.write(connection, entries.saturating_mul(SLICE_FACTOR))
    }

    /// Notes what a batch is about to make durable. `answers` has the numbers of the batch's answers.
    pub(super) fn note(&mut self, batch: &Batch, answers: &[i64]) {
        let events: Vec<_> = batch
            .events()
            .iter()
            .map(|event| {
                let place = Place { sequence: event.sequence, position: event.position.to_sql() };
                (event.stream.clone(), place)
            })
            .collect();
        let answers: Vec<_> =
            batch.answers().iter().map(|answer| answer.key.clone()).zip(answers.iter().copied()).collect();
        self.tail.add(&events, &answers);
        if let Some((_, place)) = events.last() {
            self.gathered_to.position = place.position;
        }
        if let Some((_, number)) = answers.last() {
            self.gathered_to.answer = *number;
        }
        self.gathered.events.extend(events);
        self.gathered.answers.extend(answers);
    }

    /// The transaction of a slice was committed.
    pub(super) fn advance(&mut self, slice: &Slice) {
        let events = self.sorted.events.len();
        let merged = |from: usize, until: usize, len: usize| from.min(len)..until.min(len);
        let event_range = merged(self.sorted_done, slice.until, events);
        let (from, until) = (self.sorted_done.saturating_sub(events), slice.until.saturating_sub(events));
        let answer_range = merged(from, until, self.sorted.answers.len());
        self.tail.forget(
            self.sorted.events.get(event_range).unwrap_or_default(),
            self.sorted.answers.get(answer_range).unwrap_or_default(),
        );
        self.sorted_done = slice.until;
        if self.sorted_done == self.sorted.len() {
            self.sorted = Entries::default();
            self.sorted_done = 0;
        }
    }

    /// It is unknown whether the last transaction was committed.
    pub(super) const fn become_stale(&mut self) {
        self.is_stale = true;
    }

    /// Whether the indexes lack nothing.
    pub(super) const fn is_complete(&self) -> bool {
        self.gathered.len() == 0 && self.sorted.len() == 0
    }

    /// Brings the indexes up to the end of the log.
    pub(super) fn complete(&mut self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        self.refresh(connection)?;
        self.merge(connection)
    }

    fn merge(&mut self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        while !self.is_complete() {
            self.merge_some(connection)?;
        }
        Ok(())
    }

    /// Brings the indexes a step further in a transaction of its own: few enough entries that whoever comes meanwhile
    /// does not wait long.
    pub(super) fn merge_some(&mut self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        if self.sorted.len() == 0 {
            self.sort();
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

    /// The gathered entries become the sorted ones.
    fn sort(&mut self) {
        self.sorted = std::mem::take(&mut self.gathered);
        self.sorted_done = 0;
        self.sorted_to = self.gathered_to;
        self.sorted.events.sort_unstable_by(|(one, at), (other, then)| {
            one.cmp(other).then(at.sequence.cmp(&then.sequence))
        });
        let by_key = |(key, _): &(AnswerKey, i64)| (key.account, Arc::clone(&key.key));
        self.sorted.answers.sort_by_cached_key(by_key);
    }

    fn write(&self, connection: &Connection, budget: usize) -> Result<Slice, rusqlite::Error> {
        let events = self.sorted.events.len();
        let until = self.sorted_done.saturating_add(budget).min(self.sorted.len());
        let mut statement = connection.prepare_cached(INDEX_EVENT)?;
        let range = self.sorted_done.min(events)..until.min(events);
        for (stream, place) in self.sorted.events.get(range).unwrap_or_default() {
            let (kind, id) = (stream.aggregate_type.as_ref(), stream.aggregate_id.as_ref());
            statement.execute(params![kind, id, place.sequence.cast_signed(), place.position])?;
        }
        let mut statement = connection.prepare_cached(INDEX_ANSWER)?;
        let range = self.sorted_done.saturating_sub(events)..until.saturating_sub(events);
        for (key, number) in self.sorted.answers.get(range).unwrap_or_default() {
            statement.execute(params![key.account.cast_signed(), key.key.as_ref(), number])?;
        }
        if until == self.sorted.len() && self.sorted_done < until {
            let to = self.sorted_to;
            connection.prepare_cached(MOVE_INDEXED)?.execute(params![to.position, to.answer])?;
        }
        Ok(Slice { until })
    }
}

/// What the log holds beyond the indexes, up to a chunk of each kind, and how far that reaches.
fn missing(connection: &Connection) -> Result<(Entries, Reached), rusqlite::Error> {
    let mut reached = connection
        .query_row(INDEXED, [], |row| Ok(Reached { position: row.get(0)?, answer: row.get(1)? }))?;
    let mut found = Entries::default();
    let mut statement = connection.prepare_cached(EVENTS_AFTER)?;
    let mut rows = statement.query(params![reached.position, CHUNK])?;
    while let Some(row) = rows.next()? {
        let stream = StreamId::new(row.get::<_, String>(0)?, row.get::<_, Arc<str>>(1)?);
        let place = Place { sequence: row.get::<_, i64>(2)?.cast_unsigned(), position: row.get(3)? };
        reached.position = place.position;
        found.events.push((stream, place));
    }
    let mut statement = connection.prepare_cached(ANSWERS_AFTER)?;
    let mut rows = statement.query(params![reached.answer, CHUNK])?;
    while let Some(row) = rows.next()? {
        let key = AnswerKey { account: row.get::<_, i64>(0)?.cast_unsigned(), key: row.get(1)? };
        reached.answer = row.get(2)?;
        found.answers.push((key, reached.answer));
    }
    Ok((found, reached))
}

/// The entries that a batch adds.
pub(super) fn entries(batch: &Batch) -> usize {
    batch.events().len() + batch.answers().len()
}

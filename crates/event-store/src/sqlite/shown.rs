//! Scans of the log inside SQLite: a function of ours gets all columns of a row as its arguments. Stepping a statement and asking for
//! each value takes half as long again.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, params};

use super::rows::{Value, show_event};
use crate::error::StoreError;
use crate::fingerprint::Fingerprints;
use crate::gather::{Gather, Gathered, PlaceSum, Stretch};
use crate::position::Position;

const STRETCH: &str =
    "SELECT shown(position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
    commit_id, recorded_at, hash) FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3";
const SHOWN: (&str, i32) = ("shown", 11);
const ROWS: &str =
    "SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
    commit_id, recorded_at, hash FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3";
const INDEX: &str = "SELECT places(aggregate_type, aggregate_id, sequence, position) FROM stream_index
    WHERE position > ?1 AND position <= ?2";
const PLACES: (&str, i32) = ("places", 4);
/// Nothing in the file can call them.
const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DIRECTONLY);

/// Shows the events of a stretch to what `begin` makes.
pub(super) fn gather<G: Gather>(
    connection: &Connection,
    stretch: Stretch,
    begin: impl Fn() -> G,
) -> Result<Gathered<G>, StoreError> {
    let taking = Taking { made: begin(), last: stretch.after, end: Ok(Going::On) };
    let taking = Arc::new(Mutex::new(taking));
    let own = Arc::clone(&taking);
    let (name, values) = SHOWN;
    connection.create_scalar_function(name, values, FLAGS, move |row| {
        let mut taking = own.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(taking.take(|index| Ok(row.get_raw(index))))
    })?;
    let shown = show(connection, stretch);
    connection.remove_function(name, values)?;
    shown?;
    let taken = Arc::into_inner(taking).ok_or(StoreError::Closed)?;
    let taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    if matches!(taken.end, Ok(Going::Astray)) {
        return gather_sorted(connection, stretch, begin());
    }
    taken.gathered()
}

/// The same of a table that SQLite has to sort, which no log of ours has: functions see its rows before they are in order.
fn gather_sorted<G: Gather>(
    connection: &Connection,
    stretch: Stretch,
    made: G,
) -> Result<Gathered<G>, StoreError> {
    let mut taking = Taking { made, last: stretch.after, end: Ok(Going::On) };
    let Stretch { after, until, limit } = stretch;
    let mut statement = connection.prepare(ROWS)?;
    let mut rows = statement.query(params![after.to_sql(), until.to_sql(), limit])?;
    while let Some(row) = rows.next()? {
        match show_event(|index| row.get_ref(index)) {
            Ok(event) => taking.made.take(&event),
            Err(error) => {
                taking.end = Err(error);
                break;
            }
        }
    }
    taking.gathered()
}

enum Going {
    On,
    /// An event came that is not behind the one before.
    Astray,
}

/// What takes in events, and how far it is.
struct Taking<G> {
    made: G,
    last: Position,
    end: Result<Going, StoreError>,
}

impl<G: Gather> Taking<G> {
    /// Takes the event with these values; `false` if that is the end.
    fn take<'v>(&mut self, value: impl Value<'v>) -> bool {
        if !matches!(self.end, Ok(Going::On)) {
            return false;
        }
        self.end = show_event(value).map(|event| {
            if event.position <= self.last {
                return Going::Astray;
            }
            self.last = event.position;
            self.made.take(&event);
            Going::On
        });
        matches!(self.end, Ok(Going::On))
    }

    fn gathered(self) -> Result<Gathered<G>, StoreError> {
        let Self { made, end, .. } = self;
        match end {
            Ok(_) => Ok(Gathered { made, damage: None }),
            Err(damage @ StoreError::Damaged(_)) => Ok(Gathered { made, damage: Some(damage) }),
            Err(error) => Err(error),
        }
    }
}

/// Goes through the stretch until its end, or until an event was not taken.
fn show(connection: &Connection, stretch: Stretch) -> Result<(), rusqlite::Error> {
    let Stretch { after, until, limit } = stretch;
    let mut statement = connection.prepare(STRETCH)?;
    let mut rows = statement.query(params![after.to_sql(), until.to_sql(), limit])?;
    while let Some(row) = rows.next()? {
        if !row.get::<_, bool>(0)? {
            break;
        }
    }
    Ok(())
}

/// The sum of the places after a position up to another that the index of streams gives.
pub(super) fn index_sum(
    connection: &Connection,
    after: Position,
    until: Position,
    sum: PlaceSum,
) -> Result<u64, StoreError> {
    let (name, values) = PLACES;
    connection.create_aggregate_function(name, values, FLAGS, Places(sum))?;
    let total = connection.query_row(INDEX, params![after.to_sql(), until.to_sql()], |row| row.get(0));
    connection.remove_function(name, values)?;
    Ok(total.map(i64::cast_unsigned)?)
}

/// Sums up places.
struct Places(PlaceSum);

impl Aggregate<u64, i64> for Places {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<u64> {
        Ok(0)
    }

    fn step(&self, row: &mut Context<'_>, total: &mut u64) -> rusqlite::Result<()> {
        let bytes = |index| row.get_raw(index).as_bytes().unwrap_or_default();
        // What is no number is no event's.
        let number = |index| row.get_raw(index).as_i64().unwrap_or(-1);
        *total = total.wrapping_add(self.0.of(bytes(0), bytes(1), number(2), number(3)));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, total: Option<u64>) -> rusqlite::Result<i64> {
        Ok(total.unwrap_or_default().cast_signed())
    }
}

/// Lets statements on this connection make the fingerprints of answers, by account and key; without a key of the log there are none.
pub(super) fn make_fingerprints(
    connection: &Connection,
    fingerprints: Option<Fingerprints>,
) -> Result<(), rusqlite::Error> {
    let flags = FLAGS | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("answer_fingerprint", 2, flags, move |row| {
        let account = row.get_raw(0).as_i64()?.cast_unsigned();
        let key = row.get_raw(1).as_bytes()?;
        Ok(fingerprints.map(|fingerprints| fingerprints.of(account, key)))
    })
}

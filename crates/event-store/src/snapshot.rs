//! Snapshots: states of aggregates kept among the views, so that a long stream loads fast. They are never believed
//! alone: each names the event it stands on, and the log is asked whether that event is there.

use kernel::Timestamp;

use crate::error::{OpenError, StoreError};
use crate::event::StreamId;
use crate::hash::Hash;
use crate::sql::Db;
use crate::{execute, fetch_optional};

pub(crate) const CREATE: &str = "CREATE TABLE IF NOT EXISTS snapshots (
    aggregate_type TEXT NOT NULL, aggregate_id TEXT NOT NULL, state_version BIGINT NOT NULL,
    sequence BIGINT NOT NULL, hash TEXT NOT NULL, recorded_at BIGINT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id))";
const SAVE: &str = "INSERT INTO snapshots
    (aggregate_type, aggregate_id, state_version, sequence, hash, recorded_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET state_version = excluded.state_version,
    sequence = excluded.sequence, hash = excluded.hash, recorded_at = excluded.recorded_at, state = excluded.state";
const LOAD: &str = "SELECT sequence, hash, recorded_at, state FROM snapshots
    WHERE aggregate_type = $1 AND aggregate_id = $2 AND state_version = $3";

/// The state of one aggregate after one of its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose state.
    pub stream: StreamId,
    /// The form the state is written in; another form is not read.
    pub state_version: u32,
    /// The last event folded into it.
    pub sequence: u64,
    /// That event's hash.
    pub hash: Hash,
    /// That event's time.
    pub recorded_at: Timestamp,
    /// JSON text.
    pub state: String,
}

/// The table of snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots {
    /// `None` keeps none.
    db: Option<Db>,
}

impl Snapshots {
    pub(crate) async fn open(db: Db) -> Result<Self, OpenError> {
        execute!(&db, CREATE).map_err(OpenError::database("the views"))?;
        Ok(Self { db: Some(db) })
    }

    /// Snapshots that are never kept and never found: for stores that are only read.
    pub(crate) const fn none() -> Self {
        Self { db: None }
    }

    /// The latest snapshot of a stream in the given form.
    ///
    /// # Errors
    /// The store cannot be read, or a row is damaged.
    pub async fn load(&self, stream: &StreamId, state_version: u32) -> Result<Option<Snapshot>, StoreError> {
        let Some(db) = &self.db else { return Ok(None) };
        let row = fetch_optional!(
            db,
            (i64, String, i64, String),
            LOAD,
            stream.aggregate_type.as_ref(),
            stream.aggregate_id.as_ref(),
            i64::from(state_version)
        )?;
        row.map(|(sequence, hash, recorded_at, state)| {
            Ok(Snapshot {
                stream: stream.clone(),
                state_version,
                sequence: sequence.cast_unsigned(),
                hash: hash.parse().map_err(|_| StoreError::Damaged(format!("the snapshot of {stream}")))?,
                recorded_at: Timestamp::from_micros(recorded_at),
                state,
            })
        })
        .transpose()
    }

    /// Keeps a snapshot in place of the stream's last.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn save(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let Some(db) = &self.db else { return Ok(()) };
        execute!(
            db,
            SAVE,
            snapshot.stream.aggregate_type.as_ref(),
            snapshot.stream.aggregate_id.as_ref(),
            i64::from(snapshot.state_version),
            snapshot.sequence.cast_signed(),
            snapshot.hash.to_string(),
            snapshot.recorded_at.micros(),
            snapshot.state.as_str()
        )?;
        Ok(())
    }
}

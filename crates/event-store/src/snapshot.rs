//! Snapshots: states of aggregates kept among the views, so that a long stream loads fast. They are never believed
//! alone: each names the event it stands on, and the log is asked whether that event is there.

use kernel::Timestamp;

use crate::error::{OpenError, StoreError};
use crate::event::StreamId;
use crate::hash::Hash;
use crate::sql::Db;
use crate::{execute, fetch_all, fetch_optional};

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
const LIST: &str =
    "SELECT aggregate_type, aggregate_id, state_version, sequence, hash, recorded_at, state FROM snapshots
    WHERE (aggregate_type, aggregate_id) > ($1, $2) ORDER BY aggregate_type, aggregate_id LIMIT $3";
const SQLITE_HAS: &str = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'snapshots'";
const POSTGRES_HAS: &str = "SELECT count(*) FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name = 'snapshots'";

/// Writes snapshots in one transaction.
macro_rules! save {
    ($pool:expr, $snapshots:expr) => {{
        let mut transaction = $pool.begin().await?;
        for snapshot in $snapshots {
            sqlx::query(SAVE)
                .bind(snapshot.stream.aggregate_type.as_ref())
                .bind(snapshot.stream.aggregate_id.as_ref())
                .bind(i64::from(snapshot.state_version))
                .bind(snapshot.sequence.cast_signed())
                .bind(snapshot.hash.to_string())
                .bind(snapshot.recorded_at.micros())
                .bind(snapshot.state.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }};
}

/// A row of the table.
type Stored = (String, String, i64, i64, String, i64, String);

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

/// Snapshots read at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotPage {
    /// Those that read.
    pub snapshots: Vec<Snapshot>,
    /// The stream to go on after; `None` at the end.
    pub last: Option<StreamId>,
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

    /// The snapshots among views that are only read; those of which there are none keep none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn of_views(views: &Db) -> Result<Self, StoreError> {
        let found = fetch_optional!(views, (i64,), views.pick(SQLITE_HAS, POSTGRES_HAS))?;
        let is_there = found.is_some_and(|(count,)| count > 0);
        Ok(Self { db: is_there.then(|| views.clone()) })
    }

    /// Up to `limit` snapshots of streams after `after`, in an order of the store's own. One whose hash is none is left
    /// out: nobody would believe it.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(&self, after: Option<&StreamId>, limit: u32) -> Result<SnapshotPage, StoreError> {
        let Some(db) = &self.db else { return Ok(SnapshotPage { snapshots: Vec::new(), last: None }) };
        let (kind, id) = after.map_or(("", ""), |after| (&*after.aggregate_type, &*after.aggregate_id));
        let rows = fetch_all!(db, Stored, LIST, kind, id, i64::from(limit))?;
        let last = rows.last().map(|row| StreamId::new(row.0.clone(), row.1.as_str()));
        let read = |(kind, id, version, sequence, hash, recorded_at, state): Stored| {
            Some(Snapshot {
                stream: StreamId::new(kind, id.as_str()),
                state_version: u32::try_from(version).ok()?,
                sequence: sequence.cast_unsigned(),
                hash: hash.parse().ok()?,
                recorded_at: Timestamp::from_micros(recorded_at),
                state,
            })
        };
        Ok(SnapshotPage { snapshots: rows.into_iter().filter_map(read).collect(), last })
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

    /// Keeps snapshots, each in place of its stream's last, all of them or none.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn save(&self, snapshots: &[Snapshot]) -> Result<(), StoreError> {
        let mut snapshots: Vec<_> = snapshots.iter().rev().collect();
        // The last of each stream; and two servers that keep the same rows take them in one order.
        snapshots.sort_by(|one, other| one.stream.cmp(&other.stream));
        snapshots.dedup_by(|earlier, last| earlier.stream == last.stream);
        match &self.db {
            Some(Db::Sqlite { write, .. }) => save!(write, snapshots),
            Some(Db::Postgres(pool)) => save!(pool, snapshots),
            None => {}
        }
        Ok(())
    }
}

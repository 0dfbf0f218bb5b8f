//! Reading `log.db` without a trace, be the server that owns it at work or not.
//!
//! While a server is at work, or after a crash, there is a write-ahead file, and SQLite's own locks in its shared memory
//! keep a reader's view whole. Without one the database file is complete in itself: it is opened as immutable, so that
//! not even the shared memory is made beside it, and watched, in case a server starts meanwhile.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use tokio::sync::RwLock;
use tokio::sync::mpsc::Sender;
use tokio::time::timeout;

use super::rows::{collect, read_answer, read_event, read_head};
use super::shown;
use super::soundness::{Whole, whole};
use crate::batch::{Answer, AnswerKey};
use crate::error::{OpenError, Redacted, StoreError};
use crate::event::{RecordedEvent, StreamId};
use crate::fingerprint::Fingerprints;
use crate::gather::{Gather, Gathered, PlaceSum, Stretch};
use crate::open::SQLITE_LOG;
use crate::position::{Head, Position, saturated};

const HEAD: &str = "SELECT position, hash, epoch FROM head WHERE id = 1";
const ALL: &str =
    "SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
    commit_id, recorded_at, hash FROM events WHERE position > ?1 ORDER BY position LIMIT ?2";
const INDEXED: &str = "SELECT position FROM indexed WHERE id = 1";
const FINGERPRINT_KEY: &str = "SELECT key FROM indexed WHERE id = 1";
// The index may lack the newest events.
const STREAM: &str =
    "SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
    metadata, commit_id, recorded_at, hash FROM events
    WHERE position IN (
        SELECT position FROM (SELECT position FROM stream_index
            WHERE aggregate_type = ?1 AND aggregate_id = ?2 AND sequence > ?3 ORDER BY sequence LIMIT ?4)
        UNION SELECT position FROM events WHERE position > (SELECT position FROM indexed)
            AND aggregate_type = ?1 AND aggregate_id = ?2 AND sequence > ?3)
    AND aggregate_type = ?1 AND aggregate_id = ?2 ORDER BY sequence, position LIMIT ?4";
const ANSWERS: &str =
    "SELECT account_id, key, request_hash, body, commit_id, recorded_at, number FROM answers
    WHERE number > ?1 ORDER BY number LIMIT ?2";
/// The first event whose place the index does not know or gives to another.
const MISPLACED: &str = "SELECT events.position FROM events
    LEFT JOIN stream_index USING (aggregate_type, aggregate_id, sequence)
    WHERE events.position > ?1 AND events.position <= ?2 AND stream_index.position IS NOT events.position
    AND (stream_index.position IS NOT NULL OR events.position <= (SELECT position FROM indexed))
    ORDER BY events.position LIMIT 1";
const ANSWER: &str = "SELECT account_id, key, request_hash, body, commit_id, recorded_at FROM answers
    WHERE number IN (SELECT number FROM answer_index WHERE fingerprint = ?3
        UNION SELECT number FROM answers WHERE number > (SELECT answer FROM indexed) AND account_id = ?1 AND key = ?2)
    AND account_id = ?1 AND key = ?2";
/// Rows where no reader looks. A table that is keyed by position has no more than one at each.
const OUTSIDE: &str = "SELECT (SELECT count(*) FROM events WHERE position < 1),
    (SELECT count(*) FROM events WHERE position > ?1),
    (SELECT count(*) FROM pragma_table_info('events') WHERE name = 'position' AND type = 'INTEGER' AND pk = 1)";
const COUNT: &str = "SELECT count(*) FILTER (WHERE position BETWEEN 1 AND ?1), count(*) FROM events";

/// How often a read is done again because the file changed under it.
const READS_MAX: usize = 100;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that are kept for the next read.
const IDLE_MAX: usize = 4;

/// What makes the fingerprints by which the log's index knows the keys of answers; `None` if the log lost their key, which is a
/// flaw by itself.
pub(super) fn fingerprints(connection: &Connection) -> Result<Option<Fingerprints>, rusqlite::Error> {
    let key = connection.prepare_cached(FINGERPRINT_KEY)?.query_row([], |row| row.get::<_, Vec<u8>>(0));
    Ok(key.optional()?.and_then(|key| Fingerprints::from_slice(&key)))
}

/// Connections that read, as many as are reading at the time.
#[derive(Clone, Debug)]
pub(crate) struct SqliteReader {
    path: Arc<PathBuf>,
    /// The writer is of this process: there is no need to guess whether it is at work.
    is_owned: bool,
    idle: Arc<Mutex<Vec<Opened>>>,
    /// Held by each read while it is under way.
    reading: Arc<RwLock<()>>,
}

#[derive(Debug)]
struct Opened {
    connection: Connection,
    /// What the file looked like if it was taken for complete in itself.
    settled: Option<Look>,
}

/// Enough of a file to see that it was written to.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    length: u64,
    modified: Option<SystemTime>,
}

impl SqliteReader {
    /// Reads a log that this process writes.
    pub(crate) fn beside_writer(path: &Path) -> Self {
        Self {
            path: Arc::new(path.to_path_buf()),
            is_owned: true,
            idle: Arc::default(),
            reading: Arc::default(),
        }
    }

    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
        let reader = Self {
            path: Arc::new(path.to_path_buf()),
            is_owned: false,
            idle: Arc::default(),
            reading: Arc::default(),
        };
        let shown = path.display().to_string();
        let known = SQLITE_LOG.last().map_or(0, |(version, _)| *version);
        match reader.read(whole).await {
            Ok(Whole::Version(found)) if found > known => Err(OpenError::Newer { store: "the log", found }),
            Ok(Whole::Version(found)) if found < known => Err(OpenError::Older { store: "the log", found }),
            Ok(Whole::Version(_)) => Ok(reader),
            Ok(Whole::Gone(flaw)) => Err(OpenError::Incomplete(flaw)),
            Ok(Whole::Foreign) => Err(OpenError::Foreign(shown)),
            Err(StoreError::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                Err(OpenError::Foreign(shown))
            }
            Err(error) => Err(OpenError::Database { store: "the log", source: Redacted(error) }),
        }
    }

    pub(crate) async fn head(&self) -> Result<Head, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(HEAD)?;
            let head = statement.query_row([], |row| Ok(read_head(row))).optional()?;
            head.ok_or_else(|| StoreError::Damaged("the head is missing".to_owned()))?
        })
        .await
    }

    pub(crate) async fn read_all(
        &self,
        after: Position,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(ALL)?;
            collect(statement.query(params![after.to_sql(), limit])?, read_event)
        })
        .await
    }

    /// Shows stretch after stretch to what `begin` makes, all on one thread, until nobody takes what was made.
    pub(crate) async fn gather_each<G: Gather>(
        &self,
        stretches: impl Iterator<Item = Stretch> + Send + 'static,
        begin: impl Fn(Stretch) -> G + Send + 'static,
        ready: Sender<Result<Gathered<G>, StoreError>>,
    ) {
        let reader = self.clone();
        let reading = Arc::clone(&self.reading).read_owned().await;
        let gather = move || {
            for stretch in stretches {
                let read = |connection: &Connection| shown::gather(connection, stretch, || begin(stretch));
                if ready.is_closed() || ready.blocking_send(reader.read_here(&read)).is_err() {
                    break;
                }
            }
            drop(reading);
        };
        tokio::task::spawn_blocking(gather).await.ok();
    }

    pub(crate) async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let stream = stream.clone();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(STREAM)?;
            let (kind, id) = (stream.aggregate_type.as_ref(), stream.aggregate_id.as_ref());
            collect(statement.query(params![kind, id, saturated(after), limit])?, read_event)
        })
        .await
    }

    /// The answers after one with that number, and the number of the last of them.
    pub(crate) async fn read_answers(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<Answer>, i64), StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(ANSWERS)?;
            let mut last = after;
            let mut answers = Vec::new();
            let mut rows = statement.query(params![after, limit])?;
            while let Some(row) = rows.next()? {
                answers.push(read_answer(row)?);
                last = row.get(6)?;
            }
            Ok((answers, last))
        })
        .await
    }

    /// The first event after `after` up to `until` that the index of streams does not know, or gives another place.
    pub(crate) async fn misplaced(
        &self,
        after: Position,
        until: Position,
    ) -> Result<Option<Position>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(MISPLACED)?;
            let found = statement.query_row(params![after.to_sql(), until.to_sql()], |row| row.get(0));
            Ok(found.optional()?.map(Position::from_sql))
        })
        .await
    }

    /// The last event that the index of streams is sure to hold.
    pub(crate) async fn indexed(&self) -> Result<Position, StoreError> {
        self.read(|connection| {
            let found = connection.prepare_cached(INDEXED)?.query_row([], |row| row.get(0)).optional()?;
            Ok(found.map_or(Position::START, Position::from_sql))
        })
        .await
    }

    /// The sum of the places after `after` up to `until` that the index of streams gives.
    pub(crate) async fn index_sum(
        &self,
        after: Position,
        until: Position,
        sum: PlaceSum,
    ) -> Result<u64, StoreError> {
        self.read(move |connection| shown::index_sum(connection, after, until, sum.clone())).await
    }

    /// The kept answers to those of `keys` that have one.
    pub(crate) async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |connection| {
            let fingerprints = fingerprints(connection)?;
            let mut statement = connection.prepare_cached(ANSWER)?;
            let mut found = Vec::new();
            for key in &keys {
                let fingerprint = fingerprints.map(|fingerprints| fingerprints.answer(key));
                let rows =
                    statement.query(params![key.account.cast_signed(), key.key.as_ref(), fingerprint])?;
                found.extend(collect(rows, read_answer)?);
            }
            Ok(found)
        })
        .await
    }

    /// Rows at positions from 1 to `last`, all of which hold one, and rows elsewhere up to the end of the log as it is now.
    pub(crate) async fn count(&self, last: Position) -> Result<(u64, u64), StoreError> {
        self.read(move |connection| {
            // One moment for all of them: a server may append between two statements.
            let moment = connection.unchecked_transaction()?;
            let head = moment.query_row(HEAD, [], |row| row.get::<_, i64>(0))?.max(last.to_sql());
            let (below, above, is_key): (u64, u64, bool) =
                moment
                    .query_row(OUTSIDE, params![head], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            if is_key {
                return Ok((last.number(), below + above));
            }
            let (within, all): (i64, i64) =
                moment.query_row(COUNT, params![head], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let newer = head.abs_diff(last.to_sql());
            Ok((within.unsigned_abs().saturating_sub(newer), all.abs_diff(within)))
        })
        .await
    }

    /// Closes the connections that nobody uses, once those that read have read, though nobody may wait for it any more: SQLite
    /// takes its write-ahead file away only if no connection is left.
    pub(crate) async fn close(&self) {
        let read = timeout(BUSY_TIMEOUT, self.reading.write()).await;
        self.idle().clear();
        drop(read);
    }

    /// Runs `read` on a thread that may wait, again if the file changed meanwhile.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl Fn(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = self.clone();
        let reading = Arc::clone(&self.reading).read_owned().await;
        let read = move || {
            let found = reader.read_here(&read);
            drop(reading);
            found
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| StoreError::Closed)?
    }

    /// The same on this thread.
    fn read_here<T>(&self, read: &impl Fn(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        for _ in 0..READS_MAX {
            let idle = self.idle().pop();
            let current = match idle {
                Some(current) if current.still_holds(&self.path) => current,
                Some(_) | None => Opened::open(&self.path, !self.is_owned)?,
            };
            let result = read(&current.connection);
            if current.still_holds(&self.path) {
                let mut idle = self.idle();
                if idle.len() < IDLE_MAX {
                    idle.push(current);
                }
                return result;
            }
        }
        Err(StoreError::Damaged("the file changes all the time, and not as a server changes it".to_owned()))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Opened>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Opened {
    fn open(path: &Path, may_be_settled: bool) -> Result<Self, StoreError> {
        let settled = if may_be_settled && is_settled(path) { Look::at(path) } else { None };
        let mut uri = "file:".to_owned();
        for c in path.to_string_lossy().chars() {
            match c {
                '?' => uri.push_str("%3f"),
                '#' => uri.push_str("%23"),
                '%' => uri.push_str("%25"),
                other => uri.push(other),
            }
        }
        uri.push_str(if settled.is_some() { "?mode=ro&immutable=1" } else { "?mode=ro" });
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(Self { connection, settled })
    }

    /// Whether what it reads is still what the file holds. SQLite itself sees to it when there is a write-ahead file.
    fn still_holds(&self, path: &Path) -> bool {
        self.settled
            .as_ref()
            .is_none_or(|settled| is_settled(path) && Look::at(path).as_ref() == Some(settled))
    }
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
        let file = std::fs::metadata(path).ok()?;
        Some(Self { length: file.len(), modified: file.modified().ok() })
    }
}

/// Whether the database at `path` is complete without a write-ahead file.
pub(crate) fn is_settled(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(wal).map_or(true, |file| file.len() == 0)
}

//! A log opened for reading alone, for audits: no lock is taken, nothing is written, and a server may be at work on it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::sync::mpsc::Sender;

use crate::batch::{Answer, AnswerKey, Batch};
use crate::error::{AppendError, OpenError, StoreError};
use crate::event::{RecordedEvent, StreamId};
use crate::gather::{Gather, Gathered, PlaceSum, Stretch};
use crate::open::Location;
use crate::position::{Head, Position};
use crate::postgres::{self, PostgresLog};
use crate::sql::Db;
use crate::sqlite::{SqliteReader, is_settled};
use crate::store::EventStore;

const LOG_FILE: &str = "log.db";
const VIEWS_FILE: &str = "views.db";
const VIEW_READERS: u32 = 4;

/// A log that can be read and not written.
#[derive(Debug)]
pub struct ReadOnlyLog(Backend);

/// How far the kept answers were read; at first, not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerCursor {
    /// SQLite: the number of the last answer.
    number: i64,
    /// PostgreSQL: the key of the last answer.
    key: Option<AnswerKey>,
}

#[derive(Debug)]
pub(crate) enum Backend {
    Sqlite(SqliteReader),
    Postgres(PostgresLog),
}

impl ReadOnlyLog {
    pub(crate) const fn backend(&self) -> &Backend {
        &self.0
    }

    /// Opens the log at `location`: a database, a folder, or the file of a log that was copied somewhere.
    ///
    /// # Errors
    /// [`OpenError::Missing`], [`OpenError::Foreign`], [`OpenError::Newer`], or the database cannot be read.
    pub async fn open(location: &Location) -> Result<Self, OpenError> {
        Ok(Self(match location {
            Location::Folder(folder) => Backend::Sqlite(SqliteReader::open(&log_file(folder)?).await?),
            Location::Postgres(address) => Backend::Postgres(postgres::open_read_only(address).await?),
        }))
    }

    /// The end of the log.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn head(&self) -> Result<Head, StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => reader.head().await,
            Backend::Postgres(log) => log.head().await,
        }
    }

    /// Up to `limit` events of the whole log after a position.
    ///
    /// # Errors
    /// The store cannot be read, or a row is damaged.
    pub async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => reader.read_all(after, limit).await,
            Backend::Postgres(log) => log.read_all(after, limit).await,
        }
    }

    /// Shows the events of one stretch after another, in order, to what `begin` makes for it, and hands that on to `ready` until
    /// nobody takes it any more. A damaged row ends a stretch early and is told beside what was gathered. If a stretch has to be read
    /// again, it begins anew. Several may be at work at the same time.
    pub async fn gather_each<G: Gather>(
        &self,
        stretches: impl Iterator<Item = Stretch> + Send + 'static,
        begin: impl Fn(Stretch) -> G + Send + 'static,
        ready: Sender<Result<Gathered<G>, StoreError>>,
    ) {
        match &self.0 {
            Backend::Sqlite(reader) => reader.gather_each(stretches, begin, ready).await,
            Backend::Postgres(log) => {
                for stretch in stretches {
                    if ready.send(log.gather(stretch, begin(stretch)).await).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Up to `limit` events of one stream with a sequence above `after`.
    ///
    /// # Errors
    /// The store cannot be read, or a row is damaged.
    pub async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => reader.read_stream(stream, after, limit).await,
            Backend::Postgres(log) => log.read_stream(stream, after, limit).await,
        }
    }

    /// Up to `limit` kept answers after those that `after` stands for, in an order of the store's own, and what stands
    /// for these.
    ///
    /// # Errors
    /// The store cannot be read, or a row is damaged.
    pub async fn read_answers(
        &self,
        after: &AnswerCursor,
        limit: u32,
    ) -> Result<(Vec<Answer>, AnswerCursor), StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => {
                let (answers, number) = reader.read_answers(after.number, limit).await?;
                Ok((answers, AnswerCursor { number, key: None }))
            }
            Backend::Postgres(log) => {
                let answers = log.read_answers(after.key.as_ref(), limit).await?;
                let key = answers.last().map(|answer| answer.key.clone()).or_else(|| after.key.clone());
                Ok((answers, AnswerCursor { number: 0, key }))
            }
        }
    }

    /// The first event after `after` up to `until` that would not be found in its stream: the store's index of streams
    /// does not know it, or gives its place to another. A database that keeps its index itself has none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn misplaced(&self, after: Position, until: Position) -> Result<Option<Position>, StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => reader.misplaced(after, until).await,
            Backend::Postgres(_) => Ok(None),
        }
    }

    /// The last event that the store's index of streams is sure to hold; `None` for a database that keeps its index itself.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn indexed(&self) -> Result<Option<Position>, StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => reader.indexed().await.map(Some),
            Backend::Postgres(_) => Ok(None),
        }
    }

    /// The sum of the places after `after` up to `until` that the store's index of streams gives; 0 where there is none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn index_sum(
        &self,
        after: Position,
        until: Position,
        sum: PlaceSum,
    ) -> Result<u64, StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => reader.index_sum(after, until, sum).await,
            Backend::Postgres(_) => Ok(0),
        }
    }

    /// How many rows the table of events has outside the positions 1 to `last`, where no reader of the log looks; and how
    /// many more it has inside than positions.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn surplus(&self, last: Position) -> Result<u64, StoreError> {
        let (within, outside) = match &self.0 {
            Backend::Sqlite(reader) => reader.count(last).await?,
            Backend::Postgres(log) => log.count(last).await?,
        };
        Ok(outside + within.saturating_sub(last.number()))
    }

    /// Closes its connections.
    pub async fn close(&self) {
        match &self.0 {
            Backend::Sqlite(reader) => reader.close().await,
            Backend::Postgres(log) => log.close().await,
        }
    }
}

#[async_trait]
impl EventStore for ReadOnlyLog {
    async fn head(&self) -> Result<Head, StoreError> {
        Self::head(self).await
    }

    async fn append(&self, _: &Batch) -> Result<(), AppendError> {
        Err(AppendError::Unavailable(StoreError::ReadOnly))
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        Self::read_stream(self, stream, after, limit).await
    }

    async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        Self::read_all(self, after, limit).await
    }

    async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError> {
        match &self.0 {
            Backend::Sqlite(reader) => reader.answers(keys).await,
            Backend::Postgres(log) => log.answers(keys).await,
        }
    }

    fn is_shared(&self) -> bool {
        matches!(self.0, Backend::Postgres(_))
    }

    fn is_read_only(&self) -> bool {
        true
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}

/// The views at `location`, for reading alone; `None` if there are none yet.
///
/// # Errors
/// They are there and cannot be opened.
pub async fn open_views_read_only(location: &Location) -> Result<Option<Db>, OpenError> {
    match location {
        Location::Folder(folder) => file_read_only(&folder.join(VIEWS_FILE), "the views").await,
        Location::Postgres(address) => Ok(Some(Db::Postgres(postgres::views_read_only(address).await?))),
    }
}

/// A file whose rows are only read; `None` if it is not there.
pub(crate) async fn file_read_only(path: &Path, store: &'static str) -> Result<Option<Db>, OpenError> {
    if !path.is_file() {
        return Ok(None);
    }
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(is_settled(path));
    let read = SqlitePoolOptions::new()
        .max_connections(VIEW_READERS)
        .connect_with(options)
        .await
        .map_err(OpenError::database(store))?;
    // The connection that would write is one that cannot.
    Ok(Some(Db::Sqlite { write: read.clone(), read }))
}

fn log_file(place: &Path) -> Result<PathBuf, OpenError> {
    let file = if place.is_file() { place.to_path_buf() } else { place.join(LOG_FILE) };
    if file.is_file() { Ok(file) } else { Err(OpenError::Missing(place.display().to_string())) }
}

//! The views as readers have them: waiting for one's own writes, and what the queries have in common.

use std::sync::Arc;
use std::time::Duration;

use event_store::sql::Db;
use event_store::{EventStore, Feed, Position, StoreError};
use kernel::{Coded, ErrorCode, Money, Timestamp};
use tokio::sync::watch;

use crate::board::{Board, Demand, ProjectionStatus};
use crate::figures::Figures;

/// The most rows that a list gives at once.
pub const LIST_MAX: u32 = 1_000;

/// The rows that the projections keep. The queries stand in the file of the projection whose tables they read.
#[derive(Clone)]
pub struct Views {
    pub(crate) db: Db,
    pub(crate) log: Arc<dyn EventStore>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) board: watch::Receiver<Board>,
    pub(crate) demand: Arc<Demand>,
}

/// Why the views cannot promise to hold everything written so far.
#[derive(Debug, thiserror::Error)]
pub enum Lagging {
    /// They were not there in time.
    #[error("the views have not caught up with the log in {} ms", waited.as_millis())]
    Behind {
        /// How long was waited.
        waited: Duration,
    },
    /// The log cannot be asked where it ends.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Coded for Lagging {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Behind { .. } => ErrorCode::ViewsLagging,
            Self::Store(_) => ErrorCode::StoreUnavailable,
        }
    }
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The views cannot be read.
    #[error("views: {0}")]
    Database(#[from] sqlx::Error),
    /// A projection whose rows are asked for has stopped, so they lack what was written since.
    #[error("views: the projection {projection} has stopped")]
    Stopped {
        /// Which.
        projection: &'static str,
    },
    /// A row holds what it never should.
    #[error("damaged views: {column} of {table}")]
    Damaged {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
}

impl QueryError {
    /// What is wrong with the views themselves, if that is why: a table or a column is gone, or a value is of another kind.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        match self {
            Self::Damaged { table, column } => Some(format!("{column} of {table} that does not read")),
            Self::Database(sqlx::Error::Database(error)) => {
                let is_shape = error.code().is_some_and(|code| SHAPE_CODES.contains(&code.as_ref()));
                is_shape.then(|| error.message().to_owned())
            }
            Self::Database(sqlx::Error::ColumnDecode { index, source }) => {
                Some(format!("column {index} of another kind: {source}"))
            }
            Self::Database(_) | Self::Stopped { .. } => None,
        }
    }
}

/// What databases say when a statement of ours does not fit the tables: SQLite's general error, PostgreSQL's undefined table,
/// column and schema.
const SHAPE_CODES: [&str; 4] = ["1", "42P01", "42703", "3F000"];

impl Coded for QueryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Database(_) => ErrorCode::StoreUnavailable,
            Self::Stopped { .. } => ErrorCode::ViewsLagging,
            Self::Damaged { .. } => ErrorCode::Internal,
        }
    }
}

impl Views {
    /// Waits until every projection that runs has folded everything that the log held when this was called. Rows of one that
    /// has stopped are refused by the queries that read them, so it keeps no others waiting.
    ///
    /// # Errors
    /// [`Lagging`] if that takes longer than `timeout`, or the log cannot be read.
    pub async fn caught_up(&self, timeout: Duration) -> Result<(), Lagging> {
        let behind = || Lagging::Behind { waited: timeout };
        let wait = async {
            let target = self.end_of_log().await?;
            if self.board.borrow().has_reached(target) {
                return Ok(());
            }
            let _waiting = self.demand.wait_for(target);
            let mut board = self.board.clone();
            board.wait_for(|board| board.has_reached(target)).await.map(|_| ()).map_err(|_| behind())
        };
        tokio::time::timeout(timeout, wait).await.unwrap_or_else(|_| Err(behind()))
    }

    /// Where the rows of some projections are.
    ///
    /// # Errors
    /// [`QueryError::Stopped`] if one of them has stopped.
    pub(crate) fn rows_of<const N: usize>(&self, projections: [&'static str; N]) -> Result<&Db, QueryError> {
        match self.board.borrow().stopped(&projections) {
            Some(projection) => Err(QueryError::Stopped { projection }),
            None => Ok(&self.db),
        }
    }

    async fn end_of_log(&self) -> Result<Position, StoreError> {
        if self.log.is_shared() { Ok(self.log.head().await?.position) } else { Ok(self.feed.head().position) }
    }

    /// How far each projection is and how it fares, as last seen.
    #[must_use]
    pub fn status(&self) -> Vec<ProjectionStatus> {
        self.board.borrow().statuses(self.feed.head().position)
    }

    /// Begins to read all of the views as of one moment, as figures; `None` if there are none yet.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn figures(&self) -> Result<Option<Figures>, QueryError> {
        Figures::open(&self.db).await
    }

    /// Whether it is this process that folds; of servers that share a database one does.
    #[must_use]
    pub fn is_folding(&self) -> bool {
        self.board.borrow().folding
    }
}

/// A limit as SQL takes it: at least 1, at most [`LIST_MAX`].
pub(crate) fn list_limit(limit: u32) -> i64 {
    i64::from(limit.clamp(1, LIST_MAX))
}

/// A part of a list, and whether more follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// Whether the list goes on.
    pub has_more: bool,
}

impl<T> Part<T> {
    /// From rows of which one more was asked for than `limit`.
    pub(crate) fn of<R>(
        rows: Vec<R>,
        limit: u32,
        read: impl FnMut(R) -> Result<T, QueryError>,
    ) -> Result<Self, QueryError> {
        let limit = usize::try_from(list_limit(limit)).unwrap_or(usize::MAX);
        let has_more = rows.len() > limit;
        let items = rows.into_iter().take(limit).map(read).collect::<Result<_, _>>()?;
        Ok(Self { items, has_more })
    }
}

/// The bound of a list that goes on before `before`.
pub(crate) fn list_before(before: Option<Position>) -> i64 {
    before.map_or(i64::MAX, |before| i64::try_from(before.number()).unwrap_or(i64::MAX))
}

/// Reads typed values out of the columns of one table.
#[derive(Clone, Copy)]
pub(crate) struct Reader(pub(crate) &'static str);

impl Reader {
    /// A value that not every stored one can be, such as an id.
    pub(crate) fn read<T, N: TryInto<T>>(self, column: &'static str, stored: N) -> Result<T, QueryError> {
        stored.try_into().map_err(|_| self.damaged(column))
    }

    /// An error that names the column.
    pub(crate) const fn damaged(self, column: &'static str) -> QueryError {
        QueryError::Damaged { table: self.0, column }
    }

    /// A position.
    pub(crate) fn position(self, stored: i64) -> Result<Position, QueryError> {
        self.read("position", stored).map(Position::from_number)
    }
}

/// Fen as money.
pub(crate) const fn money(fen: i64) -> Money {
    Money::from_fen(fen)
}

/// Microseconds as a moment.
pub(crate) const fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

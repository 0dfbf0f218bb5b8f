//! Rebuilding projections beside the live tables: into tables of their own, then in one transaction into the live ones' place.
//!
//! The live projector needs no word of it: its checkpoint moves by compare-and-swap, so after a swap it finds the checkpoint
//! elsewhere and goes on from there.

mod elsewhere;
mod postgres;
mod sqlite;

use std::sync::Arc;

use event_store::sql::Db;
use event_store::{EventStore, Position, StoreError};
use kernel::{Coded, ErrorCode};

use crate::checkpoint::{self, Checkpoint};
use crate::lane::{self, Interrupt, Lane, WriteError};
use crate::projection::Projections;
use crate::projector::PAGE_MAX;
use crate::source::Source;
use crate::writer::Writer;

pub use elsewhere::build_at;

/// Under load the end of the log runs ahead for ever: after so many pages near it the rest is folded while the live tables wait.
const PAGES_AT_END_MAX: u32 = 10;

/// A projection that was rebuilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// Its name.
    pub name: &'static str,
    /// The last event in it when it took the place of the live one.
    pub position: Position,
}

/// Why a projection was not rebuilt. The live tables stand as they stood.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no projection of that name.
    #[error("there is no projection {name}; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Another rebuild is under way.
    #[error("another rebuild is under way")]
    Busy,
    /// An event cannot be digested.
    #[error("the projection {name} cannot be rebuilt: {reason}")]
    Stopped {
        /// Which projection.
        name: &'static str,
        /// Which event and why, without what the event says.
        reason: String,
    },
    /// The log or the views cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file beside the views cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Coded for RebuildError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown { .. } => ErrorCode::ProjectionUnknown,
            Self::Busy => ErrorCode::TooManyAtOnce,
            Self::Stopped { .. } => ErrorCode::ProjectionStopped,
            Self::Store(_) => ErrorCode::StoreUnavailable,
            Self::File { .. } => ErrorCode::Internal,
        }
    }
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<Interrupt> for RebuildError {
    fn from(interrupt: Interrupt) -> Self {
        match interrupt {
            Interrupt::Store(error) => Self::Store(error),
            Interrupt::Moved => Self::Busy,
            Interrupt::Parted => {
                Self::Store(StoreError::Damaged("the log does not go on from its events".to_owned()))
            }
        }
    }
}

impl From<WriteError> for RebuildError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Interrupt(interrupt) => interrupt.into(),
            WriteError::Refused(reason) => Self::Store(StoreError::Damaged(reason)),
        }
    }
}

/// Where rows are built beside the live ones.
enum Side {
    Sqlite(sqlite::Beside),
    Postgres(postgres::Beside),
}

impl Side {
    async fn open(db: &Db) -> Result<Self, RebuildError> {
        match db {
            Db::Sqlite { write, .. } => Ok(Self::Sqlite(sqlite::Beside::open(write).await?)),
            Db::Postgres(pool) => Ok(Self::Postgres(postgres::Beside::open(pool).await?)),
        }
    }

    const fn writer(&mut self) -> &mut Writer {
        match self {
            Self::Sqlite(beside) => &mut beside.writer,
            Self::Postgres(beside) => &mut beside.writer,
        }
    }

    /// Puts what was built for `lane` in the place of the live tables, not before it is as new as they are.
    async fn swap(&mut self, lane: &mut Lane, source: &mut Source) -> Result<(), RebuildError> {
        match self {
            Self::Sqlite(beside) => beside.swap(lane, source).await,
            Self::Postgres(beside) => beside.swap(lane, source).await,
        }
    }

    async fn close(self) {
        match self {
            Self::Sqlite(beside) => beside.close().await,
            Self::Postgres(beside) => beside.close().await,
        }
    }
}

/// Rebuilds one projection, or all if `name` is `None`, and puts the new tables in the place of the live ones. `progress` is
/// told how many events are done and how many there are. A projector may be at work on the same views.
///
/// # Errors
/// As [`RebuildError`] says.
pub async fn rebuild(
    db: &Db,
    log: &Arc<dyn EventStore>,
    projections: &Projections,
    name: Option<&str>,
    progress: impl FnMut(u64, u64) + Send,
) -> Result<Vec<Rebuilt>, RebuildError> {
    let chosen = projections.named(name);
    if let (true, Some(name)) = (chosen.is_empty(), name) {
        let known = projections.names().collect::<Vec<_>>().join(", ");
        return Err(RebuildError::Unknown { name: name.to_owned(), known });
    }
    let mut setup = Writer::connect(db).await?;
    checkpoint::create_missing(db, &mut setup, projections).await?;
    setup.close().await;
    let mut side = Side::open(db).await?;
    let mut lanes: Vec<_> =
        chosen.into_iter().map(|projection| Lane::new(projection, Checkpoint::START)).collect();
    let rebuilt = build_and_swap(&mut side, log, &mut lanes, progress).await;
    side.close().await;
    rebuilt
}

async fn build_and_swap(
    side: &mut Side,
    log: &Arc<dyn EventStore>,
    lanes: &mut [Lane],
    mut progress: impl FnMut(u64, u64) + Send,
) -> Result<Vec<Rebuilt>, RebuildError> {
    for lane in lanes.iter() {
        checkpoint::reset(side.writer(), lane.projection.as_ref()).await?;
    }
    let mut source = Source::new(Arc::clone(log), None, PAGE_MAX);
    let mut head = log.head().await?.position;
    progress(0, head.number());
    let mut pages_at_end = 0;
    while pages_at_end < PAGES_AT_END_MAX && catch_up(side.writer(), lanes, &mut source).await? {
        let done = lanes.first().map_or(Position::START, |lane| lane.at.position);
        if done >= head {
            head = log.head().await?.position;
        }
        progress(done.number(), head.number());
        if head.events_since(done) < u64::from(PAGE_MAX) {
            pages_at_end += 1;
        }
    }
    let mut rebuilt = Vec::new();
    for lane in lanes.iter_mut() {
        side.swap(lane, &mut source).await?;
        let name = lane.projection.name();
        tracing::info!(projection = name, position = lane.at.position.number(), "the projection was rebuilt");
        rebuilt.push(Rebuilt { name, position: lane.at.position });
    }
    head = log.head().await?.position;
    progress(head.number(), head.number());
    Ok(rebuilt)
}

/// Folds one page into tables beside; `false` if there is nothing more to fold.
async fn catch_up(
    writer: &mut Writer,
    lanes: &mut [Lane],
    source: &mut Source,
) -> Result<bool, RebuildError> {
    let Some(behind) = lane::folded(lanes) else { return Ok(false) };
    let Some(page) = source.page(behind).await? else { return Ok(false) };
    lane::fold(lanes, &page)?;
    drop(page);
    let written = lane::write_new(writer, lane::take_steps(lanes)).await;
    let made = written.map_err(|(name, error)| match error {
        WriteError::Refused(reason) => RebuildError::Stopped { name, reason },
        WriteError::Interrupt(interrupt) => interrupt.into(),
    })?;
    lane::take_made(lanes, made);
    refuse_stopped(lanes)?;
    Ok(true)
}

/// A projection that cannot be built to the end must not take the place of one that serves.
fn refuse_stopped(lanes: &[Lane]) -> Result<(), RebuildError> {
    for lane in lanes {
        if let Some(reason) = &lane.stopped {
            return Err(RebuildError::Stopped { name: lane.projection.name(), reason: reason.clone() });
        }
    }
    Ok(())
}

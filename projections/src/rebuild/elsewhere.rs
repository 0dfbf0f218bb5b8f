//! Views made in a file of their own, away from any that serve: those of a moment of the past.

use std::path::Path;
use std::sync::Arc;

use event_store::sql::close_pool;
use event_store::{EventStore, Position};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{RebuildError, catch_up};
use crate::checkpoint::{self, Checkpoint};
use crate::lane::Lane;
use crate::projection::Projections;
use crate::projector::PAGE_MAX;
use crate::source::Source;
use crate::writer::Writer;

/// Folds the whole of `log` into a new SQLite file at `path`. `progress` is told how many events are done.
///
/// # Errors
/// As [`RebuildError`] says; what was made of the file is then of no use.
pub async fn build_at(
    path: &Path,
    log: &Arc<dyn EventStore>,
    projections: &Projections,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(), RebuildError> {
    // It is of no use before it is whole, so nothing about it need be durable meanwhile, or is ever taken back.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off);
    let file = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let built = build(Writer::Sqlite(file.clone()), log, projections, progress).await;
    close_pool(&file).await;
    built
}

async fn build(
    mut writer: Writer,
    log: &Arc<dyn EventStore>,
    projections: &Projections,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(), RebuildError> {
    let mut lanes: Vec<_> =
        projections.iter().map(|projection| Lane::new(projection.clone(), Checkpoint::START)).collect();
    for lane in &lanes {
        checkpoint::reset(&mut writer, lane.projection.as_ref()).await?;
    }
    let mut source = Source::new(Arc::clone(log), None, PAGE_MAX);
    while catch_up(&mut writer, &mut lanes, &mut source).await? {
        progress(lanes.first().map_or(Position::START, |lane| lane.at.position).number());
    }
    Ok(())
}

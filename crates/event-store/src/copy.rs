//! A log copied up to a position, event by event and hash by hash: what a moment of the past stands on.

use std::path::Path;
use std::sync::Arc;

use kernel::Timestamp;

use crate::batch::{Batch, Commit, NewEvent};
use crate::error::{AppendError, OpenError, StoreError};
use crate::event::RecordedEvent;
use crate::hash::Hash;
use crate::position::{Head, Position};
use crate::read_only::{AnswerCursor, ReadOnlyLog};
use crate::sqlite::{DirectoryLock, SqliteLog};
use crate::store::EventStore as _;

/// The file by which a folder is known to hold a moment of the past.
pub const MOMENT_FILE: &str = "moment.txt";
/// Events that are copied in one transaction.
const PAGE: u32 = 2_048;

/// Why a log was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The copy cannot be made where it is wanted.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy cannot be written.
    #[error("the copy: {0}")]
    Append(#[from] AppendError),
    /// What stands in the log is not what its hash was made of.
    #[error("position {}, stream {}: the hash chain: expected {expected}, found {}", found.position, found.stream, found.hash)]
    Differs {
        /// The event.
        found: Box<RecordedEvent>,
        /// The hash that it should have.
        expected: Hash,
    },
    /// An event is missing.
    #[error("position {0}: positions are dense: expected an event at {0}, found none")]
    Missing(Position),
}

/// Copies the events of `source` up to and including `until` into a new log in `folder`, the chain computed anew and
/// compared, and the answers that were kept by then. `progress` is told how many events are done.
///
/// # Errors
/// As [`CopyError`] says; what was made in the folder is then of no use.
pub async fn copy_log(
    source: &ReadOnlyLog,
    until: Position,
    folder: &Path,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Head, CopyError> {
    let lock = Arc::new(DirectoryLock::take(folder)?);
    let log = SqliteLog::open(&folder.join("log.db"), lock).await?;
    let copied = copy_all(source, until, &log, progress).await;
    log.close().await;
    copied
}

async fn copy_all(
    source: &ReadOnlyLog,
    until: Position,
    log: &SqliteLog,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Head, CopyError> {
    let (head, last) = copy_events(source, until, log, progress).await?;
    copy_answers(source, last, log).await?;
    Ok(head)
}

/// Copies the answers that were kept up to a time: by then each commit's answer was there.
async fn copy_answers(source: &ReadOnlyLog, last: Timestamp, log: &SqliteLog) -> Result<(), CopyError> {
    let mut read_to = AnswerCursor::default();
    loop {
        let (answers, reached) = source.read_answers(&read_to, PAGE).await?;
        if answers.is_empty() {
            return Ok(());
        }
        read_to = reached;
        let kept = answers.into_iter().filter(|answer| answer.recorded_at <= last).map(|answer| Commit {
            id: answer.commit_id,
            recorded_at: answer.recorded_at,
            metadata: "{}".into(),
            events: Vec::new(),
            answer: Some(answer),
        });
        log.append(&Batch::seal(log.head().await?, kept)).await?;
    }
}

async fn copy_events(
    source: &ReadOnlyLog,
    until: Position,
    log: &SqliteLog,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<(Head, Timestamp), CopyError> {
    let mut head = log.head().await?;
    let mut last = Timestamp::default();
    while head.position < until {
        let left = u32::try_from(until.events_since(head.position)).unwrap_or(u32::MAX);
        let events = source.read_all(head.position, PAGE.min(left)).await?;
        let batch = Batch::seal(head, commits(&events));
        for (own, found) in batch.events().iter().zip(&events) {
            if own.position != found.position {
                return Err(CopyError::Missing(own.position));
            }
            if own.hash != found.hash {
                return Err(CopyError::Differs { found: Box::new(found.clone()), expected: own.hash });
            }
        }
        last = events.last().ok_or(CopyError::Missing(head.position.next()))?.recorded_at;
        log.append(&batch).await?;
        head = batch.head();
        progress(head.position.number());
    }
    Ok((head, last))
}

/// Events that stand together and were decided together, as commits.
fn commits(events: &[RecordedEvent]) -> impl Iterator<Item = Commit> {
    let together = |one: &RecordedEvent, next: &RecordedEvent| {
        (one.commit_id, one.recorded_at, &one.metadata) == (next.commit_id, next.recorded_at, &next.metadata)
    };
    events.chunk_by(together).filter_map(|events| {
        let first = events.first()?;
        Some(Commit {
            id: first.commit_id,
            recorded_at: first.recorded_at,
            metadata: Arc::clone(&first.metadata),
            events: events.iter().map(again).collect(),
            answer: None,
        })
    })
}

fn again(event: &RecordedEvent) -> NewEvent {
    NewEvent {
        stream: event.stream.clone(),
        sequence: event.sequence,
        event_type: event.event_type.clone(),
        event_version: event.event_version.clone(),
        payload: Arc::clone(&event.payload),
    }
}

//! Writing sealed batches, one after another, until it is known of each whether it was written.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Answer, AppendError, Batch, EventStore, Head, RecordedEvent, StoreError};

/// Between two tries to find out what became of a batch.
const RETRY_MIN: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// Events read at a time when another server was faster.
const PAGE: u32 = 2_000;
/// Beyond so many missed events it is cheaper to forget every cached state.
const MISSED_MAX: usize = 20_000;

/// What became of a batch.
pub(crate) enum Written {
    /// It is durable.
    Durable,
    /// Another server moved the head: what it wrote, unless that is too much.
    Moved { missed: Option<Arc<[RecordedEvent]>>, head: Head },
    /// Some of its idempotency keys have answers already.
    KeysTaken(Vec<Answer>),
    /// A stream was not as expected although the head was.
    Conflict(Head),
    /// Nothing was written and nothing can be just now.
    Unavailable,
}

/// Writes `batch` and finds out what became of it, however long that takes.
pub(crate) async fn write(log: &Arc<dyn EventStore>, batch: &Batch) -> Written {
    let mut is_ambiguous = false;
    let mut pause = RETRY_MIN;
    loop {
        match attempt(log, batch, is_ambiguous).await {
            Ok(written) => return written,
            Err(AppendError::Unavailable(error)) if !is_ambiguous => {
                tracing::error!(%error, "the log cannot be written");
                return Written::Unavailable;
            }
            Err(error) => {
                // Appending the very same batch again is safe: it can land once only.
                tracing::warn!(%error, "asking again what became of a batch");
                is_ambiguous = true;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY_MAX);
            }
        }
    }
}

async fn attempt(
    log: &Arc<dyn EventStore>,
    batch: &Batch,
    is_ambiguous: bool,
) -> Result<Written, AppendError> {
    let unresolved = AppendError::Unknown;
    if batch.events().is_empty() && batch.answers().is_empty() {
        // Only somebody who read: what was read holds if nobody else has written since.
        let head = log.head().await.map_err(AppendError::Unavailable)?;
        return if head == batch.expected() {
            Ok(Written::Durable)
        } else {
            moved(log, batch).await.map_err(AppendError::Unavailable)
        };
    }
    match log.append(batch).await {
        Ok(()) => Ok(Written::Durable),
        Err(AppendError::HeadMoved) => {
            if is_ambiguous && is_written(log, batch).await.map_err(unresolved)? {
                return Ok(Written::Durable);
            }
            moved(log, batch).await.map_err(unresolved)
        }
        Err(AppendError::KeyTaken) => {
            let keys: Vec<_> = batch.answers().iter().map(|answer| answer.key.clone()).collect();
            log.answers(&keys).await.map(Written::KeysTaken).map_err(unresolved)
        }
        Err(AppendError::StreamConflict) => log.head().await.map(Written::Conflict).map_err(unresolved),
        Err(error @ (AppendError::Unavailable(_) | AppendError::Unknown(_))) => Err(error),
    }
}

/// Whether the log holds this batch, to the hash.
async fn is_written(log: &Arc<dyn EventStore>, batch: &Batch) -> Result<bool, StoreError> {
    let Some(first) = batch.events().first() else { return Ok(false) };
    let found = log.read_all(batch.expected().position, 1).await?;
    Ok(found.first().is_some_and(|event| event.hash == first.hash))
}

/// Reads what others wrote since the batch's expected head.
async fn moved(log: &Arc<dyn EventStore>, batch: &Batch) -> Result<Written, StoreError> {
    let mut after = batch.expected().position;
    let mut missed = Vec::new();
    loop {
        let page = log.read_all(after, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        missed.extend(page);
        if missed.len() > MISSED_MAX {
            return Ok(Written::Moved { missed: None, head: log.head().await? });
        }
        if is_last {
            break;
        }
        after = missed.last().map_or(after, |event| event.position);
    }
    let epoch = log.head().await?.epoch;
    let head = match missed.last() {
        Some(last) => Head { position: last.position, hash: last.hash, epoch },
        None => Head { epoch, ..batch.expected() },
    };
    let is_continued = missed.first().is_none_or(|first| first.position.follows(batch.expected().position));
    Ok(Written::Moved { missed: is_continued.then(|| missed.into()), head })
}

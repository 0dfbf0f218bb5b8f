//! Writing sealed batches, one after another, until it is known of each whether it was written.

use std::sync::Arc;
use std::time::Duration;

use event_store::{
    Answer, AppendError, Batch, EventStore, Head, Position, RecordedEvent, StoreError, event_hash, in_time,
};
use tokio::sync::oneshot;

/// Between two tries to find out what became of a batch.
const RETRY_MIN: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// A store that says nothing to an append for so long is asked again: its network may swallow everything without a word.
const PATIENCE: Duration = Duration::from_secs(10);
/// Events read at a time when another server was faster.
const PAGE: u32 = 2_000;
/// Beyond so many missed events it is cheaper to forget every cached state.
const MISSED_MAX: u64 = 20_000;

/// What became of a batch.
pub(crate) enum Written {
    /// It is durable.
    Durable,
    /// Another server moved the head.
    Moved(Missed),
    /// Some of its idempotency keys have answers already: these. Its other keys have none.
    KeysTaken(Vec<Answer>),
    /// A stream was not as expected although the head was.
    Conflict,
    /// Nothing was written and nothing can be just now.
    Unavailable,
    /// The log does not continue what this server knows of it. Nothing can ever be written on top of that.
    Replaced,
    /// Whoever wrote has ended, and it is unknown whether it was written.
    Lost,
}

/// What another server wrote.
pub(crate) struct Missed {
    /// In order, up to the new head.
    pub(crate) events: Arc<[RecordedEvent]>,
    /// Whether these are all; if they are too many, only the last is here.
    pub(crate) is_complete: bool,
    pub(crate) head: Head,
}

/// Writes `batch` and finds out what became of it, however long that takes. If it was sent after another that was not known to be
/// durable, `before` tells when that is: until then only that it was written counts.
pub(crate) async fn write(
    log: &Arc<dyn EventStore>,
    batch: &Batch,
    mut before: Option<oneshot::Receiver<()>>,
) -> Written {
    let mut is_ambiguous = false;
    let mut pause = RETRY_MIN;
    loop {
        let written = match attempt(log, batch, is_ambiguous).await {
            Ok(Written::Durable) => return Written::Durable,
            Ok(written) => written,
            Err(
                AppendError::Unavailable(StoreError::WriterEnded)
                | AppendError::Unknown(StoreError::WriterEnded),
            ) => {
                return Written::Lost;
            }
            Err(AppendError::Unavailable(error)) if !is_ambiguous => {
                tracing::error!(%error, "the log cannot be written");
                Written::Unavailable
            }
            Err(error) => {
                // Appending the very same batch again is safe: it can land once only.
                tracing::warn!(%error, "asking again what became of a batch");
                is_ambiguous = true;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(RETRY_MAX);
                continue;
            }
        };
        let Some(before) = before.take() else { return written };
        // It was said before the other was known to be durable, so it is asked again once that is; if the other is taken back, so is
        // this one.
        before.await.ok();
    }
}

async fn attempt(
    log: &Arc<dyn EventStore>,
    batch: &Batch,
    is_ambiguous: bool,
) -> Result<Written, AppendError> {
    // What cannot be read now leaves the batch as certain or uncertain as it was.
    let unread = |error| match is_ambiguous {
        true => AppendError::Unknown(error),
        false => AppendError::Unavailable(error),
    };
    if batch.events().is_empty() && batch.answers().is_empty() {
        // Only somebody who read: what was read holds if nobody else has written since.
        let head = in_time(log.head()).await.map_err(unread)?;
        return if head == batch.expected() {
            Ok(Written::Durable)
        } else {
            moved(log, batch.expected()).await.map_err(unread)
        };
    }
    let appended = tokio::time::timeout(PATIENCE, log.append(batch)).await;
    let refused = match appended.unwrap_or(Err(AppendError::Unknown(StoreError::TimedOut))) {
        Ok(()) => return Ok(Written::Durable),
        Err(error @ (AppendError::Unavailable(_) | AppendError::Unknown(_))) => return Err(error),
        Err(refused) => refused,
    };
    // Whatever is in its way now may be this very batch.
    if is_ambiguous && is_written(log, batch).await.map_err(unread)? {
        return Ok(Written::Durable);
    }
    match refused {
        AppendError::HeadMoved => {
            let found = moved(log, batch.expected()).await.map_err(unread)?;
            if !is_ambiguous {
                return Ok(found);
            }
            // Once more, after the head: an earlier try may have landed since.
            if is_written(log, batch).await.map_err(unread)? {
                return Ok(Written::Durable);
            }
            let stands_still = matches!(&found, Written::Moved(missed) if missed.head == batch.expected());
            // Then it can still land: nothing else may be decided in its place.
            if stands_still { Err(AppendError::Unknown(StoreError::TimedOut)) } else { Ok(found) }
        }
        AppendError::KeyTaken => {
            let keys: Vec<_> = batch.answers().iter().map(|answer| answer.key.clone()).collect();
            in_time(log.answers(&keys)).await.map(Written::KeysTaken).map_err(unread)
        }
        AppendError::StreamConflict => Ok(Written::Conflict),
        error @ (AppendError::Unavailable(_) | AppendError::Unknown(_)) => Err(error),
    }
}

/// Whether the log holds this batch, to the hash.
async fn is_written(log: &Arc<dyn EventStore>, batch: &Batch) -> Result<bool, StoreError> {
    let Some(first) = batch.events().first() else { return Ok(false) };
    let found = in_time(log.read_all(batch.expected().position, 1)).await?;
    Ok(found.first().is_some_and(|event| event.hash == first.hash))
}

/// Reads what others wrote since `known`, and makes sure that they wrote it on top of that.
async fn moved(log: &Arc<dyn EventStore>, mut known: Head) -> Result<Written, StoreError> {
    let head = in_time(log.head()).await?;
    let is_same_place = head.position == known.position;
    if head.epoch != known.epoch
        || head.position < known.position
        || (is_same_place && head.hash != known.hash)
    {
        return Ok(Written::Replaced);
    }
    let is_complete = head.position.events_since(known.position) <= MISSED_MAX;
    let mut missed = Vec::new();
    while known.position < head.position {
        let page = in_time(log.read_all(known.position, if is_complete { PAGE } else { 1 })).await?;
        if page.is_empty() {
            return Err(StoreError::Damaged("the log ends before its head".to_owned()));
        }
        for event in page {
            if !event.position.follows(known.position) || event_hash(&known.hash, &event) != event.hash {
                return Ok(Written::Replaced);
            }
            known = Head { position: event.position, hash: event.hash, ..known };
            missed.push(event);
        }
        if !is_complete {
            return last_missed(log, head).await;
        }
    }
    Ok(Written::Moved(Missed { events: missed.into(), is_complete, head: known }))
}

/// So much was missed that only the last event matters: where the log goes on, and when.
async fn last_missed(log: &Arc<dyn EventStore>, head: Head) -> Result<Written, StoreError> {
    let before = Position::from_number(head.position.number().saturating_sub(1));
    let events = in_time(log.read_all(before, 1)).await?;
    if events.first().is_none_or(|event| event.hash != head.hash) {
        return Err(StoreError::Damaged("the log's last event is not its head".to_owned()));
    }
    Ok(Written::Moved(Missed { events: events.into(), is_complete: false, head }))
}

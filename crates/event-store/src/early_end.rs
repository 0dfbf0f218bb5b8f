//! A log that ends earlier than it does: events after a position are not there for whoever reads it so. Answers have no position and are
//! not cut: an engine that only reads never asks for them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::batch::{Answer, AnswerKey, Batch};
use crate::error::{AppendError, StoreError};
use crate::event::{RecordedEvent, StreamId};
use crate::position::{Head, Position};
use crate::store::EventStore;

struct EarlyEnd {
    log: Arc<dyn EventStore>,
    end: Head,
}

/// `log` as it was when `position` was its end. Nothing can be appended to it.
///
/// # Errors
/// The log cannot be read, or holds no event at `position`.
pub async fn ending_at(
    log: Arc<dyn EventStore>,
    position: Position,
) -> Result<Arc<dyn EventStore>, StoreError> {
    let epoch = log.head().await?.epoch;
    let end = match position.number().checked_sub(1) {
        None => Head { epoch, ..Head::EMPTY },
        Some(before) => {
            let found = log.read_all(Position::from_number(before), 1).await?;
            let last = found.first().filter(|event| event.position == position);
            let missing = || StoreError::Damaged(format!("there is no event at position {position}"));
            Head { position, hash: last.ok_or_else(missing)?.hash, epoch }
        }
    };
    Ok(Arc::new(EarlyEnd { log, end }))
}

#[async_trait]
impl EventStore for EarlyEnd {
    async fn head(&self) -> Result<Head, StoreError> {
        Ok(self.end)
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
        let mut events = self.log.read_stream(stream, after, limit).await?;
        events.retain(|event| event.position <= self.end.position);
        Ok(events)
    }

    async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let left = u32::try_from(self.end.position.events_since(after)).unwrap_or(u32::MAX);
        self.log.read_all(after, limit.min(left)).await
    }

    async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError> {
        self.log.answers(keys).await
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_read_only(&self) -> bool {
        true
    }

    async fn close(&self) {
        self.log.close().await;
    }
}

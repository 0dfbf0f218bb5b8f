//! A log whose end comes late: the moment between building and swapping, held still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use event_store::{
    Answer, AnswerKey, AppendError, Batch, EventStore, Head, Position, RecordedEvent, StoreError, StreamId,
};

/// Says once that there is nothing after a position, though there is.
pub(crate) struct ShortSighted {
    log: Arc<dyn EventStore>,
    sees_until: Position,
    has_looked: AtomicBool,
}

impl ShortSighted {
    pub(crate) fn new(log: Arc<dyn EventStore>, sees_until: u64) -> Self {
        Self { log, sees_until: Position::from_number(sees_until), has_looked: AtomicBool::new(false) }
    }
}

#[async_trait]
impl EventStore for ShortSighted {
    async fn head(&self) -> Result<Head, StoreError> {
        self.log.head().await
    }

    async fn append(&self, batch: &Batch) -> Result<(), AppendError> {
        self.log.append(batch).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        self.log.read_stream(stream, after, limit).await
    }

    async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = self.log.read_all(after, limit).await?;
        if !self.has_looked.load(Ordering::Relaxed) {
            events.retain(|event| event.position <= self.sees_until);
            self.has_looked.store(after >= self.sees_until, Ordering::Relaxed);
        }
        Ok(events)
    }

    async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError> {
        self.log.answers(keys).await
    }

    fn is_shared(&self) -> bool {
        self.log.is_shared()
    }

    async fn close(&self) {
        self.log.close().await;
    }
}

//! The trait both backends fulfil.

use std::time::Duration;

use async_trait::async_trait;

use crate::batch::{Answer, AnswerKey, Batch};
use crate::error::{AppendError, StoreError};
use crate::event::{RecordedEvent, StreamId};
use crate::position::{Head, Position};

/// How long a store may say nothing to a read before it counts as away: a network may swallow everything without a word.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A read that a silent store cannot hold up for ever.
///
/// # Errors
/// The read's, or [`StoreError::TimedOut`].
pub async fn in_time<T>(read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(READ_TIMEOUT, read).await.unwrap_or(Err(StoreError::TimedOut))
}

/// An append-only log of events with one head.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// The end of the log.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn head(&self) -> Result<Head, StoreError>;

    /// Writes the batch whole, durably, if the log still ends at the head that the batch expects; otherwise nothing.
    ///
    /// # Errors
    /// As [`AppendError`] says; only after [`AppendError::Unknown`] can the batch have been written.
    async fn append(&self, batch: &Batch) -> Result<(), AppendError>;

    /// Up to `limit` events of one stream with a sequence above `after`, in the order of their sequence. None of those that the
    /// log held when this was called is missing, unless there are as many as `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn read_stream(
        &self,
        stream: &StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Up to `limit` events of the whole log after a position.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn read_all(&self, after: Position, limit: u32) -> Result<Vec<RecordedEvent>, StoreError>;

    /// The kept answers to those of `keys` that have one.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn answers(&self, keys: &[AnswerKey]) -> Result<Vec<Answer>, StoreError>;

    /// Whether other processes may append to the same log.
    fn is_shared(&self) -> bool;

    /// Whether nothing can be appended here.
    fn is_read_only(&self) -> bool {
        false
    }

    /// Ends the store's own threads and connections after what is under way.
    async fn close(&self);
}

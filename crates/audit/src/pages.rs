//! The log page by page, the next one being read while this one is worked on.

use std::sync::Arc;

use event_store::{Position, ReadOnlyLog, RecordedEvent, StoreError};
use tokio::task::JoinHandle;

/// Events a page: with the page ahead, all that is in memory of the log.
const PAGE: u32 = 2_048;

/// Reads the events after a position up to and including another.
pub(crate) struct Pages {
    log: Arc<ReadOnlyLog>,
    after: Position,
    until: Position,
    ahead: Option<JoinHandle<Result<Vec<RecordedEvent>, StoreError>>>,
}

impl Pages {
    pub(crate) fn new(log: &Arc<ReadOnlyLog>, after: Position, until: Position) -> Self {
        Self { log: Arc::clone(log), after, until, ahead: None }
    }

    /// The next events, in the order in which the store gives them; `None` when there are no more up to the end.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<RecordedEvent>>, StoreError> {
        if self.after >= self.until {
            return Ok(None);
        }
        let events = match self.ahead.take() {
            Some(ahead) => ahead.await.map_err(|_| StoreError::Closed)?,
            None => self.log.read_all(self.after, PAGE).await,
        };
        let mut events = match events {
            Err(StoreError::Damaged(_)) => self.up_to_damage().await?,
            other => other?,
        };
        events.retain(|event| event.position <= self.until);
        let Some(last) = events.last().map(|event| event.position).filter(|last| *last > self.after) else {
            return Ok(None);
        };
        self.after = last;
        if last < self.until {
            let log = Arc::clone(&self.log);
            self.ahead = Some(tokio::spawn(async move { log.read_all(last, PAGE).await }));
        }
        Ok(Some(events))
    }

    /// The events before a row that does not read: what is wrong with them comes first.
    async fn up_to_damage(&self) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut limit = PAGE / 2;
        loop {
            match self.log.read_all(self.after, limit.max(1)).await {
                Err(StoreError::Damaged(_)) if limit > 1 => limit /= 2,
                read => return read,
            }
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if let Some(ahead) = &self.ahead {
            ahead.abort();
        }
    }
}

//! Where events to fold come from: the feed while it reaches back far enough, else the log, a page ahead.

use std::sync::Arc;

use event_store::{EventStore, Feed, Position, RecordedEvent, StoreError, event_hash};
use tokio::task::JoinHandle;

use crate::checkpoint::Checkpoint;

/// Events that are folded together: consecutive, in order.
pub(crate) struct Page {
    batches: Vec<Arc<[RecordedEvent]>>,
    after: Position,
    limit: usize,
}

impl Page {
    /// The events.
    pub(crate) fn events(&self) -> impl Iterator<Item = &RecordedEvent> {
        self.batches
            .iter()
            .flat_map(|batch| batch.iter())
            .filter(|event| event.position > self.after)
            .take(self.limit)
    }

    /// Whether its next event for whoever has come as far as `at` stands right on the event there, by the hash.
    pub(crate) fn follows(&self, at: &Checkpoint) -> bool {
        let next = self.events().find(|event| event.position > at.position);
        next.is_none_or(|next| event_hash(&at.hash, next) == next.hash)
    }
}

/// A page being read ahead of its need.
struct Ahead {
    after: Position,
    read: JoinHandle<Result<Vec<RecordedEvent>, StoreError>>,
}

/// Reads the log in order.
pub(crate) struct Source {
    log: Arc<dyn EventStore>,
    feed: Option<Arc<Feed>>,
    page_max: u32,
    ahead: Option<Ahead>,
}

impl Source {
    /// Reads pages of at most `page_max` events.
    pub(crate) fn new(log: Arc<dyn EventStore>, feed: Option<Arc<Feed>>, page_max: u32) -> Self {
        Self { log, feed, page_max: page_max.max(1), ahead: None }
    }

    /// The events right after `at`; `None` if there is none.
    pub(crate) async fn page(&mut self, at: Checkpoint) -> Result<Option<Page>, StoreError> {
        let (after, limit) = (at.position, self.page_max as usize);
        let batches = self.feed.as_ref().and_then(|feed| feed.after(after)).unwrap_or_default();
        if !batches.is_empty() {
            let page = Page { batches, after, limit };
            // A feed outlives a log that was put back to an earlier state.
            if page.follows(&at) {
                return Ok(Some(page));
            }
        }
        let ahead = match self.take_ahead(after) {
            Some(ahead) => ahead.read.await.map_err(|_| StoreError::Closed)??,
            None => Vec::new(),
        };
        // What was read ahead and found empty says nothing of now.
        let events = if ahead.is_empty() { self.log.read_all(after, self.page_max).await? } else { ahead };
        let Some(last) = events.last() else { return Ok(None) };
        if events.len() == limit {
            self.read_ahead(last.position);
        }
        Ok(Some(Page { batches: vec![events.into()], after, limit }))
    }

    fn take_ahead(&mut self, after: Position) -> Option<Ahead> {
        let ahead = self.ahead.take()?;
        if ahead.after == after {
            return Some(ahead);
        }
        ahead.read.abort();
        None
    }

    fn read_ahead(&mut self, after: Position) {
        let (log, page_max) = (Arc::clone(&self.log), self.page_max);
        let read = tokio::spawn(async move { log.read_all(after, page_max).await });
        self.ahead = Some(Ahead { after, read });
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Some(ahead) = &self.ahead {
            ahead.read.abort();
        }
    }
}

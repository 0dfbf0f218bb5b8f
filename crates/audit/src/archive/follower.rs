//! Following the log from any place on: every event once, in order, with nothing kept for a reader who is slow.

use event_store::{Head, Position, RecordedEvent};
use tokio::sync::watch;

use super::{Archive, StoredEvent, advance};
use crate::scan::ReportError;

/// Somebody who follows the log. It remembers a place and nothing else.
pub struct Follower {
    archive: Archive,
    at: Position,
    /// Woken by what this server writes.
    written: watch::Receiver<Head>,
    /// Woken by what others write.
    end: watch::Receiver<Position>,
}

impl Archive {
    /// Follows the log after a place of it; after its end, if that is `None`.
    ///
    /// # Errors
    /// [`ReportError::AfterHead`], or the store cannot be read.
    pub async fn follow(&self, after: Option<u64>) -> Result<Follower, ReportError> {
        let end = self.0.end.subscribe();
        let head = self.0.short.head().await?.position;
        advance(&self.0.end, head);
        let at = after.map_or(head, Position::from_number);
        if at > head {
            return Err(ReportError::AfterHead { asked: at, head });
        }
        Ok(Follower { archive: self.clone(), at, written: self.0.feed.subscribe(), end })
    }
}

impl Follower {
    /// The place up to which everything was handed out.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.at.number()
    }

    /// The next events, at most `limit`; waits until there are some. Cut off while it waits, it loses nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next(&mut self, limit: u32) -> Result<Vec<StoredEvent>, ReportError> {
        loop {
            let known = self.written.borrow_and_update().position.max(*self.end.borrow_and_update());
            let events = match self.recent(limit) {
                recent if !recent.is_empty() => recent,
                _ if known > self.at => self.archive.0.short.read_all(self.at, limit).await?,
                none => none,
            };
            if let Some(last) = events.last() {
                let stored = events.iter().map(StoredEvent::of).collect::<Result<Vec<_>, _>>()?;
                self.at = last.position;
                return Ok(stored);
            }
            tokio::select! {
                _ = self.written.changed() => {}
                _ = self.end.changed() => {}
            }
        }
    }

    /// What stands in memory right behind the place.
    fn recent(&self, limit: u32) -> Vec<RecordedEvent> {
        let batches = self.archive.0.feed.after(self.at).unwrap_or_default();
        let events = batches.iter().flat_map(|batch| batch.iter());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        events.filter(|event| event.position > self.at).take(limit).cloned().collect()
    }
}

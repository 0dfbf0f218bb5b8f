//! The log for those who ask while servers write it: short reads by position, by stream and by account, and following its end.
//!
//! Nothing in here changes anything, and no answer about the past depends on when it is asked.

mod account;
mod follower;
mod history;
mod moments;
mod stored;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use event_store::{Feed, Location, OpenError, Position, ReadOnlyLog};
use kernel::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::scan::ReportError;

pub use account::{AccountAt, AccountState};
pub use follower::Follower;
pub use history::{EventFilter, EventPage, HistoryPage, JournalPage};
pub use moments::{Span, Standing};
pub use stored::StoredEvent;
pub use streams::StreamSlice;

/// How often the end of a log that other servers write is looked at while somebody follows it.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A log opened for reading alone, and the feed of the server that asks. Clones share everything.
#[derive(Clone)]
pub struct Archive(Arc<Inner>);

struct Inner {
    /// For reads of a page.
    short: Arc<ReadOnlyLog>,
    /// For those who read all of it.
    long: Arc<ReadOnlyLog>,
    feed: Arc<Feed>,
    /// Where the log ended when it was last looked at for followers.
    end: watch::Sender<Position>,
    poll: Option<JoinHandle<()>>,
}

/// Where the log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// The last event's position; 0 if there is none.
    pub position: u64,
    /// The last event's hash; zeros if there is none.
    pub hash: String,
    /// The last event's time.
    pub time: Option<Timestamp>,
    /// Raised by an operator after a restore.
    pub epoch: u64,
}

impl Archive {
    /// Opens the log at `location`. `feed` holds what this server writes; `is_shared` says whether others write, too.
    ///
    /// # Errors
    /// As [`OpenError`] says.
    pub async fn open(location: &Location, feed: Arc<Feed>, is_shared: bool) -> Result<Self, OpenError> {
        let short = Arc::new(ReadOnlyLog::open(location).await?);
        let long = Arc::new(ReadOnlyLog::open(location).await?);
        let end = watch::Sender::new(Position::START);
        let poll = is_shared.then(|| tokio::spawn(watch_end(Arc::clone(&short), end.clone())));
        Ok(Self(Arc::new(Inner { short, long, feed, end, poll })))
    }

    /// The log, for reports over all of it.
    #[must_use]
    pub fn log(&self) -> &Arc<ReadOnlyLog> {
        &self.0.long
    }

    /// Where the log ends.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn end(&self) -> Result<LogEnd, ReportError> {
        let head = self.0.short.head().await?;
        let last = self.event_at(head.position).await?;
        Ok(LogEnd {
            position: head.position.number(),
            hash: head.hash.to_string(),
            time: last.map(|event| event.recorded_at),
            epoch: head.epoch,
        })
    }

    /// Closes its connections.
    pub async fn close(&self) {
        if let Some(poll) = &self.0.poll {
            poll.abort();
        }
        self.0.short.close().await;
        self.0.long.close().await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(poll) = &self.poll {
            poll.abort();
        }
    }
}

/// Looks at the end of the log for as long as somebody wants to know.
async fn watch_end(log: Arc<ReadOnlyLog>, end: watch::Sender<Position>) {
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        if end.receiver_count() == 0 {
            continue;
        }
        match log.head().await {
            Ok(head) => advance(&end, head.position),
            // Whoever reads then is told; looking is tried again.
            Err(_) => end.send_modify(|_| {}),
        }
    }
}

fn advance(end: &watch::Sender<Position>, position: Position) {
    end.send_if_modified(|last| {
        let is_later = position > *last;
        *last = position.max(*last);
        is_later
    });
}

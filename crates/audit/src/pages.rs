//! The log page by page, in order; while one page is worked on, the next are read and worked up by other threads.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use event_store::{EventRef, GENESIS, Gather, Gathered, Hash, Position, ReadOnlyLog, StoreError, Stretch};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Events a page.
pub(crate) const PAGE: u32 = 1_024;
/// Pages that are read at the same time at the most.
const READERS_MAX: usize = 4;
/// Pages for each of these that are begun and not yet taken: a reader that has to wait for a processor holds up nobody but
/// who waits for its very page.
const AHEAD: usize = 4;

/// What a page is made into, event by event, where it is read.
pub(crate) trait Make: Send + 'static {
    /// Takes the next event; `previous` is the hash that stands in the row before it, if there is one.
    fn take(&mut self, event: &EventRef<'_>, previous: Option<Hash>);
}

/// A page in the making.
struct Making<M> {
    after: Position,
    previous: Option<Hash>,
    last: Option<Position>,
    made: M,
}

impl<M: Make> Gather for Making<M> {
    fn take(&mut self, event: &EventRef<'_>) {
        // The first is the row before the page, read for its hash alone.
        if event.position > self.after {
            self.made.take(event, self.previous);
            self.last = Some(event.position);
        }
        self.previous = Some(event.hash);
    }
}

/// What a page was made into.
type Read<M> = Result<Gathered<Making<M>>, StoreError>;

/// Where pages come from.
struct Reader<M> {
    log: Arc<ReadOnlyLog>,
    begin: Arc<dyn Fn() -> M + Send + Sync>,
    /// As many as may be read at the same time.
    turns: Arc<Semaphore>,
}

/// Reads the events after a position up to and including another.
pub(crate) struct Pages<M> {
    reader: Reader<M>,
    /// The last event given.
    after: Position,
    until: Position,
    /// Pages on their way, in order, and up to where they reach. None are begun any more once positions are missing: where the
    /// next page begins is then known only when the one before is there.
    ahead: VecDeque<JoinHandle<Read<M>>>,
    begun: Position,
    ahead_max: usize,
    damage: Option<StoreError>,
}

impl<M: Make> Pages<M> {
    pub(crate) fn new(
        log: &Arc<ReadOnlyLog>,
        after: Position,
        until: Position,
        begin: impl Fn() -> M + Send + Sync + 'static,
    ) -> Self {
        let readers = available_parallelism().map_or(1, NonZero::get).min(READERS_MAX);
        let turns = Arc::new(Semaphore::new(readers));
        let reader = Reader { log: Arc::clone(log), begin: Arc::new(begin), turns };
        let ahead_max = readers * AHEAD;
        Self { reader, after, until, ahead: VecDeque::new(), begun: after, ahead_max, damage: None }
    }

    /// What was made of the next events, in the order in which the store gives them; `None` when there are no more up to
    /// the end.
    ///
    /// # Errors
    /// The store cannot be read, or a row that comes next does not read.
    pub(crate) async fn next(&mut self) -> Result<Option<M>, StoreError> {
        while self.damage.is_none() && self.after < self.until {
            self.begin();
            let end = self.after.advanced_by(PAGE as usize).min(self.until);
            let ahead = self.ahead.pop_front();
            let is_ahead = ahead.is_some();
            let read = match ahead {
                Some(page) => page.await.map_err(|_| StoreError::Closed)?,
                None => self.reader.read(self.after, self.until).await,
            };
            let Gathered { made: page, damage } = read?;
            self.damage = damage;
            if page.last != Some(end) {
                self.ahead.clear();
                self.ahead_max = 0;
            }
            match page.last {
                Some(last) => {
                    self.after = last;
                    return Ok(Some(page.made));
                }
                None if is_ahead => {}
                None => break,
            }
        }
        self.damage.take().map_or(Ok(None), Err)
    }

    /// Begins as many pages as may be on their way.
    fn begin(&mut self) {
        while self.ahead.len() < self.ahead_max && self.begun < self.until {
            let (after, end) = (self.begun, self.begun.advanced_by(PAGE as usize).min(self.until));
            let reader = self.reader.clone();
            self.ahead.push_back(tokio::spawn(async move { reader.read(after, end).await }));
            self.begun = end;
        }
    }
}

impl<M> Drop for Pages<M> {
    fn drop(&mut self) {
        // Nobody will ask for what is not read yet.
        self.reader.turns.close();
    }
}

impl<M> Clone for Reader<M> {
    fn clone(&self) -> Self {
        let Self { log, begin, turns } = self;
        Self { log: Arc::clone(log), begin: Arc::clone(begin), turns: Arc::clone(turns) }
    }
}

impl<M: Make> Reader<M> {
    async fn read(&self, after: Position, until: Position) -> Read<M> {
        let _turn = self.turns.acquire().await.map_err(|_| StoreError::Closed)?;
        // The row before is read, too.
        let before = after.number().checked_sub(1).map(Position::from_number);
        let limit = PAGE + u32::from(before.is_some());
        let stretch = Stretch { after: before.unwrap_or(after), until, limit };
        let previous = before.is_none().then_some(GENESIS);
        let begin = Arc::clone(&self.begin);
        self.log.gather(stretch, move || Making { after, previous, last: None, made: begin() }).await
    }
}

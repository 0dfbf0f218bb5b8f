//! The log page by page, in order; while one page is worked on, the next are read and worked up by other threads.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use event_store::{EventRef, GENESIS, Gather, Gathered, Hash, Position, ReadOnlyLog, StoreError, Stretch};
use tokio::sync::mpsc;

/// Events a page.
pub(crate) const PAGE: u32 = 1_024;
/// Threads that read at the most.
const READERS_MAX: usize = 4;
/// Pages that each of them has ready at the most, beside the one it reads.
const READY_MAX: usize = 2;

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
}

/// Reads the events after a position up to and including another.
pub(crate) struct Pages<M> {
    reader: Reader<M>,
    /// The last event given.
    after: Position,
    until: Position,
    /// Readers take pages in turn. None are left once positions are missing: where the next page begins is then known only
    /// when the one before is there.
    ahead: VecDeque<mpsc::Receiver<Read<M>>>,
    damage: Option<StoreError>,
}

impl<M: Make> Pages<M> {
    pub(crate) fn new(
        log: &Arc<ReadOnlyLog>,
        after: Position,
        until: Position,
        begin: impl Fn() -> M + Send + Sync + 'static,
    ) -> Self {
        let reader = Reader { log: Arc::clone(log), begin: Arc::new(begin) };
        let pages =
            usize::try_from(until.events_since(after).div_ceil(u64::from(PAGE))).unwrap_or(usize::MAX);
        let readers = available_parallelism().map_or(1, NonZero::get).min(READERS_MAX).min(pages);
        let ahead = (0..readers).map(|turn| reader.clone().start(after, until, turn, readers)).collect();
        Self { reader, after, until, ahead, damage: None }
    }

    /// What was made of the next events, in the order in which the store gives them; `None` when there are no more up to
    /// the end.
    ///
    /// # Errors
    /// The store cannot be read, or a row that comes next does not read.
    pub(crate) async fn next(&mut self) -> Result<Option<M>, StoreError> {
        while self.damage.is_none() && self.after < self.until {
            let end = self.after.advanced_by(PAGE as usize).min(self.until);
            let is_ahead = !self.ahead.is_empty();
            let read = match self.ahead.pop_front() {
                Some(mut turn) => {
                    let read = turn.recv().await.ok_or(StoreError::Closed)?;
                    self.ahead.push_back(turn);
                    read
                }
                None => self.reader.read(self.after, self.until).await,
            };
            let Gathered { made: page, damage } = read?;
            self.damage = damage;
            if page.last != Some(end) {
                self.ahead.clear();
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
}

impl<M> Clone for Reader<M> {
    fn clone(&self) -> Self {
        Self { log: Arc::clone(&self.log), begin: Arc::clone(&self.begin) }
    }
}

impl<M: Make> Reader<M> {
    /// Reads every page whose turn it is of so many readers, until nobody takes them any more.
    fn start(self, after: Position, until: Position, turn: usize, readers: usize) -> mpsc::Receiver<Read<M>> {
        let (ready, taken) = mpsc::channel(READY_MAX);
        tokio::spawn(async move {
            let mut begin = after.advanced_by(turn * PAGE as usize);
            while begin < until {
                let end = begin.advanced_by(PAGE as usize).min(until);
                if ready.send(self.read(begin, end).await).await.is_err() {
                    return;
                }
                begin = begin.advanced_by(readers * PAGE as usize);
            }
        });
        taken
    }

    async fn read(&self, after: Position, until: Position) -> Read<M> {
        // The row before is read, too.
        let before = after.number().checked_sub(1).map(Position::from_number);
        let limit = PAGE + u32::from(before.is_some());
        let stretch = Stretch { after: before.unwrap_or(after), until, limit };
        let previous = before.is_none().then_some(GENESIS);
        let begin = Arc::clone(&self.begin);
        self.log.gather(stretch, move || Making { after, previous, last: None, made: begin() }).await
    }
}

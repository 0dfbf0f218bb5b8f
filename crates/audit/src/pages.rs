//! The log page by page, in order; while one page is worked on, the next are read and worked up by other threads.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;

use event_store::{EventRef, GENESIS, Gather, Gathered, Hash, Position, ReadOnlyLog, StoreError, Stretch};
use tokio::sync::mpsc;

/// Events a page.
pub(crate) const PAGE: u32 = 1_024;
/// Threads that read at the most.
const READERS_MAX: usize = 4;
/// Pages that each of them has ready at the most, beside the one it reads: enough to go on with while another one has to wait
/// for a processor.
const READY_MAX: usize = 4;

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
        let begins = |turn: usize| after.advanced_by(turn * PAGE as usize);
        let ahead = (0..readers).map(|turn| reader.start(begins(turn), until, readers)).collect();
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
            let mut turn = match self.ahead.pop_front() {
                Some(turn) => turn,
                // One page, as far as it may go.
                None => self.reader.start_one(self.after, self.until),
            };
            let Gathered { made: page, damage } = turn.recv().await.ok_or(StoreError::Closed)??;
            if is_ahead {
                self.ahead.push_back(turn);
            }
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

impl<M: Make> Reader<M> {
    /// Reads one page of every so many, until nobody takes them any more.
    fn start(&self, begin: Position, until: Position, readers: usize) -> mpsc::Receiver<Read<M>> {
        let next = move |begin: &Position| Some(begin.advanced_by(readers * PAGE as usize));
        let begins = std::iter::successors(Some(begin), next).take_while(move |begin| *begin < until);
        self.read(begins.map(move |begin| page(begin, begin.advanced_by(PAGE as usize).min(until))))
    }

    fn start_one(&self, after: Position, until: Position) -> mpsc::Receiver<Read<M>> {
        self.read(std::iter::once(page(after, until)))
    }

    fn read(&self, pages: impl Iterator<Item = Stretch> + Send + 'static) -> mpsc::Receiver<Read<M>> {
        let (ready, taken) = mpsc::channel(READY_MAX);
        let (log, begin) = (Arc::clone(&self.log), Arc::clone(&self.begin));
        tokio::spawn(async move { log.gather_each(pages, move |page| making(page, begin()), ready).await });
        taken
    }
}

/// A page after a position. The row before is read, too, unless it is the first page.
fn page(after: Position, until: Position) -> Stretch {
    match after.number().checked_sub(1).map(Position::from_number) {
        Some(before) => Stretch { after: before, until, limit: PAGE + 1 },
        None => Stretch { after, until, limit: PAGE },
    }
}

fn making<M>(Stretch { after, limit, .. }: Stretch, made: M) -> Making<M> {
    if limit > PAGE {
        Making { after: after.advanced_by(1), previous: None, last: None, made }
    } else {
        Making { after, previous: Some(GENESIS), last: None, made }
    }
}

/// Room for the events of pages: what one page needed another uses again, on whatever thread.
pub(crate) struct Room<T>(Arc<Mutex<Vec<Vec<T>>>>);

impl<T> Clone for Room<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Room<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Room<T> {
    /// Room for a page.
    pub(crate) fn take(&self) -> Vec<T> {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Vec::with_capacity(PAGE as usize))
    }

    /// Gives it back. There is never more than pages were under way at one time.
    pub(crate) fn give_back(&self, mut page: Vec<T>) {
        page.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(page);
    }
}

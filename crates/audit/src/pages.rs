//! The log page by page, in order; while one page is worked on, the next are read and worked up by other threads.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId, available_parallelism};

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
    /// None once positions are missing: where the next page begins is then known only when the one before is there.
    ahead: Option<Ahead<M>>,
    damage: Option<StoreError>,
}

/// Pages that are read ahead.
struct Ahead<M> {
    /// Which reader has claimed the next page, and the next.
    claimed: mpsc::UnboundedReceiver<usize>,
    ready: Vec<mpsc::Receiver<Read<M>>>,
}

impl<M> Ahead<M> {
    /// The next page.
    async fn next(&mut self) -> Option<Read<M>> {
        let reader = self.claimed.recv().await?;
        self.ready.get_mut(reader)?.recv().await
    }
}

/// Pages to be read. Each reader claims the next when it has done the one before: dealt out in turn, the slowest would keep
/// all others waiting, and with them their processors.
struct Claims {
    next: Mutex<Position>,
    until: Position,
    claimed: mpsc::UnboundedSender<usize>,
}

impl Claims {
    /// The next page, which is the reader's now.
    fn claim(&self, reader: usize) -> Option<Stretch> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = *next;
        if begin >= self.until || self.claimed.send(reader).is_err() {
            return None;
        }
        *next = begin.advanced_by(PAGE as usize);
        Some(page(begin, next.min(self.until)))
    }
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
        let (told, claimed) = mpsc::unbounded_channel();
        let claims = Arc::new(Claims { next: Mutex::new(after), until, claimed: told });
        let ready = (0..readers).map(|number| reader.start(number, Arc::clone(&claims))).collect();
        Self { reader, after, until, ahead: Some(Ahead { claimed, ready }), damage: None }
    }

    /// What was made of the next events, in the order in which the store gives them; `None` when there are no more up to
    /// the end.
    ///
    /// # Errors
    /// The store cannot be read, or a row that comes next does not read.
    pub(crate) async fn next(&mut self) -> Result<Option<M>, StoreError> {
        while self.damage.is_none() && self.after < self.until {
            let end = self.after.advanced_by(PAGE as usize).min(self.until);
            let is_ahead = self.ahead.is_some();
            let read = match &mut self.ahead {
                Some(ahead) => ahead.next().await,
                // One page, as far as it may go.
                None => self.reader.start_one(self.after, self.until).recv().await,
            };
            let Gathered { made: page, damage } = read.ok_or(StoreError::Closed)??;
            self.damage = damage;
            if page.last != Some(end) {
                self.ahead = None;
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
    /// Reads what it can claim, until nothing is left or nobody takes it any more.
    fn start(&self, number: usize, claims: Arc<Claims>) -> mpsc::Receiver<Read<M>> {
        self.read(std::iter::from_fn(move || claims.claim(number)))
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

/// Room for the events of pages: what one page needed another uses again.
pub(crate) struct Room<T>(Arc<Mutex<Vec<Lent<T>>>>);

/// Room that a page has, and the thread that filled it.
pub(crate) struct Lent<T> {
    pub(crate) events: Vec<T>,
    filled_by: ThreadId,
}

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
    /// Room for a page that this thread fills: the one it filled before, if that is free. Memory is given back to the allocator
    /// where it was taken; otherwise each thread's share of the heap would grow while others fill up with what it needs.
    pub(crate) fn take(&self) -> Lent<T> {
        let filled_by = thread::current().id();
        let spare = {
            let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match spare.iter().position(|lent| lent.filled_by == filled_by) {
                Some(own) => Some(spare.swap_remove(own)),
                None => spare.pop(),
            }
        };
        let mut events = spare.map_or_else(|| Vec::with_capacity(PAGE as usize), |lent| lent.events);
        events.clear();
        Lent { events, filled_by }
    }

    /// Gives it back with what is in it. There is never more than pages were under way at one time.
    pub(crate) fn give_back(&self, page: Lent<T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(page);
    }
}

//! The one that decides. It runs every unit of work against the cached states with all earlier work applied, and
//! hands the next batch over whenever the last one is durable, or, where nobody else writes, is being written.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use event_store::{Batch, EventStore, Feed, Head};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use kernel::{Clock, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::answers::Answers;
use crate::cache::Cache;
use crate::error::CommitError;
use crate::fetch::Load;
use crate::job::{Queued, Ran, answer_key};
use crate::load::Loader;
use crate::open_batch::{OpenBatch, Waiting};
use crate::parking::Parking;
use crate::snapshots::SnapshotKeeper;
use crate::tx::{Decided, Finished, Tx};
use crate::write::{Written, write};
use crate::writes::Writes;

/// Batches on their way at the same time at the most.
const WRITING_MAX: usize = 2;

/// What the sequencer is told.
pub(crate) enum Message {
    Job(Queued),
    Loaded(Load),
    Stop(oneshot::Sender<()>),
}

/// What the sequencer wakes up for.
enum News {
    Message(Message),
    Written(Written),
}

/// A batch on its way to the store.
pub(crate) struct WritingBatch {
    pub(crate) batch: Arc<Batch>,
    pub(crate) opened: OpenBatch,
    /// How many of its commits have events.
    pub(crate) commits: u64,
    /// How many units of work it writes, those that leave nothing but an answer included.
    pub(crate) units: usize,
    /// The sequencer drives it itself. A write that panics is lost.
    write: BoxFuture<'static, Written>,
    /// What came of it, while that of the batch before is not known.
    written: Option<Written>,
    /// Tells the batch that was sent after this one that this one is durable.
    durable: Option<oneshot::Sender<()>>,
}

impl WritingBatch {
    /// What came of it, once that is known.
    fn poll_written(&mut self, context: &mut Context<'_>) {
        if self.written.is_none()
            && let Poll::Ready(written) = self.write.poll_unpin(context)
        {
            self.written = Some(written);
        }
    }

    /// Lets the batch that was sent after this one know that it stands on what is durable.
    pub(crate) fn tell_next(&mut self) {
        if let Some(durable) = self.durable.take() {
            durable.send(()).ok();
        }
    }
}

/// What the sequencer works with.
pub(crate) struct Sequencer {
    pub(crate) log: Arc<dyn EventStore>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) clock: Clock,
    pub(crate) runtime: Handle,
    pub(crate) loader: Loader,
    pub(crate) keeper: SnapshotKeeper,
    pub(crate) inbox: mpsc::UnboundedReceiver<Message>,
    pub(crate) self_sender: mpsc::UnboundedSender<Message>,
    pub(crate) cache: Cache,
    pub(crate) head: Head,
    pub(crate) last_recorded_at: Timestamp,
    pub(crate) progress: Progress,
    /// Set for good when nothing can be written any more.
    pub(crate) writes: Arc<Writes>,
}

/// What is under way.
pub(crate) struct Progress {
    pub(crate) queue: VecDeque<Queued>,
    pub(crate) parking: Parking,
    pub(crate) answers: Answers,
    pub(crate) open: OpenBatch,
    /// The batches on their way, oldest first.
    pub(crate) writing: VecDeque<WritingBatch>,
    /// The number of the open batch; those on their way have the numbers before.
    pub(crate) open_number: u64,
    /// Those who wait for the end.
    stopping: Vec<oneshot::Sender<()>>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            parking: Parking::default(),
            answers: Answers::new(),
            open: OpenBatch::default(),
            writing: VecDeque::new(),
            open_number: 1,
            stopping: Vec::new(),
        }
    }

    fn durable_number(&self) -> u64 {
        self.open_number - 1 - self.writing.len() as u64
    }

    /// Whether the open batch may be sent: at once if none is on its way. Beside one, only where the store writes batches in the order
    /// in which they come; only if it is as large, for batches would become small otherwise; and only if the earlier one moves the
    /// head, so that the later one's compare-and-swap fails unless the earlier was written.
    fn may_send(&self, is_shared: bool) -> bool {
        let Some(before) = self.writing.back() else { return true };
        let most = if is_shared { 1 } else { WRITING_MAX };
        self.writing.len() < most
            && !self.open.commits.is_empty()
            && self.open.waiting.len() >= before.opened.waiting.len()
            && before.batch.head().position > before.batch.expected().position
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.parking.is_empty() && self.open.is_empty() && self.writing.is_empty()
    }
}

impl Sequencer {
    /// Works until told to stop, and then until nothing is left to do.
    pub(crate) async fn run(mut self) {
        while let Some(news) = self.news().await {
            match news {
                News::Message(message) => self.take(message),
                News::Written(written) => self.take_written(written),
            }
            while let Ok(message) = self.inbox.try_recv() {
                self.take(message);
            }
            self.work();
            let progress = &mut self.progress;
            let durable = progress.durable_number();
            self.cache.shrink(durable, |stream| progress.parking.is_pinned(stream));
            progress.answers.shrink(durable);
            if progress.is_idle() && !progress.stopping.is_empty() {
                // The log and the inbox are let go before anybody is told.
                let stopping = std::mem::take(&mut progress.stopping);
                drop(self);
                for stopped in stopping {
                    stopped.send(()).ok();
                }
                return;
            }
        }
    }

    /// The next message, or what came of the oldest write under way.
    async fn news(&mut self) -> Option<News> {
        std::future::poll_fn(|context| {
            let writing = &mut self.progress.writing;
            writing.iter_mut().for_each(|batch| batch.poll_written(context));
            if let Some(written) = writing.front_mut().and_then(|oldest| oldest.written.take()) {
                return Poll::Ready(Some(News::Written(written)));
            }
            self.inbox.poll_recv(context).map(|message| message.map(News::Message))
        })
        .await
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Job(queued) if self.is_given_up() => queued.job.fail(CommitError::Unavailable),
            Message::Job(queued) => self.progress.queue.push_back(queued),
            Message::Loaded(load) => self.take_loaded(load),
            Message::Stop(stopped) => self.progress.stopping.push(stopped),
        }
    }

    /// Decides for as long as there is room: in the batch that follows a sealed one, too.
    fn work(&mut self) {
        loop {
            self.decide_queue();
            if !self.seal() {
                return;
            }
        }
    }

    fn decide_queue(&mut self) {
        while let Some(next) = self.progress.queue.front() {
            let must_wait = next.conflicts > 0 && !self.progress.open.is_empty();
            if must_wait || self.progress.open.is_full() {
                return;
            }
            if let Some(queued) = self.progress.queue.pop_front() {
                self.answer_or_decide(queued);
            }
        }
    }

    /// Answers a request whose key has an answer already, and decides any other.
    pub(crate) fn answer_or_decide(&mut self, mut queued: Queued) {
        let idempotency = queued.job.idempotency();
        let found = idempotency
            .and_then(|it| self.progress.answers.get(&answer_key(it)).map(|known| (known, it.request_hash)));
        let Some((known, request_hash)) = found else { return self.decide(queued) };
        self.progress.parking.unpin(&mut queued);
        let is_same = known.request_hash == request_hash;
        let waiting = Waiting::Repeated(queued, is_same.then_some(known.body));
        if known.batch <= self.progress.durable_number() {
            waiting.finish();
        } else {
            self.progress.open.waiting.push(waiting);
        }
    }

    fn decide(&mut self, mut queued: Queued) {
        let now = self.clock.now().max(self.last_recorded_at);
        let base = self.head_to_be().position;
        let mut tx = Tx::new(&mut self.cache, now, self.progress.open.next_position(base));
        let ran = catch_unwind(AssertUnwindSafe(|| queued.job.run(&mut tx)))
            .unwrap_or_else(|_| Ran::Broken("a decision panicked".to_owned()));
        let Finished { decided, missing, is_blocked } = tx.finish();
        let ran = match ran {
            Ran::NotLoaded if missing.is_empty() => {
                Ran::Broken("it waits for a state that it does not name".to_owned())
            }
            Ran::Done | Ran::Refused | Ran::NotLoaded if is_blocked => Ran::NotLoaded,
            Ran::Done | Ran::Refused | Ran::NotLoaded | Ran::Broken(_) => ran,
        };
        if !matches!(ran, Ran::NotLoaded) {
            self.progress.parking.unpin(&mut queued);
        }
        match ran {
            Ran::NotLoaded => self.park(queued, missing),
            Ran::Broken(reason) => {
                tracing::error!(reason, "a unit of work cannot be run");
                queued.job.fail(CommitError::Internal);
            }
            Ran::Done => self.add(queued, decided, now),
            Ran::Refused => self.add(queued, Decided::default(), now),
        }
    }

    fn add(&mut self, queued: Queued, decided: Decided, now: Timestamp) {
        let progress = &mut self.progress;
        let changes_nothing = decided.events.is_empty() && queued.job.idempotency().is_none();
        let is_certain = progress.open.is_empty() && progress.writing.is_empty() && !self.log.is_shared();
        if changes_nothing && is_certain {
            queued.job.finish();
            return;
        }
        if !decided.events.is_empty() {
            self.last_recorded_at = now;
        }
        decided.states.keys().for_each(|stream| progress.parking.note_own(stream));
        let number = progress.open_number;
        if let Some(answer) = progress.open.add(queued, decided, &mut self.cache, number, now) {
            progress.answers.put(&answer, number);
        }
    }

    /// Hands the open batch to the store, unless it must wait for those on their way; says whether there is a new open batch.
    pub(crate) fn seal(&mut self) -> bool {
        let head = self.head_to_be();
        let progress = &mut self.progress;
        if progress.open.is_empty() || !progress.may_send(self.log.is_shared()) {
            return false;
        }
        let mut opened = std::mem::take(&mut progress.open);
        progress.open_number += 1;
        if opened.commits.is_empty() && !self.log.is_shared() {
            // Everything they saw is durable by now, and nothing is to be written.
            opened.waiting.into_iter().for_each(Waiting::finish);
            return true;
        }
        let commits = opened.commits.iter().filter(|commit| !commit.events.is_empty()).count();
        let units = opened.commits.len();
        let batch = Arc::new(Batch::seal(head, std::mem::take(&mut opened.commits)));
        let (log, sealed) = (Arc::clone(&self.log), Arc::clone(&batch));
        let before = progress.writing.back_mut().map(|before| {
            let (durable, is_durable) = oneshot::channel();
            before.durable = Some(durable);
            is_durable
        });
        let write = AssertUnwindSafe(async move { write(&log, &sealed, before).await }).catch_unwind();
        let write = write.map(|written| written.unwrap_or(Written::Lost)).boxed();
        progress.writing.push_back(WritingBatch {
            batch,
            opened,
            commits: commits as u64,
            units,
            write,
            written: None,
            durable: None,
        });
        true
    }

    /// Where the log will end when all that is on its way is written.
    fn head_to_be(&self) -> Head {
        self.progress.writing.back().map_or(self.head, |writing| writing.batch.head())
    }
}

/// A count as metrics take it.
#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

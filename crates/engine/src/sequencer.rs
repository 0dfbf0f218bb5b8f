//! The thread that decides. It runs every unit of work against the cached states with all earlier work applied, and
//! hands the next batch over whenever the last one is durable.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use event_store::{Batch, EventStore, Feed, Head, RecordedEvent, StreamId};
use kernel::{Clock, Timestamp};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::answers::Answers;
use crate::cache::{Cache, Cached};
use crate::error::{CommitError, LoadError};
use crate::job::{Parked, Queued, Ran, answer_key, key_reused};
use crate::load::{LoadedState, Loader};
use crate::open_batch::{OpenBatch, Waiting};
use crate::snapshots::SnapshotKeeper;
use crate::state_table::StateTable;
use crate::tx::{Missing, Tx};
use crate::write::{Written, write};

/// A job that was decided so often in vain is given up.
const TRIES_MAX: u32 = 100;

/// What the thread is told.
pub(crate) enum Message {
    Job(Queued),
    Loaded(Load),
    Written(Written),
    Stop(oneshot::Sender<()>),
}

/// What came of loading a state.
pub(crate) struct Load {
    stream: StreamId,
    table: &'static StateTable,
    /// The sequencer's generation when loading began: another server's events may be missing if it has changed since.
    generation: u64,
    result: Result<LoadedState, LoadError>,
}

/// A batch on its way to the store.
struct WritingBatch {
    batch: Arc<Batch>,
    opened: OpenBatch,
}

/// What the thread works with.
pub(crate) struct Sequencer {
    pub(crate) log: Arc<dyn EventStore>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) clock: Clock,
    pub(crate) runtime: Handle,
    pub(crate) loader: Loader,
    pub(crate) keeper: SnapshotKeeper,
    pub(crate) inbox: mpsc::Receiver<Message>,
    pub(crate) self_sender: mpsc::Sender<Message>,
    pub(crate) cache: Cache,
    pub(crate) head: Head,
    pub(crate) last_recorded_at: Timestamp,
    pub(crate) progress: Progress,
}

/// What is under way.
pub(crate) struct Progress {
    queue: VecDeque<Queued>,
    parked: HashMap<u64, Parked>,
    parked_count: u64,
    loads: HashMap<StreamId, Vec<u64>>,
    answers: Answers,
    open: OpenBatch,
    writing: Option<WritingBatch>,
    /// The number of the open batch; the one being written has the number before.
    open_number: u64,
    generation: u64,
    stopping: Option<oneshot::Sender<()>>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            queue: VecDeque::new(),
            parked: HashMap::new(),
            parked_count: 0,
            loads: HashMap::new(),
            answers: Answers::new(),
            open: OpenBatch::default(),
            writing: None,
            open_number: 1,
            generation: 0,
            stopping: None,
        }
    }

    fn durable_number(&self) -> u64 {
        self.open_number - 1 - u64::from(self.writing.is_some())
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.parked.is_empty() && self.open.is_empty() && self.writing.is_none()
    }
}

impl Sequencer {
    /// Works until told to stop, and then until nothing is left to do.
    pub(crate) fn run(mut self) {
        while let Ok(message) = self.inbox.recv() {
            self.take(message);
            while let Ok(message) = self.inbox.try_recv() {
                self.take(message);
            }
            self.decide_queue();
            self.seal();
            let durable = self.progress.durable_number();
            self.cache.shrink(durable);
            self.progress.answers.shrink(durable);
            if self.progress.is_idle()
                && let Some(stopped) = self.progress.stopping.take()
            {
                stopped.send(()).ok();
                return;
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Job(queued) => self.progress.queue.push_back(queued),
            Message::Loaded(load) => self.take_loaded(load),
            Message::Written(written) => self.take_written(written),
            Message::Stop(stopped) => self.progress.stopping = Some(stopped),
        }
    }

    fn decide_queue(&mut self) {
        while !self.progress.open.is_full() {
            let Some(queued) = self.progress.queue.pop_front() else { return };
            if let Some(queued) = self.answer_repetition(queued) {
                self.decide(queued);
            }
        }
    }

    /// Answers a request whose key has an answer already; gives back one that has not.
    fn answer_repetition(&mut self, queued: Queued) -> Option<Queued> {
        let Some(idempotency) = queued.job.idempotency() else { return Some(queued) };
        let Some(known) = self.progress.answers.get(&answer_key(idempotency)) else { return Some(queued) };
        if known.request_hash != idempotency.request_hash {
            queued.job.fail(CommitError::Refused(key_reused()));
        } else if known.batch <= self.progress.durable_number() {
            queued.job.replay(&known.body);
        } else {
            self.progress.open.waiting.push(Waiting::Repeated(queued, known.body));
        }
        None
    }

    fn decide(&mut self, mut queued: Queued) {
        let now = self.clock.now().max(self.last_recorded_at);
        let base = self
            .progress
            .writing
            .as_ref()
            .map_or(self.head.position, |writing| writing.batch.head().position);
        let mut tx = Tx::new(&mut self.cache, now, self.progress.open.next_position(base));
        let ran = catch_unwind(AssertUnwindSafe(|| queued.job.run(&mut tx)))
            .unwrap_or_else(|_| Ran::Broken("a decision panicked".to_owned()));
        let (decided, missing) = tx.into_parts();
        match ran {
            Ran::NotLoaded => self.park(queued, missing),
            Ran::Broken(reason) => {
                tracing::error!(reason, "a unit of work cannot be run");
                queued.job.fail(CommitError::Internal);
            }
            Ran::Done => self.add(queued, decided, now),
            Ran::Refused => self.add(queued, crate::tx::Decided::default(), now),
        }
    }

    fn add(&mut self, queued: Queued, decided: crate::tx::Decided, now: Timestamp) {
        let progress = &mut self.progress;
        let changes_nothing = decided.events.is_empty() && queued.job.idempotency().is_none();
        let is_certain = progress.open.is_empty() && progress.writing.is_none() && !self.log.is_shared();
        if changes_nothing && is_certain {
            queued.job.finish();
            return;
        }
        if !decided.events.is_empty() {
            self.last_recorded_at = now;
        }
        let number = progress.open_number;
        if let Some(answer) = progress.open.add(queued, decided, &mut self.cache, number, now) {
            progress.answers.put(&answer, number);
        }
    }

    /// Hands the open batch to the store, unless one is being written.
    fn seal(&mut self) {
        let progress = &mut self.progress;
        if progress.writing.is_some() || progress.open.is_empty() {
            return;
        }
        let mut opened = std::mem::take(&mut progress.open);
        progress.open_number += 1;
        if opened.commits.is_empty() && !self.log.is_shared() {
            // Everything they saw is durable by now, and nothing is to be written.
            opened.waiting.into_iter().for_each(Waiting::finish);
            return;
        }
        let batch = Arc::new(Batch::seal(self.head, std::mem::take(&mut opened.commits)));
        metrics::histogram!("suanpan_batch_commits").record(count(opened.waiting.len()));
        progress.writing = Some(WritingBatch { batch: Arc::clone(&batch), opened });
        let (log, reply) = (Arc::clone(&self.log), self.self_sender.clone());
        self.runtime.spawn(async move {
            let written = write(&log, &batch).await;
            reply.send(Message::Written(written)).ok();
        });
    }

    fn take_written(&mut self, written: Written) {
        let Some(writing) = self.progress.writing.take() else { return };
        match written {
            Written::Durable => self.finish(writing),
            Written::Moved { missed, head } => {
                metrics::counter!("suanpan_head_moved_total").increment(1);
                self.take_back(writing);
                self.catch_up(missed, head);
            }
            Written::KeysTaken(answers) => {
                self.take_back(writing);
                for answer in &answers {
                    self.progress.answers.put(answer, 0);
                }
            }
            Written::Conflict(head) => {
                tracing::error!("a stream was not as expected; its state is read again");
                let streams: Vec<_> =
                    writing.opened.streams().chain(self.progress.open.streams()).cloned().collect();
                self.take_back(writing);
                streams.iter().for_each(|stream| self.cache.remove(stream));
                self.head = head;
            }
            Written::Unavailable => {
                let failed = self.take_back_all(writing);
                for queued in failed {
                    queued.job.fail(CommitError::Unavailable);
                }
            }
        }
    }

    fn finish(&mut self, writing: WritingBatch) {
        let batch = writing.batch;
        self.head = batch.head();
        self.feed.publish(batch.events(), batch.head());
        metrics::counter!("suanpan_events_total").increment(batch.events().len() as u64);
        metrics::counter!("suanpan_commits_total").increment(writing.opened.waiting.len() as u64);
        for answer in batch.answers() {
            self.progress.answers.settle(answer);
        }
        writing.opened.waiting.into_iter().for_each(Waiting::finish);
        for snapshot in writing.opened.drafts.into_iter().filter_map(|draft| draft.into_snapshot(&batch)) {
            self.keeper.keep(snapshot);
        }
        metrics::gauge!("suanpan_cache_bytes").set(count(self.cache.weight()));
        metrics::gauge!("suanpan_cache_states").set(count(self.cache.len()));
    }

    /// Undoes the batch that was not written and the one decided on top of it; their jobs are decided again, in order.
    fn take_back(&mut self, writing: WritingBatch) {
        for mut queued in self.take_back_all(writing).into_iter().rev() {
            queued.tries += 1;
            if queued.tries > TRIES_MAX {
                queued.job.fail(CommitError::Unavailable);
            } else {
                self.progress.queue.push_front(queued);
            }
        }
    }

    fn take_back_all(&mut self, mut writing: WritingBatch) -> Vec<Queued> {
        let mut open = std::mem::take(&mut self.progress.open);
        self.progress.open_number += 1;
        open.undo(&mut self.cache);
        writing.opened.undo(&mut self.cache);
        let answers = writing.batch.answers().iter().map(|answer| &answer.key);
        let open_answers = open.commits.iter().filter_map(|commit| commit.answer.as_ref().map(|it| &it.key));
        for key in answers.chain(open_answers) {
            self.progress.answers.forget(key);
        }
        writing.opened.waiting.into_iter().chain(open.waiting).map(Waiting::into_queued).collect()
    }

    /// Applies what another server wrote to the states in memory.
    fn catch_up(&mut self, missed: Option<Arc<[RecordedEvent]>>, head: Head) {
        self.progress.generation += 1;
        self.head = head;
        match missed {
            None => self.cache.clear(),
            Some(events) => {
                for event in events.iter() {
                    self.last_recorded_at = self.last_recorded_at.max(event.recorded_at);
                    self.apply_foreign(event);
                }
                self.feed.publish(&events, head);
            }
        }
    }

    fn apply_foreign(&mut self, event: &RecordedEvent) {
        let Some(cached) = self.cache.get(&event.stream) else { return };
        if event.sequence <= cached.sequence {
            return;
        }
        let mut cached = cached.clone();
        let is_next = event.sequence == cached.sequence + 1;
        if is_next && (cached.table.apply)(&mut cached.state, event).is_ok() {
            cached.sequence = event.sequence;
            self.cache.put(event.stream.clone(), cached);
        } else {
            self.cache.remove(&event.stream);
        }
    }

    fn park(&mut self, mut queued: Queued, missing: Vec<Missing>) {
        queued.tries += 1;
        if queued.tries > TRIES_MAX {
            queued.job.fail(CommitError::Overloaded);
            return;
        }
        let number = self.progress.parked_count;
        self.progress.parked_count += 1;
        let mut waits_for = Vec::with_capacity(missing.len());
        for Missing { stream, table } in missing {
            if waits_for.contains(&stream) {
                continue;
            }
            let waiting = self.progress.loads.entry(stream.clone()).or_default();
            let is_new = waiting.is_empty();
            waiting.push(number);
            if is_new {
                self.load(stream.clone(), table);
            }
            waits_for.push(stream);
        }
        self.progress.parked.insert(number, Parked { queued, waits_for });
    }

    fn load(&self, stream: StreamId, table: &'static StateTable) {
        metrics::counter!("suanpan_cache_misses_total").increment(1);
        let (loader, reply, generation) =
            (self.loader.clone(), self.self_sender.clone(), self.progress.generation);
        self.runtime.spawn(async move {
            let result = loader.load(&stream, table).await;
            reply.send(Message::Loaded(Load { stream, table, generation, result })).ok();
        });
    }

    fn take_loaded(&mut self, load: Load) {
        let Load { stream, table, generation, result } = load;
        match result {
            Ok(loaded) if generation == self.progress.generation || loaded.as_of >= self.head.position => {
                if self.cache.get(&stream).is_none() {
                    let LoadedState { state, sequence, .. } = loaded;
                    self.cache.put(stream.clone(), Cached { state, sequence, table, batch: 0 });
                }
                self.wake(&stream, None);
            }
            Ok(_) => self.load(stream, table),
            Err(LoadError::Store(error)) => {
                tracing::error!(%error, %stream, "a state cannot be loaded");
                self.wake(&stream, Some(CommitError::Unavailable));
            }
            Err(LoadError::Decode(error)) => {
                tracing::error!(%error, %stream, "a state cannot be read");
                self.wake(&stream, Some(CommitError::Internal));
            }
        }
    }

    /// Lets the jobs that wait for a stream run again, or fail.
    fn wake(&mut self, stream: &StreamId, error: Option<CommitError>) {
        for number in self.progress.loads.remove(stream).unwrap_or_default() {
            let Some(parked) = self.progress.parked.get_mut(&number) else { continue };
            parked.waits_for.retain(|waited| waited != stream);
            if !parked.waits_for.is_empty() && error.is_none() {
                continue;
            }
            let Some(parked) = self.progress.parked.remove(&number) else { continue };
            match &error {
                Some(error) => parked.queued.job.fail(error.clone()),
                None => self.progress.queue.push_back(parked.queued),
            }
        }
    }
}

/// A count as metrics take it.
#[expect(clippy::cast_precision_loss, reason = "metrics are floating point")]
fn count(number: usize) -> f64 {
    number as f64
}

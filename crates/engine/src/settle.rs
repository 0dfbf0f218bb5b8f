//! What the sequencer does when it is known what became of a batch.

use event_store::{RecordedEvent, StreamId};

use crate::error::CommitError;
use crate::job::Queued;
use crate::open_batch::{OpenBatch, Waiting};
use crate::sequencer::{Sequencer, WritingBatch, count};
use crate::write::{Missed, Written};

/// A job that was decided so often in vain is given up.
const TRIES_MAX: u32 = 100;

/// The jobs of a batch that was not written, of those that were sent after it and of the one that was open, each in order.
struct TakenBack {
    failed: Vec<Queued>,
    sent: Vec<Queued>,
    open: Vec<Queued>,
}

impl Sequencer {
    pub(crate) fn take_written(&mut self, written: Written) {
        let Some(writing) = self.progress.writing.pop_front() else { return };
        match written {
            Written::Durable => self.finish(writing),
            Written::Moved(missed) => {
                metrics::counter!("suanpan_head_moved_total").increment(1);
                let TakenBack { failed, sent, open } = self.take_back(writing);
                self.queue_again(open);
                self.queue_again(sent);
                self.queue_again(failed);
                self.catch_up(&missed);
            }
            Written::KeysTaken(answers) => {
                let TakenBack { failed, sent, open } = self.take_back(writing);
                for answer in &answers {
                    self.progress.answers.put(answer, 0);
                }
                self.queue_again(open);
                self.queue_again(sent);
                // The store was asked for every key of these: nobody else joins them, or a stream of old keys could
                // make one batch fail after another.
                for queued in failed.into_iter().filter_map(tried) {
                    self.answer_or_decide(queued);
                }
                self.seal();
            }
            Written::Conflict => self.read_again(writing),
            Written::Unavailable => self.fail_all(writing),
            Written::Replaced => {
                tracing::error!(
                    "the log is not the one this server knows (was it restored?): start it again"
                );
                self.fail_all(writing);
                self.give_up();
            }
            Written::Lost => {
                tracing::error!(
                    "whoever wrote a batch has ended: nothing more can be written, start the server again"
                );
                let TakenBack { failed, sent, open } = self.take_back(writing);
                // Nobody knows about these, so nobody is told that they were not written.
                let unknown = failed.into_iter().chain(sent);
                unknown.for_each(|queued| queued.job.fail(CommitError::Stopping));
                self.queue_again(open);
                self.give_up();
            }
        }
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.writes.has_ended()
    }

    fn finish(&mut self, mut writing: WritingBatch) {
        writing.tell_next();
        let batch = writing.batch;
        self.head = batch.head();
        self.feed.publish(batch.events(), batch.head());
        metrics::counter!("suanpan_events_total").increment(batch.events().len() as u64);
        metrics::counter!("suanpan_commits_total").increment(writing.commits);
        if writing.units > 0 {
            metrics::histogram!("suanpan_batch_commits").record(count(writing.units));
            self.writes.note_success();
        }
        writing.opened.waiting.into_iter().for_each(Waiting::finish);
        for snapshot in writing.opened.drafts.into_iter().filter_map(|draft| draft.into_snapshot(&batch)) {
            self.keeper.keep(snapshot);
        }
        metrics::gauge!("suanpan_cache_bytes").set(count(self.cache.weight()));
        metrics::gauge!("suanpan_cache_states").set(count(self.cache.len()));
    }

    /// Undoes the batch that was not written and those decided on top of it, newest first. What was sent after it cannot be
    /// written any more: the log will never end where that builds on.
    fn take_back(&mut self, writing: WritingBatch) -> TakenBack {
        let mut open = std::mem::take(&mut self.progress.open);
        self.progress.open_number += 1;
        open.undo(&mut self.cache);
        for answer in open.commits.iter().filter_map(|commit| commit.answer.as_ref()) {
            self.progress.answers.forget(&answer.key);
        }
        let mut sent = Vec::new();
        while let Some(batch) = self.progress.writing.pop_back() {
            sent.push(self.take_back_sent(batch));
        }
        TakenBack {
            failed: self.take_back_sent(writing),
            sent: sent.into_iter().rev().flatten().collect(),
            open: open.waiting.into_iter().map(Waiting::into_queued).collect(),
        }
    }

    fn take_back_sent(&mut self, mut writing: WritingBatch) -> Vec<Queued> {
        writing.opened.undo(&mut self.cache);
        for answer in writing.batch.answers() {
            self.progress.answers.forget(&answer.key);
        }
        writing.opened.waiting.into_iter().map(Waiting::into_queued).collect()
    }

    /// Puts jobs at the front of the queue, in order.
    fn queue_again(&mut self, jobs: Vec<Queued>) {
        for queued in jobs.into_iter().rev().filter_map(tried) {
            self.progress.queue.push_front(queued);
        }
    }

    /// The states that the batch changed are not what the log says. Its jobs are decided again with what is read then,
    /// each alone; the one that meets a conflict even so is broken.
    fn read_again(&mut self, writing: WritingBatch) {
        tracing::error!("a stream was not as expected; its state is read again");
        let on_top = self.progress.writing.iter().map(|sent| &sent.opened).chain([&self.progress.open]);
        let changed = writing.opened.streams().chain(on_top.flat_map(OpenBatch::streams));
        let streams: Vec<StreamId> = changed.cloned().collect();
        let TakenBack { mut failed, sent, open } = self.take_back(writing);
        streams.iter().for_each(|stream| self.cache.remove(stream));
        self.progress.parking.distrust_loads();
        failed.iter_mut().for_each(|queued| queued.conflicts += 1);
        if let [queued] = failed.as_slice()
            && queued.conflicts > 1
        {
            failed.into_iter().for_each(|queued| queued.job.fail(CommitError::Internal));
            failed = Vec::new();
        }
        self.queue_again(open);
        self.queue_again(sent);
        self.queue_again(failed);
    }

    fn fail_all(&mut self, writing: WritingBatch) {
        if writing.units > 0 {
            self.writes.note_failure(self.clock.now());
        }
        let TakenBack { failed, sent, open } = self.take_back(writing);
        for queued in failed.into_iter().chain(sent).chain(open) {
            queued.job.fail(CommitError::Unavailable);
        }
    }

    /// From now on every job fails at once.
    fn give_up(&mut self) {
        self.writes.end();
        let parked = self.progress.parking.abandon_all();
        for queued in self.progress.queue.drain(..).chain(parked) {
            queued.job.fail(CommitError::Unavailable);
        }
    }

    /// Applies what another server wrote to the states in memory.
    fn catch_up(&mut self, missed: &Missed) {
        self.head = missed.head;
        if !missed.is_complete {
            self.cache.clear();
            self.progress.parking.distrust_loads();
        }
        for event in missed.events.iter() {
            self.last_recorded_at = self.last_recorded_at.max(event.recorded_at);
            self.progress.parking.note_foreign(event);
            self.follow(event);
        }
        self.feed.publish(&missed.events, missed.head);
    }

    fn follow(&mut self, event: &RecordedEvent) {
        let Some(cached) = self.cache.get(&event.stream) else { return };
        let mut cached = cached.clone();
        if cached.follow(event) {
            self.cache.put(event.stream.clone(), cached);
        } else {
            self.cache.remove(&event.stream);
        }
    }
}

/// The job to be decided once more, unless it was too often already.
fn tried(mut queued: Queued) -> Option<Queued> {
    queued.tries += 1;
    if queued.tries > TRIES_MAX {
        queued.job.fail(CommitError::Unavailable);
        return None;
    }
    Some(queued)
}

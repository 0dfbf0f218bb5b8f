//! The batch that is being decided while the one before it is written.

use std::sync::Arc;

use event_store::{Answer, Commit, Position, Snapshot, StreamId};
use kernel::Timestamp;
use uuid::Uuid;

use crate::cache::{Cache, Cached};
use crate::context::telling_of;
use crate::error::CommitError;
use crate::job::{Queued, answer_key, key_reused};
use crate::snapshots::is_due;
use crate::state_table::{State, StateTable};
use crate::tx::Decided;

/// Events that one batch holds at the most before the rest waits for the next.
const EVENTS_MAX: usize = 4_096;
/// Jobs that one batch holds at the most.
const JOBS_MAX: usize = 1_024;

/// Somebody who waits for the batch to be durable.
pub(crate) enum Waiting {
    /// Decided in this batch.
    Decided(Queued),
    /// A repetition of a request that is answered by this batch or one before it, with that answer; without one it is
    /// another request under the same key.
    Repeated(Queued, Option<Arc<[u8]>>),
}

/// A state to be kept as a snapshot once its last event is durable.
pub(crate) struct SnapshotDraft {
    stream: StreamId,
    sequence: u64,
    recorded_at: Timestamp,
    state: State,
    table: &'static StateTable,
}

/// Decided commits, those who wait for them, and how to take it all back.
#[derive(Default)]
pub(crate) struct OpenBatch {
    pub(crate) commits: Vec<Commit>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) drafts: Vec<SnapshotDraft>,
    undo: Vec<(StreamId, Option<Cached>)>,
    events: usize,
    /// Nobody else may join.
    is_closed: bool,
}

impl OpenBatch {
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.events >= EVENTS_MAX || self.waiting.len() >= JOBS_MAX || self.is_closed
    }

    /// Where the next event will stand if the batch follows `base`.
    pub(crate) fn next_position(&self, base: Position) -> Position {
        base.advanced_by(self.events + 1)
    }

    /// Adds what a job decided: its commit to be written, its states to the cache as if they were durable already.
    pub(crate) fn add(
        &mut self,
        queued: Queued,
        decided: Decided,
        cache: &mut Cache,
        batch: u64,
        now: Timestamp,
    ) -> Option<Answer> {
        let id = Uuid::now_v7();
        let answer = queued.job.idempotency().zip(queued.job.answer()).map(|(idempotency, body)| Answer {
            key: answer_key(idempotency),
            request_hash: idempotency.request_hash,
            body: Arc::clone(body),
            commit_id: id,
            recorded_at: now,
        });
        for (stream, working) in decided.states {
            let cached =
                Cached { state: working.state, sequence: working.sequence, table: working.table, batch };
            let before = cache.put(stream.clone(), cached.clone());
            let sequence_before = before.as_ref().map_or(0, |before| before.sequence);
            if is_due(sequence_before, cached.sequence) {
                self.drafts.push(SnapshotDraft {
                    stream: stream.clone(),
                    sequence: cached.sequence,
                    recorded_at: now,
                    state: cached.state,
                    table: cached.table,
                });
            }
            self.undo.push((stream, before));
        }
        self.events += decided.events.len();
        self.is_closed |= queued.conflicts > 0;
        if !decided.events.is_empty() || answer.is_some() {
            let told = answer.as_ref().filter(|_| !decided.events.is_empty());
            self.commits.push(Commit {
                id,
                recorded_at: now,
                metadata: match told {
                    Some(answer) => telling_of(queued.job.metadata(), answer),
                    None => Arc::clone(queued.job.metadata()),
                },
                events: decided.events,
                answer: answer.clone(),
            });
        }
        self.waiting.push(Waiting::Decided(queued));
        answer
    }

    /// Takes every change of the cache back, newest first.
    pub(crate) fn undo(&mut self, cache: &mut Cache) {
        while let Some((stream, before)) = self.undo.pop() {
            match before {
                Some(cached) => {
                    cache.put(stream, cached);
                }
                None => cache.remove(&stream),
            }
        }
    }

    /// The streams it changes.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &StreamId> {
        self.undo.iter().map(|(stream, _)| stream)
    }
}

impl Waiting {
    /// The job, to be decided again.
    pub(crate) fn into_queued(self) -> Queued {
        match self {
            Self::Decided(queued) | Self::Repeated(queued, _) => queued,
        }
    }

    /// Replies: what it waited for is durable.
    pub(crate) fn finish(self) {
        match self {
            Self::Decided(queued) => queued.job.finish(),
            Self::Repeated(queued, Some(answer)) => queued.job.replay(&answer),
            Self::Repeated(queued, None) => queued.job.fail(CommitError::Refused(key_reused())),
        }
    }
}

impl SnapshotDraft {
    /// The snapshot, given the hash of the event it stands on.
    pub(crate) fn into_snapshot(self, batch: &event_store::Batch) -> Option<Snapshot> {
        let is_last = |event: &&event_store::RecordedEvent| {
            event.sequence == self.sequence && event.stream == self.stream
        };
        let hash = batch.events().iter().find(is_last)?.hash;
        Some(Snapshot {
            state: (self.table.write)(&self.state)?,
            state_version: self.table.state_version,
            stream: self.stream,
            sequence: self.sequence,
            hash,
            recorded_at: self.recorded_at,
        })
    }
}

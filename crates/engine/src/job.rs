//! A unit of work on its way through the sequencer.

use std::sync::Arc;

use event_store::{AnswerKey, StreamId};
use kernel::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::context::Idempotency;
use crate::error::{CommitError, KeptRefusal, Refusal, Stop};
use crate::tx::Tx;

/// How a run ended.
pub(crate) enum Ran {
    /// Decided: its events are to be committed.
    Done,
    /// Refused: nothing happens, but the refusal holds only once everything it saw is durable.
    Refused,
    /// A state is missing.
    NotLoaded,
    /// It cannot be run at all.
    Broken(String),
}

/// A unit of work whose types are forgotten.
pub(crate) trait Job: Send {
    fn metadata(&self) -> &Arc<str>;
    fn idempotency(&self) -> Option<&Idempotency>;
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// What the last run decided, as it is kept for a repeated request.
    fn answer(&self) -> Option<Vec<u8>>;
    /// Replies with what the last run decided.
    fn finish(self: Box<Self>);
    /// Replies with a kept answer.
    fn replay(self: Box<Self>, answer: &[u8]);
    fn fail(self: Box<Self>, error: CommitError);
}

/// A job with the number of times it was decided in vain.
pub(crate) struct Queued {
    pub(crate) job: Box<dyn Job>,
    pub(crate) tries: u32,
}

/// The sender's end of a reply.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, CommitError>>;

pub(crate) struct TypedJob<T, F> {
    pub(crate) work: F,
    pub(crate) metadata: Arc<str>,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) outcome: Option<Result<T, Refusal>>,
    pub(crate) reply: Reply<T>,
    /// The place in the queue, given back with the reply.
    pub(crate) _place: OwnedSemaphorePermit,
}

impl<T, F> Job for TypedJob<T, F>
where
    T: Serialize + DeserializeOwned + Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, Stop> + Send,
{
    fn metadata(&self) -> &Arc<str> {
        &self.metadata
    }

    fn idempotency(&self) -> Option<&Idempotency> {
        self.idempotency.as_ref()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        match (self.work)(tx) {
            Ok(value) => {
                self.outcome = Some(Ok(value));
                Ran::Done
            }
            Err(Stop::Refused(refusal)) => {
                self.outcome = Some(Err(refusal));
                Ran::Refused
            }
            Err(Stop::NotLoaded) => Ran::NotLoaded,
            Err(Stop::Broken(reason)) => Ran::Broken(reason),
        }
    }

    fn answer(&self) -> Option<Vec<u8>> {
        let kept = match self.outcome.as_ref()? {
            Ok(value) => Ok(value),
            Err(refusal) => {
                Err(KeptRefusal { code: refusal.code.number(), message: refusal.message.clone() })
            }
        };
        serde_json::to_vec(&kept).ok()
    }

    fn finish(self: Box<Self>) {
        let reply = match self.outcome {
            Some(Ok(value)) => Ok(value),
            Some(Err(refusal)) => Err(CommitError::Refused(refusal)),
            None => Err(CommitError::Internal),
        };
        self.reply.send(reply).ok();
    }

    fn replay(self: Box<Self>, answer: &[u8]) {
        let reply = match serde_json::from_slice::<Result<T, KeptRefusal>>(answer) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(kept)) => Err(match ErrorCode::from_number(kept.code) {
                Some(code) => CommitError::Refused(Refusal::new(code, kept.message)),
                None => CommitError::Internal,
            }),
            // The kept answer is of another shape: the key was used for something else.
            Err(_) => Err(CommitError::Refused(key_reused())),
        };
        self.reply.send(reply).ok();
    }

    fn fail(self: Box<Self>, error: CommitError) {
        self.reply.send(Err(error)).ok();
    }
}

/// The refusal of another request under a key that is taken.
pub(crate) fn key_reused() -> Refusal {
    Refusal::new(ErrorCode::IdempotencyKeyReused, "Idempotency-Key: used before with another request")
}

/// The key under which a job's answer is kept.
pub(crate) fn answer_key(idempotency: &Idempotency) -> AnswerKey {
    AnswerKey { account: idempotency.account.get(), key: Arc::clone(&idempotency.key) }
}

/// Streams a job waits for.
pub(crate) struct Parked {
    pub(crate) queued: Queued,
    pub(crate) waits_for: Vec<StreamId>,
}

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
    /// What the last run decided, as it is kept for a repeated request; `None` if there is no idempotency key.
    fn answer(&self) -> Option<&Arc<[u8]>>;
    /// Replies with what the last run decided.
    fn finish(self: Box<Self>);
    /// Replies with a kept answer.
    fn replay(self: Box<Self>, answer: &[u8]);
    fn fail(self: Box<Self>, error: CommitError);
}

/// A job and what it has been through.
pub(crate) struct Queued {
    pub(crate) job: Box<dyn Job>,
    /// How often it was decided in vain.
    pub(crate) tries: u32,
    /// How often it waited for states.
    pub(crate) waits: u32,
    /// How often its batch met a stream that was not as expected. It is decided alone from then on, so that others
    /// need not suffer with it.
    pub(crate) conflicts: u32,
    /// The states it waited for.
    pub(crate) pins: Vec<StreamId>,
}

impl Queued {
    pub(crate) fn new(job: Box<dyn Job>) -> Self {
        Self { job, tries: 0, waits: 0, conflicts: 0, pins: Vec::new() }
    }
}

/// The sender's end of a reply.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, CommitError>>;

pub(crate) struct TypedJob<T, F> {
    pub(crate) work: F,
    pub(crate) metadata: Arc<str>,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) outcome: Option<Result<T, Refusal>>,
    pub(crate) answer: Option<Arc<[u8]>>,
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
        let (outcome, ran) = match (self.work)(tx) {
            Ok(value) => (Ok(value), Ran::Done),
            Err(Stop::Refused(refusal)) => (Err(refusal), Ran::Refused),
            Err(Stop::NotLoaded) => return Ran::NotLoaded,
            Err(Stop::Broken(reason)) => return Ran::Broken(reason),
        };
        if self.idempotency.is_some() {
            // Without an answer to keep, a repeated request would have its effect again.
            match kept(&outcome) {
                Ok(answer) => self.answer = Some(answer),
                Err(error) => return Ran::Broken(format!("the answer cannot be kept: {error}")),
            }
        }
        self.outcome = Some(outcome);
        ran
    }

    fn answer(&self) -> Option<&Arc<[u8]>> {
        self.answer.as_ref()
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

fn kept<T: Serialize>(outcome: &Result<T, Refusal>) -> Result<Arc<[u8]>, serde_json::Error> {
    let kept = outcome
        .as_ref()
        .map_err(|refusal| KeptRefusal { code: refusal.code.number(), message: refusal.message.clone() });
    serde_json::to_vec(&kept).map(Into::into)
}

/// The refusal of another request under a key that is taken.
pub(crate) fn key_reused() -> Refusal {
    Refusal::new(ErrorCode::IdempotencyKeyReused, "Idempotency-Key: used before with another request")
}

/// The key under which a job's answer is kept.
pub(crate) fn answer_key(idempotency: &Idempotency) -> AnswerKey {
    AnswerKey { account: idempotency.account.get(), key: Arc::clone(&idempotency.key) }
}

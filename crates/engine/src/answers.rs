//! The newest answers by idempotency key, so that a repetition is told apart without asking the store.

use std::sync::Arc;

use event_store::{Answer, AnswerKey};
use hashlink::LruCache;

/// Answers remembered at the most; older ones are in the store.
const ANSWERS_MAX: usize = 16_384;
/// An answer longer than this is left to the store.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// An answer and the batch that makes it durable.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) request_hash: [u8; 32],
    pub(crate) body: Arc<[u8]>,
    pub(crate) batch: u64,
}

/// Recent answers.
pub(crate) struct Answers {
    known: LruCache<AnswerKey, Known>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self { known: LruCache::new_unbounded() }
    }

    pub(crate) fn get(&mut self, key: &AnswerKey) -> Option<Known> {
        self.known.get(key).cloned()
    }

    pub(crate) fn put(&mut self, answer: &Answer, batch: u64) {
        self.known.insert(
            answer.key.clone(),
            Known { request_hash: answer.request_hash, body: Arc::clone(&answer.body), batch },
        );
    }

    pub(crate) fn forget(&mut self, key: &AnswerKey) {
        self.known.remove(key);
    }

    /// Lets the oldest go; those not yet durable stay, or two requests of one batch could both run.
    pub(crate) fn shrink(&mut self, durable_batch: u64) {
        while self.known.len() > ANSWERS_MAX {
            let is_durable = self.known.iter().next().is_some_and(|(_, known)| known.batch <= durable_batch);
            if !is_durable || self.known.remove_lru().is_none() {
                return;
            }
        }
    }

    /// Long answers leave once they are durable.
    pub(crate) fn settle(&mut self, answer: &Answer) {
        if answer.body.len() > ANSWER_BYTES_MAX {
            self.forget(&answer.key);
        }
    }
}

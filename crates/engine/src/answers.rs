//! The newest answers by idempotency key, so that a repetition is told apart without asking the store.

use std::sync::Arc;

use event_store::{Answer, AnswerKey};
use hashlink::LruCache;

/// About how many bytes of answers are remembered; older ones are in the store.
const BYTES_MAX: usize = 8 << 20;
/// What an entry weighs beside its key's text and its body.
const ENTRY_OVERHEAD: usize = 192;

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
    weight: usize,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self { known: LruCache::new_unbounded(), weight: 0 }
    }

    pub(crate) fn get(&mut self, key: &AnswerKey) -> Option<Known> {
        self.known.get(key).cloned()
    }

    pub(crate) fn put(&mut self, answer: &Answer, batch: u64) {
        self.forget(&answer.key);
        let known = Known { request_hash: answer.request_hash, body: Arc::clone(&answer.body), batch };
        self.weight += weight(&answer.key, &known);
        self.known.insert(answer.key.clone(), known);
    }

    pub(crate) fn forget(&mut self, key: &AnswerKey) {
        if let Some(known) = self.known.remove(key) {
            self.weight -= weight(key, &known);
        }
    }

    /// Lets the oldest go; those not yet durable stay, or two requests of one batch could both run.
    pub(crate) fn shrink(&mut self, durable_batch: u64) {
        while self.weight > BYTES_MAX {
            let is_durable = self.known.iter().next().is_some_and(|(_, known)| known.batch <= durable_batch);
            let Some((key, known)) = is_durable.then(|| self.known.remove_lru()).flatten() else { return };
            self.weight -= weight(&key, &known);
        }
    }
}

fn weight(key: &AnswerKey, known: &Known) -> usize {
    ENTRY_OVERHEAD + key.key.len() + known.body.len()
}

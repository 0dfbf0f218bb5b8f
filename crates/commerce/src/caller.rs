//! Who asks.

use std::sync::Arc;

use engine::{Context, Idempotency};
use kernel::{AccountId, ErrorCode};

use crate::error::Error;

/// Who asks, through which API, in which request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The API, such as `wallet`.
    pub api: &'static str,
    /// The account logged in, if any.
    pub account: Option<AccountId>,
    /// The request's id.
    pub correlation: Arc<str>,
    /// The idempotency key of a request that writes, if it has one. Without an account it is ignored.
    pub idempotency: Option<IdempotencyKey>,
}

/// An idempotency key as a client gave it.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The key, at most 128 visible ASCII characters.
    pub key: Arc<str>,
    /// SHA-256 over method, path, query and body.
    pub request_hash: [u8; 32],
}

impl Caller {
    /// The house itself: a demo, a timer, a notice from outside.
    pub fn house(correlation: impl Into<Arc<str>>) -> Self {
        Self { api: "house", account: None, correlation: correlation.into(), idempotency: None }
    }

    /// The account logged in.
    ///
    /// # Errors
    /// [`ErrorCode::SessionRequired`].
    pub fn require_account(&self) -> Result<AccountId, Error> {
        self.account.ok_or_else(|| Error::new(ErrorCode::SessionRequired, "not signed in"))
    }

    /// The context of this caller's one commit: its answer is kept with the idempotency key.
    pub(crate) fn context(&self) -> Context {
        let idempotency = self.account.zip(self.idempotency.as_ref()).map(|(account, given)| Idempotency {
            account,
            key: Arc::clone(&given.key),
            request_hash: given.request_hash,
        });
        Context { idempotency, ..self.context_of_step() }
    }

    /// The context of the second commit of a request whose first one took the key: its answer is kept beside the first's.
    /// No client's key holds a space.
    pub(crate) fn context_of_second(&self) -> Context {
        let first = self.context();
        let idempotency =
            first.idempotency.map(|given| Idempotency { key: format!("{} 2", given.key).into(), ..given });
        Context { idempotency, ..first }
    }

    /// The context of a commit that is not the last of its request, or that only reads.
    pub(crate) fn context_of_step(&self) -> Context {
        Context {
            actor: self.account,
            api: self.api,
            correlation: Arc::clone(&self.correlation),
            causation: None,
            idempotency: None,
        }
    }
}

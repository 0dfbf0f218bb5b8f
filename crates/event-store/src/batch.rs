//! What is appended: commits, sealed into a batch that knows its positions and hashes before it is written.

use std::borrow::Cow;
use std::sync::Arc;

use kernel::Timestamp;
use uuid::Uuid;

use crate::event::{RecordedEvent, StreamId};
use crate::hash::{AnswerDigest, answer_digest, event_hash};
use crate::position::Head;

/// An event that has been decided but has no place yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Whose event it is.
    pub stream: StreamId,
    /// The sequence it must take in its stream; the stream must hold exactly the ones before it.
    pub sequence: u64,
    /// What happened.
    pub event_type: Cow<'static, str>,
    /// The version of that type's payload.
    pub event_version: Cow<'static, str>,
    /// JSON text.
    pub payload: Arc<str>,
}

/// Events that happen together or not at all, and the answer that a repeated request gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// UUID version 7.
    pub id: Uuid,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// JSON text, a flat object of strings.
    pub metadata: Arc<str>,
    /// In the order in which they happened. It may be empty when only an answer is to be kept.
    pub events: Vec<NewEvent>,
    /// What to answer when the same request comes again.
    pub answer: Option<Answer>,
}

/// Which request an answer belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AnswerKey {
    /// The account that asked.
    pub account: u64,
    /// The idempotency key it gave.
    pub key: Arc<str>,
}

/// The kept answer to a request that may come again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which request.
    pub key: AnswerKey,
    /// SHA-256 of the request, to tell a repetition from another request under the same key.
    pub request_hash: [u8; 32],
    /// The answer, byte for byte.
    pub body: Arc<[u8]>,
    /// The commit that the request made.
    pub commit_id: Uuid,
    /// When it was first given.
    pub recorded_at: Timestamp,
}

/// Commits in order, with positions and hashes: ready to be written, again to the byte if it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    expected: Head,
    head: Head,
    events: Arc<[RecordedEvent]>,
    answers: Vec<Answer>,
}

impl Answer {
    /// What tells this answer from any other that might be put in its place.
    #[must_use]
    pub fn digest(&self) -> AnswerDigest {
        answer_digest(&self.key, &self.request_hash, &self.body)
    }
}

impl Batch {
    /// Gives every event of `commits` its position and hash after `expected`.
    #[must_use]
    pub fn seal(expected: Head, commits: impl IntoIterator<Item = Commit>) -> Self {
        let mut head = expected;
        let mut events = Vec::new();
        let mut answers = Vec::new();
        for commit in commits {
            for event in commit.events {
                let mut recorded = RecordedEvent {
                    position: head.position.next(),
                    stream: event.stream,
                    sequence: event.sequence,
                    event_type: event.event_type,
                    event_version: event.event_version,
                    payload: event.payload,
                    metadata: Arc::clone(&commit.metadata),
                    commit_id: commit.id,
                    recorded_at: commit.recorded_at,
                    hash: head.hash,
                };
                recorded.hash = event_hash(&head.hash, &recorded);
                head.position = recorded.position;
                head.hash = recorded.hash;
                events.push(recorded);
            }
            answers.extend(commit.answer);
        }
        Self { expected, head, events: events.into(), answers }
    }

    /// The head it builds on.
    #[must_use]
    pub const fn expected(&self) -> Head {
        self.expected
    }

    /// The head once it is written.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Its events, in order.
    #[must_use]
    pub const fn events(&self) -> &Arc<[RecordedEvent]> {
        &self.events
    }

    /// The answers kept with it.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }
}

//! On whose behalf a commit is made.

use std::sync::Arc;

use event_store::Answer;
use kernel::AccountId;
use serde::Serialize;

/// Who asks, through which API, in which request; and the idempotency key if the request has one.
#[derive(Clone, Debug)]
pub struct Context {
    /// The account that acts; `None` for the house itself (a payment notice, a timer).
    pub actor: Option<AccountId>,
    /// The API it came through, such as `wallet`.
    pub api: &'static str,
    /// The request's id, to find it in the logs.
    pub correlation: Arc<str>,
    /// What caused it, if not the request itself: such as the notice's id.
    pub causation: Option<Arc<str>>,
    /// Present if the same request may come again and must have one effect.
    pub idempotency: Option<Idempotency>,
}

/// An idempotency key and what it stands for.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The account whose key it is.
    pub account: AccountId,
    /// The key as the client gave it.
    pub key: Arc<str>,
    /// SHA-256 of the request: another request under the same key is refused.
    pub request_hash: [u8; 32],
}

#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    api: &'a str,
    correlation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation: Option<&'a str>,
}

impl Context {
    /// The house acting by itself.
    #[must_use]
    pub fn house(api: &'static str, correlation: impl Into<Arc<str>>) -> Self {
        Self { actor: None, api, correlation: correlation.into(), causation: None, idempotency: None }
    }

    /// The metadata kept with each event: a flat JSON object of strings, as cqrs-es reads it.
    pub(crate) fn metadata(&self) -> Arc<str> {
        let metadata = Metadata {
            actor: self.actor.map(|account| account.to_string()),
            api: self.api,
            correlation: &self.correlation,
            causation: self.causation.as_deref(),
        };
        serde_json::to_string(&metadata).unwrap_or_else(|_| "{}".to_owned()).into()
    }
}

/// Metadata that tells of the answer kept with the commit: so the hash chain holds the answer, too.
pub(crate) fn telling_of(metadata: &str, answer: &Answer) -> Arc<str> {
    let fields = metadata.strip_suffix('}').unwrap_or(metadata);
    let comma = if fields.ends_with('{') { "" } else { "," };
    format!("{fields}{comma}\"answer\":\"{}\"}}", answer.digest()).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use event_store::{Answer, AnswerKey};
    use kernel::Timestamp;
    use uuid::Uuid;

    use super::{Context, telling_of};

    #[test]
    fn metadata_that_tells_of_an_answer_is_a_flat_object_all_the_same() {
        let answer = Answer {
            key: AnswerKey { account: 5, key: "k".into() },
            request_hash: [7; 32],
            body: Arc::from(&b"{}"[..]),
            commit_id: Uuid::nil(),
            recorded_at: Timestamp::default(),
        };
        let digest = answer.digest().to_string();
        for base in ["{}".into(), Context::house("wallet", "}\"{").metadata()] {
            let told: serde_json::Map<_, _> = serde_json::from_str(&telling_of(&base, &answer)).unwrap();
            let mut expected: serde_json::Map<_, _> = serde_json::from_str(&base).unwrap();
            expected.insert("answer".to_owned(), digest.as_str().into());
            assert_eq!(told, expected);
        }
    }
}

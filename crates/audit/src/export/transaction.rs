//! A commit as accountants see it: each account once, with what the commit changed on it.

use std::collections::BTreeMap;

use event_store::Position;
use kernel::{Money, Timestamp};

use crate::book_account::BookAccount;
use crate::moment::day_of;
use crate::narration::narration;
use crate::postings::Posting;
use crate::scan::{Fact, ReportError};

/// Characters of a transaction's words at the most: a settled cart has many purchases.
const WORDS_MAX: usize = 300;

/// What a commit comes to.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) first: Position,
    pub(super) last: Position,
    /// Of the last event: it binds the whole log up to there.
    pub(super) hash: String,
    pub(super) commit: String,
    pub(super) time: Timestamp,
    pub(super) day: String,
    /// In words, on one line.
    pub(super) words: String,
    /// Sums, each account once; what was paid and delivered at once cancels out. Empty if no money moved.
    pub(super) postings: Vec<Posting>,
}

impl Transaction {
    /// The transaction of a commit; `None` if that has no event.
    pub(super) fn of(facts: &[Fact]) -> Result<Option<Self>, ReportError> {
        let (Some(first), Some(last)) = (facts.first(), facts.last()) else { return Ok(None) };
        let mut sums: BTreeMap<BookAccount, Money> = BTreeMap::new();
        let mut words: Vec<String> = Vec::new();
        for fact in facts {
            for posting in &fact.postings {
                let sum = sums.entry(posting.account).or_default();
                *sum = sum.plus(posting.amount)?;
            }
            let said = narration(&fact.event);
            if !said.is_empty() && !words.contains(&said) {
                words.push(said);
            }
        }
        let is_changed = |(_, sum): &(BookAccount, Money)| *sum != Money::ZERO;
        let postings = sums.into_iter().filter(is_changed);
        Ok(Some(Self {
            first: first.recorded.position,
            last: last.recorded.position,
            hash: last.recorded.hash.to_string(),
            commit: last.recorded.commit_id.to_string(),
            time: last.recorded.recorded_at,
            day: day_of(last.recorded.recorded_at),
            words: words.join(", ").chars().take(WORDS_MAX).collect(),
            postings: postings.map(|(account, amount)| Posting { account, amount }).collect(),
        }))
    }
}

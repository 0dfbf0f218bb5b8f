//! The journal: every posting, in the order of the log.

use std::sync::Arc;

use event_store::ReadOnlyLog;
use kernel::{Money, Timestamp};
use serde::Serialize;

use super::row::{Row, Sink};
use crate::book_account::BookAccount;
use crate::moment::Moment;
use crate::narration::narration;
use crate::scan::{AsOf, Fact, Progress, Reader, ReportError, expect_reached, scan, text};

/// One posting, with the event that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JournalRow {
    /// The event's place in the log.
    pub position: u64,
    /// When it happened.
    #[serde(serialize_with = "text")]
    pub time: Timestamp,
    /// The commit it belongs to.
    pub commit: String,
    /// What happened.
    pub event: String,
    /// The event's stream.
    pub stream: String,
    /// The account posted to.
    pub account: BookAccount,
    /// How much: above nothing a debit, below nothing a credit.
    pub amount: Money,
    /// In words.
    pub text: String,
    /// The event's hash.
    pub hash: String,
}

impl Row for JournalRow {
    const COLUMNS: &'static [&'static str] =
        &["position", "time", "commit", "event", "stream", "account", "amount", "text", "hash"];
    const LEFT_OUT_OF_TABLES: &'static [&'static str] = &["commit", "hash"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.position.to_string(),
            self.time.to_string(),
            self.commit.clone(),
            self.event.clone(),
            self.stream.clone(),
            self.account.to_string(),
            self.amount.to_string(),
            self.text.clone(),
            self.hash.clone(),
        ]
    }
}

/// Every posting from `since` up to `moment`.
///
/// # Errors
/// [`ReportError`].
pub async fn journal(
    log: &Arc<ReadOnlyLog>,
    since: Option<Moment>,
    moment: Option<Moment>,
    progress: Progress<'_>,
    sink: Sink<'_, JournalRow>,
) -> Result<AsOf, ReportError> {
    expect_reached(log, since).await?;
    scan(log, moment, progress, &mut Journal { since, sink }).await
}

struct Journal<'a> {
    since: Option<Moment>,
    sink: Sink<'a, JournalRow>,
}

impl Reader for Journal<'_> {
    fn commit(&mut self, facts: &[Fact]) -> Result<(), ReportError> {
        for fact in facts {
            let (position, at) = (fact.recorded.position, fact.recorded.recorded_at);
            if self.since.is_none_or(|since| since.is_reached_by(position, at)) {
                for row in journal_rows(fact) {
                    (self.sink)(row)?;
                }
            }
        }
        Ok(())
    }
}

/// The rows of one event.
pub(crate) fn journal_rows(fact: &Fact) -> impl Iterator<Item = JournalRow> + '_ {
    let words = if fact.postings.is_empty() { String::new() } else { narration(&fact.event) };
    fact.postings.iter().map(move |posting| JournalRow {
        position: fact.recorded.position.number(),
        time: fact.recorded.recorded_at,
        commit: fact.recorded.commit_id.to_string(),
        event: fact.recorded.event_type.to_string(),
        stream: fact.recorded.stream.to_string(),
        account: posting.account,
        amount: posting.amount,
        text: words.clone(),
        hash: fact.recorded.hash.to_string(),
    })
}

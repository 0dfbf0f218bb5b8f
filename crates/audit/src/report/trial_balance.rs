//! The trial balance: what stands on every account at a moment, debits against credits.

use std::sync::Arc;

use aggregates::AnyEvent;
use event_store::{EventRef, ReadOnlyLog};
use kernel::Money;
use serde::Serialize;

use super::row::Row;
use crate::books::Books;
use crate::moment::Moment;
use crate::postings::Posting;
use crate::scan::{AsOf, Keep, Progress, Reader, ReportError, scan};

/// One account, or one class of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialRow {
    /// Its name.
    pub account: String,
    /// Its balance, if that is a debit balance.
    pub debit: Money,
    /// Its balance, if that is a credit balance.
    pub credit: Money,
}

/// The books at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialBalance {
    /// Which moment.
    pub as_of: AsOf,
    /// The accounts, in the order of the chart.
    pub rows: Vec<TrialRow>,
    /// All debit balances.
    pub debit: Money,
    /// All credit balances: as much.
    pub credit: Money,
}

impl Row for TrialRow {
    const COLUMNS: &'static [&'static str] = &["account", "debit", "credit"];

    fn cells(&self) -> Vec<String> {
        vec![self.account.clone(), self.debit.to_string(), self.credit.to_string()]
    }
}

/// The trial balance at a moment: by class of accounts, or with every account of its own.
///
/// # Errors
/// [`ReportError`].
pub async fn trial_balance(
    log: &Arc<ReadOnlyLog>,
    moment: Option<Moment>,
    by_account: bool,
    progress: Progress<'_>,
) -> Result<TrialBalance, ReportError> {
    let mut posted = Posted::default();
    let as_of = scan(log, moment, progress, &mut posted).await?;
    let balances: Vec<(String, Money)> = if by_account {
        posted.books.iter().map(|(account, balance)| (account.to_string(), balance)).collect()
    } else {
        let classes = posted.books.by_class()?.into_iter();
        classes.map(|(class, sum)| (class.name().to_owned(), sum)).collect()
    };
    let (mut debit, mut credit) = (Money::ZERO, Money::ZERO);
    let mut rows = Vec::new();
    for (account, balance) in balances {
        let row = if balance.is_negative() {
            TrialRow { account, debit: Money::ZERO, credit: balance.negated()? }
        } else {
            TrialRow { account, debit: balance, credit: Money::ZERO }
        };
        (debit, credit) = (debit.plus(row.debit)?, credit.plus(row.credit)?);
        rows.push(row);
    }
    Ok(TrialBalance { as_of, rows, debit, credit })
}

/// Books everything.
#[derive(Default)]
struct Posted {
    books: Books,
}

/// What an event posts: all that a trial balance needs.
struct Moved(Option<[Posting; 2]>);

impl Keep for Moved {
    fn keep(_: &EventRef<'_>, _: AnyEvent, posted: Option<[Posting; 2]>) -> Self {
        Self(posted)
    }
}

impl Reader<Moved> for Posted {
    fn commit(&mut self, facts: &[Moved]) -> Result<(), ReportError> {
        for posting in facts.iter().flat_map(|Moved(posted)| posted).flatten() {
            self.books.post(posting)?;
        }
        Ok(())
    }
}

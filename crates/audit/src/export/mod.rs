//! Exports: the books in the formats of other people's tools, so that those can check them again.

mod beancount;
mod csv;
mod hledger;
mod jsonl;
mod transaction;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use event_store::ReadOnlyLog;
use kernel::Money;

use crate::book_account::BookAccount;
use crate::books::Books;
use crate::moment::{Moment, day_of};
use crate::scan::{AsOf, Fact, Progress, Reader, ReportError, expect_reached, scan};

use beancount::Beancount;
use hledger::Hledger;
use jsonl::Jsonl;
use transaction::Transaction;

pub use csv::csv_line;

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A journal of hledger.
    Hledger,
    /// A ledger of beancount.
    Beancount,
    /// A line a posting.
    Csv,
    /// A JSON object a line, each a commit with its events.
    Jsonl,
}

/// One way of writing the books down. Everything is told in the order of the log.
trait Format: Send {
    /// The very first lines.
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// What stood on the accounts before the first commit, if the export begins later than the log.
    fn opening(
        &mut self,
        out: &mut dyn Write,
        day: &str,
        balances: &[(BookAccount, Money)],
    ) -> io::Result<()>;

    /// A commit; `facts` are its events.
    fn commit(&mut self, out: &mut dyn Write, facts: &[Fact], transaction: &Transaction) -> io::Result<()>;

    /// What stands, at the end of a day, on the accounts that it changed.
    fn end_of_day(
        &mut self,
        out: &mut dyn Write,
        day: &str,
        balances: &[(BookAccount, Money)],
    ) -> io::Result<()>;
}

/// Writes the books from `since` up to `moment` to `out`. A commit is in it whole if it began at `since` or later.
///
/// # Errors
/// [`ReportError`]; what was written by then is not to be used.
pub async fn export(
    log: &Arc<ReadOnlyLog>,
    format: ExportFormat,
    since: Option<Moment>,
    moment: Option<Moment>,
    progress: Progress<'_>,
    out: &mut (dyn Write + Send),
) -> Result<AsOf, ReportError> {
    expect_reached(log, since).await?;
    let format: Box<dyn Format> = match format {
        ExportFormat::Hledger => Box::new(Hledger::default()),
        ExportFormat::Beancount => Box::new(Beancount::default()),
        ExportFormat::Csv => Box::new(csv::Csv),
        ExportFormat::Jsonl => Box::new(Jsonl),
    };
    let mut export = Export {
        format,
        out,
        since,
        has_begun: since.is_none(),
        books: Books::default(),
        day: String::new(),
        touched: BTreeSet::new(),
    };
    export.format.begin(export.out)?;
    let as_of = scan(log, moment, progress, &mut export).await?;
    export.end_day()?;
    export.out.flush()?;
    Ok(as_of)
}

struct Export<'a> {
    format: Box<dyn Format>,
    out: &'a mut (dyn Write + Send),
    since: Option<Moment>,
    has_begun: bool,
    books: Books,
    day: String,
    /// The accounts that the day at hand has changed.
    touched: BTreeSet<BookAccount>,
}

impl Reader for Export<'_> {
    fn commit(&mut self, facts: &[Fact]) -> Result<(), ReportError> {
        let (Some(first), Some(transaction)) = (facts.first(), Transaction::of(facts)?) else {
            return Ok(());
        };
        let (position, at) = (first.recorded.position, first.recorded.recorded_at);
        let day = day_of(at);
        if !self.has_begun && self.since.is_some_and(|since| since.is_reached_by(position, at)) {
            self.has_begun = true;
            let balances: Vec<_> = self.books.iter().filter(|(_, balance)| *balance != Money::ZERO).collect();
            if !balances.is_empty() {
                self.format.opening(self.out, &day, &balances)?;
            }
        }
        if self.has_begun && day != self.day {
            self.end_day()?;
            self.day = day;
        }
        for posting in &transaction.postings {
            self.books.post(posting)?;
        }
        if self.has_begun {
            self.touched.extend(transaction.postings.iter().map(|posting| posting.account));
            self.format.commit(self.out, facts, &transaction)?;
        }
        Ok(())
    }
}

impl Export<'_> {
    fn end_day(&mut self) -> io::Result<()> {
        let touched = std::mem::take(&mut self.touched);
        if touched.is_empty() {
            return Ok(());
        }
        let balances: Vec<_> =
            touched.into_iter().map(|account| (account, self.books.balance(account))).collect();
        self.format.end_of_day(self.out, &self.day, &balances)
    }
}

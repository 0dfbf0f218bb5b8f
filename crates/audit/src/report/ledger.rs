//! The general ledger of an account, or of a class of accounts: its postings with what stood there after each.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aggregates::AnyEvent;
use aggregates::shop::ShopEvent;
use event_store::ReadOnlyLog;
use kernel::{Money, Timestamp};
use serde::Serialize;

use super::row::{Row, Sink};
use crate::book_account::{AccountClass, BookAccount};
use crate::moment::Moment;
use crate::narration::narration;
use crate::scan::{AsOf, Fact, Progress, Reader, ReportError, expect_reached, scan, text};

/// Which accounts are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// One.
    Account(BookAccount),
    /// All of a class, as if they were one.
    Class(AccountClass),
}

/// The text selects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an account of the books: such as assets:wechat, liabilities:wallet or liabilities:wallet:NUMBER is meant"
)]
pub struct SelectionError;

impl FromStr for Selection {
    type Err = SelectionError;

    fn from_str(text: &str) -> Result<Self, SelectionError> {
        let class = AccountClass::ALL.into_iter().find(|class| class.name() == text).map(Self::Class);
        class.or_else(|| text.parse().ok().map(Self::Account)).ok_or(SelectionError)
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "{account}"),
            Self::Class(class) => f.write_str(class.name()),
        }
    }
}

impl Selection {
    fn holds(self, account: BookAccount) -> bool {
        match self {
            Self::Account(selected) => selected == account,
            Self::Class(class) => class == account.class(),
        }
    }

    /// Whether there is such an account without any posting: a class always, an account once its owner is there.
    fn is_opened_by(self, fact: &Fact) -> bool {
        let Self::Account(account) = self else { return true };
        let id = fact.recorded.stream.aggregate_id.as_ref();
        match account {
            BookAccount::Wallet(owner) | BookAccount::Coupon(owner) => {
                matches!(fact.event, AnyEvent::Account(_)) && owner.to_string() == id
            }
            BookAccount::Shop(shop) => {
                matches!(fact.event, AnyEvent::Shop(ShopEvent::ShopOpened { .. })) && shop.to_string() == id
            }
            BookAccount::Order(_) => false,
            BookAccount::Wechat | BookAccount::Sales | BookAccount::Promotion | BookAccount::Adjustments => {
                true
            }
        }
    }
}

/// One posting to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerRow {
    /// The event's place in the log.
    pub position: u64,
    /// When it happened.
    #[serde(serialize_with = "text")]
    pub time: Timestamp,
    /// What happened.
    pub event: String,
    /// The account posted to.
    pub account: BookAccount,
    /// The other accounts of the event.
    pub against: String,
    /// In words.
    pub text: String,
    /// How much: above nothing a debit, below nothing a credit.
    pub amount: Money,
    /// What stood on what was selected after it.
    pub balance: Money,
}

impl Row for LedgerRow {
    const COLUMNS: &'static [&'static str] =
        &["position", "time", "event", "account", "against", "text", "amount", "balance"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.position.to_string(),
            self.time.to_string(),
            self.event.clone(),
            self.account.to_string(),
            self.against.clone(),
            self.text.clone(),
            self.amount.to_string(),
            self.balance.to_string(),
        ]
    }
}

/// The postings to what is selected, from `since` up to `moment`; gives what stood there at the end, too.
///
/// # Errors
/// [`ReportError`]; [`ReportError::UnknownAccount`] after the log was read.
pub async fn ledger(
    log: &Arc<ReadOnlyLog>,
    selection: Selection,
    since: Option<Moment>,
    moment: Option<Moment>,
    progress: Progress<'_>,
    sink: Sink<'_, LedgerRow>,
) -> Result<(AsOf, Money), ReportError> {
    expect_reached(log, since).await?;
    let is_known = matches!(selection, Selection::Class(_));
    let mut ledger = Ledger { selection, since, sink, balance: Money::ZERO, is_known };
    let as_of = scan(log, moment, progress, &mut ledger).await?;
    if ledger.is_known {
        Ok((as_of, ledger.balance))
    } else {
        Err(ReportError::UnknownAccount(selection.to_string()))
    }
}

struct Ledger<'a> {
    selection: Selection,
    since: Option<Moment>,
    sink: Sink<'a, LedgerRow>,
    balance: Money,
    is_known: bool,
}

impl Reader for Ledger<'_> {
    fn commit(&mut self, facts: &[Fact]) -> Result<(), ReportError> {
        for fact in facts {
            self.is_known |= self.selection.is_opened_by(fact);
            for posting in fact.postings.iter().filter(|posting| self.selection.holds(posting.account)) {
                self.is_known = true;
                self.balance = self.balance.plus(posting.amount)?;
                let (position, time) = (fact.recorded.position, fact.recorded.recorded_at);
                if self.since.is_some_and(|since| !since.is_reached_by(position, time)) {
                    continue;
                }
                let others = fact.postings.iter().filter(|other| other.account != posting.account);
                (self.sink)(LedgerRow {
                    position: position.number(),
                    time,
                    event: fact.recorded.event_type.to_string(),
                    account: posting.account,
                    against: others.map(|other| other.account.to_string()).collect::<Vec<_>>().join(" "),
                    text: narration(&fact.event),
                    amount: posting.amount,
                    balance: self.balance,
                })?;
            }
        }
        Ok(())
    }
}

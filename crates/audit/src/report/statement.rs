//! A customer's statement: what came in and went out of both purses, with what was left.

use std::sync::Arc;

use aggregates::AnyEvent;
use event_store::ReadOnlyLog;
use kernel::{AccountId, Money, Timestamp};
use serde::Serialize;

use super::row::{Row, Sink};
use crate::book_account::BookAccount;
use crate::moment::Moment;
use crate::narration::narration;
use crate::scan::{AsOf, Fact, Progress, Reader, ReportError, expect_reached, scan, text};

/// One movement, as the customer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementRow {
    /// The event's place in the log.
    pub position: u64,
    /// When it happened.
    #[serde(serialize_with = "text")]
    pub time: Timestamp,
    /// `balance` or `coupon`.
    pub purse: &'static str,
    /// In words.
    pub text: String,
    /// What it was about: the order.
    pub order: String,
    /// What came in, or, below nothing, what went out.
    pub amount: Money,
    /// The balance after it.
    pub balance: Money,
    /// The coupon balance after it.
    pub coupon: Money,
}

impl Row for StatementRow {
    const COLUMNS: &'static [&'static str] =
        &["position", "time", "purse", "text", "order", "amount", "balance", "coupon"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.position.to_string(),
            self.time.to_string(),
            self.purse.to_owned(),
            self.text.clone(),
            self.order.clone(),
            self.amount.to_string(),
            self.balance.to_string(),
            self.coupon.to_string(),
        ]
    }
}

/// What a statement begins and ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Which moment it ends at.
    pub as_of: AsOf,
    /// Whose.
    pub account: AccountId,
    /// The balance before the first row.
    pub opening_balance: Money,
    /// The coupon balance before the first row.
    pub opening_coupon: Money,
    /// The balance after the last row.
    pub closing_balance: Money,
    /// The coupon balance after the last row.
    pub closing_coupon: Money,
}

/// The movements of a customer's purses from `since` up to `moment`.
///
/// # Errors
/// [`ReportError`]; [`ReportError::UnknownAccount`] after the log was read.
pub async fn statement(
    log: &Arc<ReadOnlyLog>,
    account: AccountId,
    since: Option<Moment>,
    moment: Option<Moment>,
    progress: Progress<'_>,
    sink: Sink<'_, StatementRow>,
) -> Result<Statement, ReportError> {
    expect_reached(log, since).await?;
    let mut reader = Purses {
        account,
        since,
        sink,
        opening: (Money::ZERO, Money::ZERO),
        now: (Money::ZERO, Money::ZERO),
        is_known: false,
    };
    let as_of = scan(log, moment, progress, &mut reader).await?;
    if !reader.is_known {
        return Err(ReportError::UnknownAccount(format!("account {account}")));
    }
    let ((opening_balance, opening_coupon), (closing_balance, closing_coupon)) = (reader.opening, reader.now);
    Ok(Statement { as_of, account, opening_balance, opening_coupon, closing_balance, closing_coupon })
}

struct Purses<'a> {
    account: AccountId,
    since: Option<Moment>,
    sink: Sink<'a, StatementRow>,
    /// Balance and coupon balance before the first row.
    opening: (Money, Money),
    now: (Money, Money),
    is_known: bool,
}

impl Reader for Purses<'_> {
    fn commit(&mut self, facts: &[Fact]) -> Result<(), ReportError> {
        for fact in facts {
            if matches!(fact.event, AnyEvent::Account(_))
                && self.account.to_string() == fact.recorded.stream.aggregate_id.as_ref()
            {
                self.is_known = true;
            }
            for posting in &fact.postings {
                let purse = if posting.account == BookAccount::Wallet(self.account) {
                    self.now.0 = self.now.0.minus(posting.amount)?;
                    "balance"
                } else if posting.account == BookAccount::Coupon(self.account) {
                    self.now.1 = self.now.1.minus(posting.amount)?;
                    "coupon"
                } else {
                    continue;
                };
                self.is_known = true;
                self.show(fact, purse, posting.amount.negated()?)?;
            }
        }
        Ok(())
    }
}

impl Purses<'_> {
    fn show(&mut self, fact: &Fact, purse: &'static str, amount: Money) -> Result<(), ReportError> {
        let (position, time) = (fact.recorded.position, fact.recorded.recorded_at);
        if self.since.is_some_and(|since| !since.is_reached_by(position, time)) {
            self.opening = self.now;
            return Ok(());
        }
        let order = fact.postings.iter().find_map(|posting| match posting.account {
            BookAccount::Order(order) => Some(order.to_string()),
            BookAccount::Wechat
            | BookAccount::Wallet(_)
            | BookAccount::Coupon(_)
            | BookAccount::Shop(_)
            | BookAccount::Sales
            | BookAccount::Promotion
            | BookAccount::Adjustments => None,
        });
        (self.sink)(StatementRow {
            position: position.number(),
            time,
            purse,
            text: narration(&fact.event),
            order: order.unwrap_or_default(),
            amount,
            balance: self.now.0,
            coupon: self.now.1,
        })?;
        Ok(())
    }
}

//! Open orders: asked for and not paid, or paid and not delivered.

use std::collections::BTreeMap;
use std::sync::Arc;

use aggregates::AnyEvent;
use aggregates::purchase::PurchaseEvent;
use aggregates::recharge::RechargeEvent;
use event_store::ReadOnlyLog;
use kernel::{AccountId, Money, Timestamp};
use serde::Serialize;

use super::row::Row;
use crate::book_account::{BookAccount, OrderNumber};
use crate::books::Books;
use crate::moment::Moment;
use crate::scan::{AsOf, Fact, Progress, Reader, ReportError, scan, text};
use crate::stream_number::stream_number;

/// An order that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderRow {
    /// Its number: of a recharge the one at WeChat.
    pub order: String,
    /// Who asked, if the log says.
    pub account: Option<AccountId>,
    /// `unpaid` or `undelivered`.
    pub state: &'static str,
    /// What was asked for.
    pub amount: Money,
    /// What was paid and not delivered.
    pub paid: Money,
    /// When it was asked for, or, if that is not known, when it was paid.
    #[serde(serialize_with = "text")]
    pub since: Timestamp,
}

impl Row for OrderRow {
    const COLUMNS: &'static [&'static str] = &["order", "account", "state", "amount", "paid", "since"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.order.clone(),
            self.account.map(|account| account.to_string()).unwrap_or_default(),
            self.state.to_owned(),
            self.amount.to_string(),
            self.paid.to_string(),
            self.since.to_string(),
        ]
    }
}

/// The orders that are open at a moment.
///
/// # Errors
/// [`ReportError`].
pub async fn orders(
    log: &Arc<ReadOnlyLog>,
    moment: Option<Moment>,
    progress: Progress<'_>,
) -> Result<(AsOf, Vec<OrderRow>), ReportError> {
    let mut open = Open::default();
    let as_of = scan(log, moment, progress, &mut open).await?;
    let mut rows = Vec::new();
    for (account, balance) in open.books.iter() {
        let BookAccount::Order(number) = account else { continue };
        let asked = open.asked.remove(&number);
        // A commit that is cut short by the moment may have delivered what it goes on to pay.
        let (state, amount, paid) = if balance.is_negative() {
            ("undelivered", balance.negated()?, balance.negated()?)
        } else {
            ("unpaid", balance, Money::ZERO)
        };
        rows.push(OrderRow {
            order: number.to_string(),
            account: asked.map(|asked| asked.account),
            state,
            amount,
            paid,
            since: asked.map_or(as_of.time, |asked| asked.at),
        });
    }
    rows.extend(open.asked.iter().map(|(number, asked)| OrderRow {
        order: number.to_string(),
        account: Some(asked.account),
        state: "unpaid",
        amount: asked.money,
        paid: Money::ZERO,
        since: asked.at,
    }));
    rows.sort_by_key(|row| row.since);
    Ok((as_of, rows))
}

#[derive(Clone, Copy)]
struct Asked {
    account: AccountId,
    money: Money,
    at: Timestamp,
}

#[derive(Default)]
struct Open {
    books: Books,
    /// Recharges that were neither credited nor closed, and purchases that wait to be paid.
    asked: BTreeMap<OrderNumber, Asked>,
    /// Those paid in the commit at hand.
    paid: Vec<OrderNumber>,
}

impl Reader for Open {
    fn commit(&mut self, facts: &[Fact]) -> Result<(), ReportError> {
        for fact in facts {
            for posting in
                fact.postings.iter().filter(|posting| matches!(posting.account, BookAccount::Order(_)))
            {
                self.books.post(posting)?;
            }
            self.note(fact);
        }
        for number in self.paid.drain(..) {
            if !self.books.knows(BookAccount::Order(number)) {
                self.asked.remove(&number);
            }
        }
        Ok(())
    }
}

impl Open {
    fn note(&mut self, fact: &Fact) {
        if let AnyEvent::Recharge(event) = &fact.event {
            self.note_recharge(fact, event);
        } else if let AnyEvent::Purchase(event) = &fact.event {
            self.note_purchase(fact, event);
        }
    }

    fn note_recharge(&mut self, fact: &Fact, event: &RechargeEvent) {
        let Ok(recharge) = stream_number(&fact.recorded.stream.aggregate_id) else { return };
        let number = OrderNumber::Recharge(recharge);
        match event {
            RechargeEvent::RechargeRequested { account, money, .. } => {
                self.ask(number, *account, *money, fact);
            }
            RechargeEvent::RechargePrepared { .. } => {}
            RechargeEvent::RechargePaid { .. } => self.paid.push(number),
            RechargeEvent::RechargeClosed {} => {
                self.asked.remove(&number);
            }
        }
    }

    fn note_purchase(&mut self, fact: &Fact, event: &PurchaseEvent) {
        let Ok(purchase) = stream_number(&fact.recorded.stream.aggregate_id) else { return };
        let number = OrderNumber::Purchase(purchase);
        match event {
            PurchaseEvent::PurchaseMade { .. } => {}
            PurchaseEvent::PurchaseApplied { buyer, total, .. } => self.ask(number, *buyer, *total, fact),
            PurchaseEvent::PurchasePaid { .. } => self.paid.push(number),
            PurchaseEvent::PurchaseCancelled { .. } => {
                self.asked.remove(&number);
            }
        }
    }

    fn ask(&mut self, number: OrderNumber, account: AccountId, money: Money, fact: &Fact) {
        self.asked.insert(number, Asked { account, money, at: fact.recorded.recorded_at });
    }
}

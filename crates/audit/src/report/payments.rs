//! Payments at WeChat: what was asked, what WeChat told us, what was credited, what was refunded; and a bill of WeChat's,
//! line by line, beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aggregates::AnyEvent;
use aggregates::balance::{BalanceEvent, CreditSource};
use aggregates::recharge::RechargeEvent;
use event_store::ReadOnlyLog;
use kernel::{AccountId, Money, RechargeId, Timestamp};
use serde::Serialize;

use super::row::Row;
use crate::bill::{Bill, BillLine, BillLineKind};
use crate::moment::{Moment, day_of};
use crate::scan::{AsOf, Fact, Progress, Reader, ReportError, scan, text};
use crate::stream_number::stream_number;

/// A payment that is not, or not everywhere, what it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PaymentRow {
    /// The order's number at WeChat.
    pub order: String,
    /// Whose balance it is for, if the log knows the order.
    pub account: Option<AccountId>,
    /// What is open or differs.
    pub finding: &'static str,
    /// When it was asked for, or the time of the bill's line.
    #[serde(serialize_with = "text")]
    pub time: Timestamp,
    /// What was asked for.
    pub asked: Money,
    /// What WeChat told us was paid.
    pub noticed: Money,
    /// What was credited.
    pub credited: Money,
    /// What was refunded, by the books.
    pub refunded: Money,
    /// What the bill's line says: a refund below nothing.
    pub billed: Option<Money>,
    /// WeChat's number of the payment.
    pub transaction: String,
}

impl Row for PaymentRow {
    const COLUMNS: &'static [&'static str] = &[
        "order",
        "account",
        "finding",
        "time",
        "asked",
        "noticed",
        "credited",
        "refunded",
        "billed",
        "transaction",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.order.clone(),
            self.account.map(|account| account.to_string()).unwrap_or_default(),
            self.finding.to_owned(),
            self.time.to_string(),
            self.asked.to_string(),
            self.noticed.to_string(),
            self.credited.to_string(),
            self.refunded.to_string(),
            self.billed.map(|billed| billed.to_string()).unwrap_or_default(),
            self.transaction.clone(),
        ]
    }
}

/// What is not reconciled, and how much is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payments {
    /// Which moment.
    pub as_of: AsOf,
    /// What is open or differs, oldest first.
    pub rows: Vec<PaymentRow>,
    /// Payments that were asked, noticed and credited alike.
    pub reconciled: u64,
    /// What they come to.
    pub reconciled_sum: Money,
    /// Lines of the bill that a payment fits.
    pub matched: u64,
    /// What they come to.
    pub matched_sum: Money,
    /// Rows in which the bill and the books differ.
    pub differences: u64,
}

const OPEN: &str = "asked, not paid";
const NOT_CREDITED: &str = "paid, not credited";
const MISSING_IN_BILL: &str = "not in the bill";
const OTHER_AMOUNT: &str = "another amount in the bill";
const OTHER_TRANSACTION: &str = "another payment in the bill";
const TWICE: &str = "twice in the bill";
const NOT_NOTICED: &str = "paid by the bill, not by the books";
const UNKNOWN: &str = "an order that the books do not know";
const REFUND: &str = "a refund that the books do not know";
const REVOKED: &str = "revoked by the bill";

/// The payments that are not reconciled at a moment; with a bill, also every difference between it and the books. The bill
/// covers the days from its first line to its last, or `days` if those are given (`YYYY-MM-DD`, first and last).
///
/// # Errors
/// [`ReportError`].
pub async fn payments(
    log: &Arc<ReadOnlyLog>,
    moment: Option<Moment>,
    bill: Option<Bill>,
    days: Option<(String, String)>,
    progress: Progress<'_>,
) -> Result<Payments, ReportError> {
    let mut reconciliation = Reconciliation::new(bill, days);
    let as_of = scan(log, moment, progress, &mut reconciliation).await?;
    reconciliation.finish(as_of)
}

#[derive(Clone, Debug)]
struct Asked {
    account: Option<AccountId>,
    money: Money,
    at: Timestamp,
    is_closed: bool,
    paid: Option<Paid>,
    credited: Money,
}

#[derive(Clone, Debug)]
struct Paid {
    amount: Money,
    at: Timestamp,
    transaction_id: String,
}

struct Reconciliation {
    /// Recharges that are not reconciled; closed ones only if the bill speaks of them.
    asked: BTreeMap<RechargeId, Asked>,
    touched: Vec<RechargeId>,
    bill: Option<BTreeMap<String, Vec<BillLine>>>,
    days: Option<(String, String)>,
    rows: Vec<PaymentRow>,
    reconciled: u64,
    reconciled_sum: Money,
    matched: u64,
    matched_sum: Money,
    differences: u64,
}

impl Reconciliation {
    fn new(bill: Option<Bill>, days: Option<(String, String)>) -> Self {
        let days = days.or_else(|| bill.as_ref().and_then(|bill| bill.days.clone()));
        let bill = bill.map(|bill| {
            let mut by_order: BTreeMap<String, Vec<BillLine>> = BTreeMap::new();
            for line in bill.lines {
                by_order.entry(line.order.clone()).or_default().push(line);
            }
            by_order
        });
        Self {
            asked: BTreeMap::new(),
            touched: Vec::new(),
            bill,
            days,
            rows: Vec::new(),
            reconciled: 0,
            reconciled_sum: Money::ZERO,
            matched: 0,
            matched_sum: Money::ZERO,
            differences: 0,
        }
    }

    fn note_recharge(&mut self, fact: &Fact, event: &RechargeEvent) {
        let Ok(id) = stream_number::<RechargeId>(&fact.recorded.stream.aggregate_id) else { return };
        let at = fact.recorded.recorded_at;
        match event {
            RechargeEvent::RechargeRequested { account, money, .. } => {
                let (account, money) = (Some(*account), *money);
                let asked = Asked { account, money, at, is_closed: false, paid: None, credited: Money::ZERO };
                self.asked.insert(id, asked);
            }
            RechargeEvent::RechargePrepared { .. } => {}
            RechargeEvent::RechargePaid { transaction_id, amount, success_time } => {
                let paid = Paid {
                    amount: *amount,
                    at: success_time.unwrap_or(at),
                    transaction_id: transaction_id.clone(),
                };
                let asked = self.asked.entry(id).or_insert_with(|| Asked::forgotten(at, *amount));
                asked.paid = Some(paid);
                self.touched.push(id);
            }
            // Of a closed recharge nothing is open; only a bill may still speak of it.
            RechargeEvent::RechargeClosed {} => {
                let order = order_number(id);
                let is_billed = self.bill.as_ref().is_some_and(|bill| bill.contains_key(&order));
                match self.asked.get_mut(&id) {
                    Some(asked) if is_billed => asked.is_closed = true,
                    Some(_) | None => drop(self.asked.remove(&id)),
                }
            }
        }
    }

    /// Settles what a commit has paid and credited.
    fn settle(&mut self) -> Result<(), ReportError> {
        for id in std::mem::take(&mut self.touched) {
            let Some(asked) = self.asked.get(&id) else { continue };
            let Some(paid) = asked.paid.clone() else { continue };
            if paid.amount != asked.credited {
                continue;
            }
            let Some(asked) = self.asked.remove(&id) else { continue };
            self.reconciled += 1;
            self.reconciled_sum = self.reconciled_sum.plus(paid.amount)?;
            self.compare(id, &asked, &paid)?;
        }
        Ok(())
    }

    /// Compares a payment that is right in the books with the bill.
    fn compare(&mut self, id: RechargeId, asked: &Asked, paid: &Paid) -> Result<(), ReportError> {
        let Some(bill) = &mut self.bill else { return Ok(()) };
        let order = order_number(id);
        let Some(lines) = bill.remove(&order) else {
            let day = day_of(paid.at);
            if self.days.as_ref().is_some_and(|(first, last)| (first..=last).contains(&&day)) {
                self.differ(asked.row(id, MISSING_IN_BILL, None));
            }
            return Ok(());
        };
        let mut is_met = false;
        for line in lines {
            let finding = match line.kind {
                BillLineKind::Refund => REFUND,
                BillLineKind::Revocation => REVOKED,
                BillLineKind::Payment if is_met => TWICE,
                BillLineKind::Payment if line.transaction_id != paid.transaction_id => OTHER_TRANSACTION,
                BillLineKind::Payment if line.amount != paid.amount => OTHER_AMOUNT,
                BillLineKind::Payment => {
                    is_met = true;
                    self.matched += 1;
                    self.matched_sum = self.matched_sum.plus(line.amount)?;
                    continue;
                }
            };
            self.differ(asked.row(id, finding, Some(&line)));
        }
        Ok(())
    }

    fn differ(&mut self, row: PaymentRow) {
        self.differences += 1;
        self.rows.push(row);
    }

    /// What is left in the books, and what is left in the bill.
    fn finish(mut self, as_of: AsOf) -> Result<Payments, ReportError> {
        for (id, asked) in std::mem::take(&mut self.asked) {
            let lines =
                self.bill.as_mut().and_then(|bill| bill.remove(&order_number(id))).unwrap_or_default();
            for line in &lines {
                let finding = match line.kind {
                    BillLineKind::Payment => NOT_NOTICED,
                    BillLineKind::Refund => REFUND,
                    BillLineKind::Revocation => REVOKED,
                };
                self.differ(asked.row(id, finding, Some(line)));
            }
            let finding = if asked.paid.is_some() { NOT_CREDITED } else { OPEN };
            if lines.is_empty() && (asked.paid.is_some() || !asked.is_closed) {
                self.rows.push(asked.row(id, finding, None));
            }
        }
        for line in std::mem::take(&mut self.bill).into_iter().flatten().flat_map(|(_, lines)| lines) {
            self.differ(unknown(&line));
        }
        self.rows.sort_by_key(|row| row.time);
        Ok(Payments {
            as_of,
            rows: self.rows,
            reconciled: self.reconciled,
            reconciled_sum: self.reconciled_sum,
            matched: self.matched,
            matched_sum: self.matched_sum,
            differences: self.differences,
        })
    }
}

impl Reader for Reconciliation {
    fn commit(&mut self, facts: &[Fact]) -> Result<(), ReportError> {
        for fact in facts {
            if let AnyEvent::Recharge(event) = &fact.event {
                self.note_recharge(fact, event);
            }
            if let AnyEvent::Balance(BalanceEvent::BalanceCredited { amount, source, .. }) = &fact.event
                && let CreditSource::Recharge { recharge, .. } = source
                && let Some(asked) = self.asked.get_mut(recharge)
            {
                asked.credited = asked.credited.plus(*amount)?;
                self.touched.push(*recharge);
            }
        }
        self.settle()
    }
}

impl Asked {
    /// A recharge that was closed and let go before it was paid after all.
    const fn forgotten(at: Timestamp, money: Money) -> Self {
        Self { account: None, money, at, is_closed: true, paid: None, credited: Money::ZERO }
    }

    fn row(&self, id: RechargeId, finding: &'static str, line: Option<&BillLine>) -> PaymentRow {
        let paid = self.paid.as_ref();
        let transaction = line.map(|line| line.transaction_id.clone());
        PaymentRow {
            order: order_number(id),
            account: self.account,
            finding,
            time: line.map_or(self.at, |line| line.at),
            asked: self.money,
            noticed: paid.map_or(Money::ZERO, |paid| paid.amount),
            credited: self.credited,
            refunded: Money::ZERO,
            billed: line.and_then(billed),
            transaction: transaction.or(paid.map(|paid| paid.transaction_id.clone())).unwrap_or_default(),
        }
    }
}

fn unknown(line: &BillLine) -> PaymentRow {
    PaymentRow {
        order: line.order.clone(),
        account: None,
        finding: UNKNOWN,
        time: line.at,
        asked: Money::ZERO,
        noticed: Money::ZERO,
        credited: Money::ZERO,
        refunded: Money::ZERO,
        billed: billed(line),
        transaction: line.transaction_id.clone(),
    }
}

/// What a line says, refunds and revocations with their sign.
fn billed(line: &BillLine) -> Option<Money> {
    match line.kind {
        BillLineKind::Payment => Some(line.amount),
        BillLineKind::Refund | BillLineKind::Revocation => line.amount.negated().ok(),
    }
}

fn order_number(id: RechargeId) -> String {
    format!("R{id}")
}

//! Promotional money: what was issued, what was used, what is still promised.

use std::collections::BTreeMap;
use std::sync::Arc;

use aggregates::AnyEvent;
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use event_store::ReadOnlyLog;
use kernel::{AccountId, Money};
use serde::Serialize;

use super::row::Row;
use crate::moment::Moment;
use crate::scan::{AsOf, Fact, Progress, Reader, ReportError, scan};
use crate::stream_number::stream_number;

/// The promotional money of one account, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CouponRow {
    /// The account's number, or `all`.
    pub account: String,
    /// Given on top of recharges.
    pub issued_by_recharges: Money,
    /// Given by operators.
    pub issued_by_adjustments: Money,
    /// Spent on purchases.
    pub used: Money,
    /// Taken back by operators.
    pub withdrawn: Money,
    /// Still promised.
    pub outstanding: Money,
}

impl Row for CouponRow {
    const COLUMNS: &'static [&'static str] =
        &["account", "issued by recharges", "issued by adjustments", "used", "withdrawn", "outstanding"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.account.clone(),
            self.issued_by_recharges.to_string(),
            self.issued_by_adjustments.to_string(),
            self.used.to_string(),
            self.withdrawn.to_string(),
            self.outstanding.to_string(),
        ]
    }
}

/// The promotional money at a moment: every account's if that is asked for, and then that of all.
///
/// # Errors
/// [`ReportError`].
pub async fn coupons(
    log: &Arc<ReadOnlyLog>,
    moment: Option<Moment>,
    by_account: bool,
    progress: Progress<'_>,
) -> Result<(AsOf, Vec<CouponRow>), ReportError> {
    let all = CouponRow { account: "all".to_owned(), ..CouponRow::default() };
    let mut coupons = Coupons { by_account, accounts: BTreeMap::new(), all };
    let as_of = scan(log, moment, progress, &mut coupons).await?;
    let mut rows: Vec<CouponRow> = coupons.accounts.into_values().collect();
    rows.push(coupons.all);
    Ok((as_of, rows))
}

struct Coupons {
    by_account: bool,
    accounts: BTreeMap<AccountId, CouponRow>,
    all: CouponRow,
}

impl Reader for Coupons {
    fn commit(&mut self, facts: &[Fact]) -> Result<(), ReportError> {
        for fact in facts {
            let AnyEvent::Coupon(event) = &fact.event else { continue };
            self.all.add(event)?;
            let account = stream_number::<AccountId>(&fact.recorded.stream.aggregate_id).ok();
            if let Some(account) = account.filter(|_| self.by_account) {
                let fresh = || CouponRow { account: account.to_string(), ..CouponRow::default() };
                self.accounts.entry(account).or_insert_with(fresh).add(event)?;
            }
        }
        Ok(())
    }
}

impl CouponRow {
    fn add(&mut self, event: &CouponEvent) -> Result<(), ReportError> {
        let (amount, to) = match event {
            CouponEvent::CouponGranted { amount, source, .. } => {
                self.outstanding = self.outstanding.plus(*amount)?;
                match source {
                    GrantSource::Recharge { .. } => (*amount, &mut self.issued_by_recharges),
                    GrantSource::Adjustment { .. } => (*amount, &mut self.issued_by_adjustments),
                }
            }
            CouponEvent::CouponSpent { amount, purpose, .. } => {
                self.outstanding = self.outstanding.minus(*amount)?;
                match purpose {
                    SpendPurpose::Purchase { .. } => (*amount, &mut self.used),
                    SpendPurpose::Adjustment { .. } => (*amount, &mut self.withdrawn),
                }
            }
        };
        *to = to.plus(amount)?;
        Ok(())
    }
}

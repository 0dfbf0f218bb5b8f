//! Balances and coupon balances: each event states what is left after it, and never less than nothing.

use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use kernel::Money;
use serde::{Deserialize, Serialize};

use super::{AMOUNT_MAX, text};
use crate::breach::{Wrong, ensure, same};

/// Which of an account's two purses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purse {
    Balance,
    Coupon,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FundsState {
    pub(crate) held: Money,
}

impl FundsState {
    pub(super) fn take_balance(&mut self, event: &BalanceEvent) -> Result<(), Wrong> {
        match event {
            BalanceEvent::BalanceCredited { amount, balance, source, .. } => {
                if let CreditSource::Adjustment { reason } = source {
                    text::check("a reason's length", reason, text::REASON)?;
                }
                self.add(*amount, *balance)
            }
            BalanceEvent::BalanceDebited { amount, balance, purpose, .. } => {
                if let DebitPurpose::Adjustment { reason } = purpose {
                    text::check("a reason's length", reason, text::REASON)?;
                }
                self.subtract(*amount, *balance)
            }
        }
    }

    pub(super) fn take_coupon(&mut self, event: &CouponEvent) -> Result<(), Wrong> {
        match event {
            CouponEvent::CouponGranted { amount, coupon, source, .. } => {
                if let GrantSource::Adjustment { reason } = source {
                    text::check("a reason's length", reason, text::REASON)?;
                }
                self.add(*amount, *coupon)
            }
            CouponEvent::CouponSpent { amount, coupon, purpose, .. } => {
                if let SpendPurpose::Adjustment { reason } = purpose {
                    text::check("a reason's length", reason, text::REASON)?;
                }
                self.subtract(*amount, *coupon)
            }
        }
    }

    fn add(&mut self, amount: Money, stated: Money) -> Result<(), Wrong> {
        check_amount(amount)?;
        // Both are below 2^53 here.
        let sum = Money::from_fen(self.held.fen() + amount.fen());
        same("a balance equals its events", sum, stated)?;
        ensure(sum.fen() <= AMOUNT_MAX, "a balance is bounded", Money::from_fen(AMOUNT_MAX), sum)?;
        self.held = stated;
        Ok(())
    }

    fn subtract(&mut self, amount: Money, stated: Money) -> Result<(), Wrong> {
        check_amount(amount)?;
        let rest = Money::from_fen(self.held.fen() - amount.fen());
        ensure(!rest.is_negative(), "a balance is never negative", "0.00 or more", rest)?;
        same("a balance equals its events", rest, stated)?;
        self.held = stated;
        Ok(())
    }
}

/// More than nothing and at most 2^53 - 1 fen.
pub(super) fn check_amount(amount: Money) -> Result<(), Wrong> {
    let expected = format_args!("0.01 to {}", Money::from_fen(AMOUNT_MAX));
    ensure((1..=AMOUNT_MAX).contains(&amount.fen()), "an amount is more than nothing", expected, amount)
}

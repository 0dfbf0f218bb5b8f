//! An event that moves money, in words: what stands beside its postings.

use aggregates::AnyEvent;
use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use aggregates::purchase::PurchaseEvent;
use aggregates::recharge::RechargeEvent;

/// What happened, on one line; empty if the event moves no money.
pub(crate) fn narration(event: &AnyEvent) -> String {
    let words = if let AnyEvent::Balance(event) = event {
        balance(event)
    } else if let AnyEvent::Coupon(event) = event {
        coupon(event)
    } else if let AnyEvent::Purchase(
        PurchaseEvent::PurchaseMade { name, num, .. } | PurchaseEvent::PurchasePaid { name, num, .. },
    ) = event
    {
        format!("purchase {name} x{num}")
    } else if let AnyEvent::Recharge(RechargeEvent::RechargePaid { transaction_id, .. }) = event {
        format!("payment {transaction_id}")
    } else {
        String::new()
    };
    one_line(&words)
}

fn balance(event: &BalanceEvent) -> String {
    match event {
        BalanceEvent::BalanceCredited { source, .. } => match source {
            CreditSource::Recharge { name, .. } => format!("recharge {name}"),
            CreditSource::Adjustment { reason } => format!("adjustment {reason}"),
        },
        BalanceEvent::BalanceDebited { purpose, .. } => match purpose {
            DebitPurpose::Purchase { name, num, .. } => format!("purchase {name} x{num}"),
            DebitPurpose::Adjustment { reason } => format!("adjustment {reason}"),
        },
    }
}

fn coupon(event: &CouponEvent) -> String {
    match event {
        CouponEvent::CouponGranted { source, .. } => match source {
            GrantSource::Recharge { name, .. } => format!("bonus {name}"),
            GrantSource::Adjustment { reason } => format!("adjustment {reason}"),
        },
        CouponEvent::CouponSpent { purpose, .. } => match purpose {
            SpendPurpose::Purchase { name, num, .. } => format!("purchase {name} x{num}"),
            SpendPurpose::Adjustment { reason } => format!("adjustment {reason}"),
        },
    }
}

/// The text without line breaks and other control characters.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

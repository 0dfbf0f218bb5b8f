//! A coupon balance: what it decides, what it refuses, and the bytes it is stored as.

use kernel::{Decide, Money};
use proptest::prelude::*;

use super::{Coupon, CouponCommand, CouponError, CouponEvent, GrantSource, SpendPurpose};
use crate::testing::{check, check_refusals, check_stored, fen, fold, id};
use crate::{AMOUNT_MAX, TextError};

fn recharge() -> GrantSource {
    GrantSource::Recharge { recharge: id(7), item: id(2), name: "充100送20".into() }
}

fn purchase() -> SpendPurpose {
    SpendPurpose::Purchase { purchase: id(9), product: id(4), name: "绿茶".into(), num: 1 }
}

fn grant(amount: Money) -> CouponCommand {
    CouponCommand::Grant { entry: id(41), amount, source: recharge() }
}

fn spend(amount: Money) -> CouponCommand {
    CouponCommand::Spend { entry: id(43), amount, purpose: purchase() }
}

fn granted(amount: Money, coupon: Money) -> CouponEvent {
    CouponEvent::CouponGranted { entry: id(41), amount, coupon, source: recharge() }
}

fn spent(amount: Money, coupon: Money) -> CouponEvent {
    CouponEvent::CouponSpent { entry: id(43), amount, coupon, purpose: purchase() }
}

#[test]
fn grants_and_spends() {
    check::<Coupon>(vec![], grant(fen(2000)), vec![granted(fen(2000), fen(2000))]);
    check::<Coupon>(vec![granted(fen(2000), fen(2000))], spend(fen(500)), vec![spent(fen(500), fen(1500))]);
    check::<Coupon>(
        vec![granted(fen(2000), fen(2000)), spent(fen(500), fen(1500))],
        grant(fen(1)),
        vec![granted(fen(1), fen(1501))],
    );
}

#[test]
fn adjusts_with_a_reason() {
    let source = GrantSource::Adjustment { reason: "goodwill".into() };
    check::<Coupon>(
        vec![],
        CouponCommand::Grant { entry: id(1), amount: fen(5), source: source.clone() },
        vec![CouponEvent::CouponGranted { entry: id(1), amount: fen(5), coupon: fen(5), source }],
    );
    let purpose = SpendPurpose::Adjustment { reason: "granted twice".into() };
    check::<Coupon>(
        vec![granted(fen(5), fen(5))],
        CouponCommand::Spend { entry: id(2), amount: fen(5), purpose: purpose.clone() },
        vec![CouponEvent::CouponSpent { entry: id(2), amount: fen(5), coupon: fen(0), purpose }],
    );
}

#[test]
fn refuses() {
    let low = |coupon, needed| CouponError::LowCoupon { coupon, needed };
    let reason = CouponError::InvalidParameter(TextError::Length { field: "reason", min: 1, max: 200 });
    let nul = CouponError::InvalidParameter(TextError::Nul { field: "reason" });
    let nameless_grant = CouponCommand::Grant {
        entry: id(1),
        amount: fen(0),
        source: GrantSource::Adjustment { reason: String::new() },
    };
    let damaged_spend = CouponCommand::Spend {
        entry: id(1),
        amount: fen(0),
        purpose: SpendPurpose::Adjustment { reason: "a\0b".into() },
    };
    check_refusals::<Coupon>(
        include_str!("error.rs"),
        vec![
            (vec![], nameless_grant, reason),
            (vec![], damaged_spend, nul),
            (vec![], grant(fen(0)), CouponError::AmountOutOfRange),
            (vec![granted(AMOUNT_MAX, AMOUNT_MAX)], grant(fen(1)), CouponError::AmountOutOfRange),
            (vec![], spend(fen(-5)), CouponError::AmountOutOfRange),
            (vec![], spend(fen(1)), low(fen(0), fen(1))),
            (vec![granted(fen(9), fen(9))], spend(fen(10)), low(fen(9), fen(10))),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        (
            "1.0",
            r#"{"CouponGranted":{"entry":41,"amount":2000,"coupon":2000,"source":{"recharge":{"recharge":7,"item":2,"name":"充100送20"}}}}"#,
            granted(fen(2000), fen(2000)),
        ),
        (
            "1.0",
            r#"{"CouponGranted":{"entry":42,"amount":300,"coupon":2300,"source":{"adjustment":{"reason":"goodwill"}}}}"#,
            CouponEvent::CouponGranted {
                entry: id(42),
                amount: fen(300),
                coupon: fen(2300),
                source: GrantSource::Adjustment { reason: "goodwill".into() },
            },
        ),
        (
            "1.0",
            r#"{"CouponSpent":{"entry":43,"amount":500,"coupon":1800,"purpose":{"purchase":{"purchase":9,"product":4,"name":"绿茶","num":1}}}}"#,
            spent(fen(500), fen(1800)),
        ),
        (
            "1.0",
            r#"{"CouponSpent":{"entry":44,"amount":100,"coupon":1700,"purpose":{"adjustment":{"reason":"granted twice"}}}}"#,
            CouponEvent::CouponSpent {
                entry: id(44),
                amount: fen(100),
                coupon: fen(1700),
                purpose: SpendPurpose::Adjustment { reason: "granted twice".into() },
            },
        ),
    ]);
}

proptest! {
    #[test]
    fn equals_its_grants_less_what_was_spent(amounts in prop::collection::vec(-1_000_i64..1_000, 0..60)) {
        let (mut state, mut expected) = (Coupon::default(), 0);
        for signed in amounts {
            let amount = fen(signed.abs());
            let decided = state.decide(if signed < 0 { spend(amount) } else { grant(amount) });
            prop_assert_eq!(decided.is_ok(), signed != 0 && expected + signed >= 0);
            if let Ok(events) = decided {
                expected += signed;
                let all = std::iter::once(granted(state.amount, state.amount)).chain(events).collect();
                state = fold(all);
            }
            prop_assert_eq!(state.amount, fen(expected));
        }
    }
}

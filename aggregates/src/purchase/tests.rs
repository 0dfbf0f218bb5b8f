//! A purchase: what it decides, what it refuses, and the bytes it is stored as.

use kernel::{Decide, Money, Timestamp};
use proptest::prelude::*;

use super::{Bought, PaymentMethod, Purchase, PurchaseCommand, PurchaseError, PurchaseEvent, PurchaseStatus};
use crate::AMOUNT_MAX;
use crate::testing::{check, check_refusals, check_stored, fen, fold, fold_at, id};

fn make(unit_price: Money, num: u32, method: PaymentMethod) -> PurchaseCommand {
    PurchaseCommand::Make {
        buyer: id(1),
        product: id(4),
        shop: id(0),
        name: "绿茶".into(),
        unit_price,
        num,
        method,
    }
}

fn made(unit_price: Money, num: u32, total: Money, method: PaymentMethod) -> PurchaseEvent {
    PurchaseEvent::PurchaseMade {
        buyer: id(1),
        product: id(4),
        shop: id(0),
        name: "绿茶".into(),
        unit_price,
        num,
        total,
        method,
    }
}

fn bought(status: PurchaseStatus, shop: u64, method: Option<PaymentMethod>) -> Purchase {
    let bought = Bought {
        status,
        buyer: id(1),
        product: id(4),
        shop: id(shop),
        name: "绿茶".into(),
        unit_price: fen(500),
        num: 3,
        total: fen(1500),
        method,
        created_at: Timestamp::default(),
    };
    Purchase { bought: Some(bought) }
}

fn apply(unit_price: Money, num: u32, told_unit_price: Money, told_total: Money) -> PurchaseCommand {
    PurchaseCommand::Apply {
        buyer: id(1),
        product: id(4),
        shop: id(2),
        name: "绿茶".into(),
        unit_price,
        num,
        told_unit_price,
        told_total,
    }
}

fn applied() -> PurchaseEvent {
    PurchaseEvent::PurchaseApplied {
        buyer: id(1),
        product: id(4),
        shop: id(2),
        name: "绿茶".into(),
        unit_price: fen(500),
        num: 3,
        total: fen(1500),
    }
}

fn paid() -> PurchaseEvent {
    PurchaseEvent::PurchasePaid {
        buyer: id(1),
        product: id(4),
        shop: id(2),
        name: "绿茶".into(),
        num: 3,
        total: fen(1500),
        method: PaymentMethod::Balance,
    }
}

fn cancelled() -> PurchaseEvent {
    PurchaseEvent::PurchaseCancelled { buyer: id(1) }
}

fn pay(by: u64) -> PurchaseCommand {
    PurchaseCommand::Pay { by: id(by), method: PaymentMethod::Balance }
}

fn cancel(by: u64) -> PurchaseCommand {
    PurchaseCommand::Cancel { by: id(by) }
}

#[test]
fn is_made_once_with_its_total() {
    let tea = made(fen(500), 3, fen(1500), PaymentMethod::Balance);
    check::<Purchase>(vec![], make(fen(500), 3, PaymentMethod::Balance), vec![tea.clone()]);
    check::<Purchase>(
        vec![],
        make(AMOUNT_MAX, 1, PaymentMethod::Coupon),
        vec![made(AMOUNT_MAX, 1, AMOUNT_MAX, PaymentMethod::Coupon)],
    );
    assert_eq!(fold::<Purchase>(vec![tea]), bought(PurchaseStatus::Paid, 0, Some(PaymentMethod::Balance)));
}

#[test]
fn is_applied_for_at_the_price_of_now() {
    check::<Purchase>(vec![], apply(fen(500), 3, fen(500), fen(1500)), vec![applied()]);
    assert_eq!(fold::<Purchase>(vec![applied()]), bought(PurchaseStatus::Paying, 2, None));
}

#[test]
fn is_paid_once_by_its_buyer() {
    check::<Purchase>(vec![applied()], pay(1), vec![paid()]);
    let method = Some(PaymentMethod::Balance);
    assert_eq!(fold::<Purchase>(vec![applied(), paid()]), bought(PurchaseStatus::Paid, 2, method));
}

#[test]
fn is_cancelled_by_its_buyer() {
    check::<Purchase>(vec![applied()], cancel(1), vec![cancelled()]);
    assert_eq!(fold::<Purchase>(vec![applied(), cancelled()]), bought(PurchaseStatus::Cancelled, 2, None));
}

#[test]
fn remembers_when_it_was_applied_for_and_not_when_it_was_paid() {
    let purchase = fold_at::<Purchase>(vec![(1, applied()), (2, paid())]);
    assert_eq!(purchase.bought.unwrap().created_at, Timestamp::from_micros(1));
}

#[test]
fn refuses() {
    let balance = |price, num| make(price, num, PaymentMethod::Balance);
    let tea = made(fen(500), 1, fen(500), PaymentMethod::Balance);
    let other_price = PurchaseError::UnitPriceMismatch { now: fen(500) };
    let other_total = PurchaseError::TotalMismatch { total: fen(1500) };
    check_refusals::<Purchase>(
        include_str!("error.rs"),
        vec![
            (vec![tea], balance(fen(0), 0), PurchaseError::PurchaseExists),
            (vec![], balance(fen(500), 0), PurchaseError::AmountOutOfRange),
            (vec![], balance(fen(0), 1), PurchaseError::AmountOutOfRange),
            (vec![], balance(fen(-5), 1), PurchaseError::AmountOutOfRange),
            (vec![], balance(AMOUNT_MAX, 2), PurchaseError::AmountOutOfRange),
            (vec![], balance(fen(i64::MAX), u32::MAX), PurchaseError::AmountOutOfRange),
            (vec![applied()], balance(fen(500), 1), PurchaseError::PurchaseExists),
            (vec![applied()], apply(fen(500), 3, fen(500), fen(1500)), PurchaseError::PurchaseExists),
            (vec![], apply(fen(500), 0, fen(1), fen(1)), PurchaseError::AmountOutOfRange),
            (vec![], apply(AMOUNT_MAX, 2, fen(1), fen(1)), PurchaseError::AmountOutOfRange),
            (vec![], apply(fen(500), 3, fen(499), fen(1)), other_price),
            (vec![], apply(fen(500), 3, fen(500), fen(1499)), other_total),
            (vec![], pay(1), PurchaseError::PurchaseUnknown),
            (vec![applied(), paid()], pay(2), PurchaseError::PurchaseNotYours),
            (vec![applied(), paid()], pay(1), PurchaseError::PurchaseNotPaying),
            (vec![applied(), cancelled()], pay(1), PurchaseError::PurchaseNotPaying),
            (vec![], cancel(1), PurchaseError::PurchaseUnknown),
            (vec![applied()], cancel(2), PurchaseError::PurchaseNotYours),
            (vec![applied(), paid()], cancel(1), PurchaseError::PurchaseNotPaying),
            (vec![applied(), cancelled()], cancel(1), PurchaseError::PurchaseNotPaying),
            (
                vec![made(fen(500), 1, fen(500), PaymentMethod::Balance)],
                cancel(1),
                PurchaseError::PurchaseNotPaying,
            ),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        (
            "1.0",
            r#"{"PurchaseMade":{"buyer":1,"product":4,"shop":0,"name":"绿茶","unit_price":500,"num":3,"total":1500,"method":"balance"}}"#,
            made(fen(500), 3, fen(1500), PaymentMethod::Balance),
        ),
        (
            "1.0",
            r#"{"PurchaseMade":{"buyer":1,"product":4,"shop":0,"name":"绿茶","unit_price":500,"num":1,"total":500,"method":"coupon"}}"#,
            made(fen(500), 1, fen(500), PaymentMethod::Coupon),
        ),
        (
            "1.0",
            r#"{"PurchaseApplied":{"buyer":1,"product":4,"shop":2,"name":"绿茶","unit_price":500,"num":3,"total":1500}}"#,
            applied(),
        ),
        (
            "1.0",
            r#"{"PurchasePaid":{"buyer":1,"product":4,"shop":2,"name":"绿茶","num":3,"total":1500,"method":"balance"}}"#,
            paid(),
        ),
        ("1.0", r#"{"PurchaseCancelled":{"buyer":1}}"#, cancelled()),
    ]);
}

proptest! {
    #[test]
    fn the_total_is_exact_or_refused(price in any::<i64>(), num in any::<u32>()) {
        let exact = i128::from(price) * i128::from(num);
        let fits = price > 0 && num > 0 && exact <= i128::from(AMOUNT_MAX.fen());
        let decided = Purchase::default().decide(make(fen(price), num, PaymentMethod::Balance));
        if fits {
            let total = fen(i64::try_from(exact).unwrap());
            prop_assert_eq!(decided, Ok(vec![made(fen(price), num, total, PaymentMethod::Balance)]));
        } else {
            prop_assert_eq!(decided, Err(PurchaseError::AmountOutOfRange));
        }
    }

    #[test]
    fn the_total_of_a_plain_price_is_price_times_num(price in 1_i64..1_000_000, num in 1_u32..10_000) {
        let decided = Purchase::default().decide(make(fen(price), num, PaymentMethod::Coupon));
        let total = fen(price * i64::from(num));
        prop_assert_eq!(decided, Ok(vec![made(fen(price), num, total, PaymentMethod::Coupon)]));
    }
}

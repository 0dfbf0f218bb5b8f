//! A purchase: what it decides, what it refuses, and the bytes it is stored as.

use kernel::{Decide, Money};
use proptest::prelude::*;

use super::{Bought, PaymentMethod, Purchase, PurchaseCommand, PurchaseError, PurchaseEvent};
use crate::AMOUNT_MAX;
use crate::testing::{check, check_refusals, check_stored, fen, fold, id};

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

#[test]
fn is_made_once_with_its_total() {
    let tea = made(fen(500), 3, fen(1500), PaymentMethod::Balance);
    check::<Purchase>(vec![], make(fen(500), 3, PaymentMethod::Balance), vec![tea.clone()]);
    check::<Purchase>(
        vec![],
        make(AMOUNT_MAX, 1, PaymentMethod::Coupon),
        vec![made(AMOUNT_MAX, 1, AMOUNT_MAX, PaymentMethod::Coupon)],
    );
    let bought = Bought {
        buyer: id(1),
        product: id(4),
        shop: id(0),
        num: 3,
        total: fen(1500),
        method: PaymentMethod::Balance,
    };
    assert_eq!(fold::<Purchase>(vec![tea]), Purchase { bought: Some(bought) });
}

#[test]
fn refuses() {
    let balance = |price, num| make(price, num, PaymentMethod::Balance);
    let tea = made(fen(500), 1, fen(500), PaymentMethod::Balance);
    check_refusals::<Purchase>(
        include_str!("error.rs"),
        vec![
            (vec![tea], balance(fen(0), 0), PurchaseError::PurchaseExists),
            (vec![], balance(fen(500), 0), PurchaseError::AmountOutOfRange),
            (vec![], balance(fen(0), 1), PurchaseError::AmountOutOfRange),
            (vec![], balance(fen(-5), 1), PurchaseError::AmountOutOfRange),
            (vec![], balance(AMOUNT_MAX, 2), PurchaseError::AmountOutOfRange),
            (vec![], balance(fen(i64::MAX), u32::MAX), PurchaseError::AmountOutOfRange),
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

//! A balance: what it decides, what it refuses, and the bytes it is stored as.

use proptest::prelude::*;

use super::{Balance, BalanceCommand, BalanceError, BalanceEvent, CreditSource, DebitPurpose};
use crate::testing::{check, check_refusals, check_stored, fen, fold, id};
use crate::{AMOUNT_MAX, TextError};
use kernel::{Decide, Money};

fn recharge() -> CreditSource {
    CreditSource::Recharge { recharge: id(7), item: id(2), name: "充100送20".into() }
}

fn purchase() -> DebitPurpose {
    DebitPurpose::Purchase { purchase: id(9), product: id(4), name: "绿茶".into(), num: 1 }
}

fn credit(amount: Money) -> BalanceCommand {
    BalanceCommand::Credit { entry: id(31), amount, source: recharge() }
}

fn debit(amount: Money) -> BalanceCommand {
    BalanceCommand::Debit { entry: id(33), amount, purpose: purchase() }
}

fn credited(amount: Money, balance: Money) -> BalanceEvent {
    BalanceEvent::BalanceCredited { entry: id(31), amount, balance, source: recharge() }
}

fn debited(amount: Money, balance: Money) -> BalanceEvent {
    BalanceEvent::BalanceDebited { entry: id(33), amount, balance, purpose: purchase() }
}

fn reason_length() -> TextError {
    TextError::Length { field: "reason", min: 1, max: 200 }
}

#[test]
fn credits_and_debits() {
    check::<Balance>(vec![], credit(fen(500)), vec![credited(fen(500), fen(500))]);
    check::<Balance>(vec![credited(fen(500), fen(500))], credit(fen(1)), vec![credited(fen(1), fen(501))]);
    check::<Balance>(vec![credited(fen(500), fen(500))], debit(fen(500)), vec![debited(fen(500), fen(0))]);
    check::<Balance>(
        vec![credited(fen(500), fen(500)), debited(fen(200), fen(300))],
        debit(fen(299)),
        vec![debited(fen(299), fen(1))],
    );
}

#[test]
fn adjusts_with_a_reason() {
    let source = CreditSource::Adjustment { reason: "goodwill".into() };
    check::<Balance>(
        vec![],
        BalanceCommand::Credit { entry: id(1), amount: fen(5), source: source.clone() },
        vec![BalanceEvent::BalanceCredited { entry: id(1), amount: fen(5), balance: fen(5), source }],
    );
    let purpose = DebitPurpose::Adjustment { reason: "booked twice".into() };
    check::<Balance>(
        vec![credited(fen(5), fen(5))],
        BalanceCommand::Debit { entry: id(2), amount: fen(5), purpose: purpose.clone() },
        vec![BalanceEvent::BalanceDebited { entry: id(2), amount: fen(5), balance: fen(0), purpose }],
    );
}

#[test]
fn refuses() {
    let low = |balance, needed| BalanceError::LowBalance { balance, needed };
    let nameless_credit = BalanceCommand::Credit {
        entry: id(1),
        amount: fen(0),
        source: CreditSource::Adjustment { reason: String::new() },
    };
    let endless_debit = BalanceCommand::Debit {
        entry: id(1),
        amount: fen(0),
        purpose: DebitPurpose::Adjustment { reason: "x".repeat(201) },
    };
    check_refusals::<Balance>(
        include_str!("error.rs"),
        vec![
            (vec![], nameless_credit, BalanceError::InvalidParameter(reason_length())),
            (vec![], endless_debit, BalanceError::InvalidParameter(reason_length())),
            (vec![], credit(fen(0)), BalanceError::AmountOutOfRange),
            (vec![], credit(fen(-1)), BalanceError::AmountOutOfRange),
            (vec![], credit(fen(i64::MAX)), BalanceError::AmountOutOfRange),
            (vec![credited(AMOUNT_MAX, AMOUNT_MAX)], credit(fen(1)), BalanceError::AmountOutOfRange),
            (vec![], debit(fen(0)), BalanceError::AmountOutOfRange),
            (vec![], debit(fen(-1)), BalanceError::AmountOutOfRange),
            (vec![], debit(fen(i64::MIN)), BalanceError::AmountOutOfRange),
            (vec![], debit(fen(1)), low(fen(0), fen(1))),
            (vec![credited(fen(499), fen(499))], debit(fen(500)), low(fen(499), fen(500))),
        ],
    );
    assert_eq!(low(fen(499), fen(500)).to_string(), "balance 4.99 is lower than 5.00");
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        (
            "1.0",
            r#"{"BalanceCredited":{"entry":31,"amount":10000,"balance":12500,"source":{"recharge":{"recharge":7,"item":2,"name":"充100送20"}}}}"#,
            credited(fen(10000), fen(12500)),
        ),
        (
            "1.0",
            r#"{"BalanceCredited":{"entry":32,"amount":500,"balance":13000,"source":{"adjustment":{"reason":"goodwill"}}}}"#,
            BalanceEvent::BalanceCredited {
                entry: id(32),
                amount: fen(500),
                balance: fen(13000),
                source: CreditSource::Adjustment { reason: "goodwill".into() },
            },
        ),
        (
            "1.0",
            r#"{"BalanceDebited":{"entry":33,"amount":500,"balance":12500,"purpose":{"purchase":{"purchase":9,"product":4,"name":"绿茶","num":1}}}}"#,
            debited(fen(500), fen(12500)),
        ),
        (
            "1.0",
            r#"{"BalanceDebited":{"entry":34,"amount":100,"balance":12400,"purpose":{"adjustment":{"reason":"booked twice"}}}}"#,
            BalanceEvent::BalanceDebited {
                entry: id(34),
                amount: fen(100),
                balance: fen(12400),
                purpose: DebitPurpose::Adjustment { reason: "booked twice".into() },
            },
        ),
    ]);
}

proptest! {
    #[test]
    fn equals_its_credits_less_its_debits(amounts in prop::collection::vec(-1_000_i64..1_000, 0..60)) {
        let (mut events, mut expected) = (vec![], 0);
        for signed in amounts {
            let amount = fen(signed.abs());
            let command = if signed < 0 { debit(amount) } else { credit(amount) };
            match fold::<Balance>(events.clone()).decide(command) {
                Ok(decided) => {
                    expected += signed;
                    events.extend(decided);
                }
                Err(error) if signed == 0 => prop_assert_eq!(error, BalanceError::AmountOutOfRange),
                Err(error) => {
                    prop_assert!(expected + signed < 0);
                    prop_assert_eq!(error, BalanceError::LowBalance { balance: fen(expected), needed: amount });
                }
            }
            prop_assert!(expected >= 0);
            prop_assert_eq!(fold::<Balance>(events.clone()).amount, fen(expected));
        }
    }
}

//! A recharge: what it decides, what it refuses, and the bytes it is stored as.

use kernel::{Decide as _, Money, Timestamp};

use super::{Recharge, RechargeCommand, RechargeError, RechargeEvent, RechargeRequest, RechargeStatus};
use crate::testing::{Refusal, check, check_refusals, check_stored, fen, fold, id};
use crate::{AMOUNT_MAX, TextError};

fn request(name: &str, money: Money, charge: Money) -> RechargeCommand {
    RechargeCommand::Request { account: id(1), item: id(2), name: name.into(), money, charge }
}

fn requested(money: Money, charge: Money) -> RechargeEvent {
    RechargeEvent::RechargeRequested {
        account: id(1), item: id(2), name: "充100送20".into(), money, charge
    }
}

fn asked() -> RechargeEvent {
    requested(fen(10000), fen(2000))
}

fn prepare(prepay_id: &str) -> RechargeCommand {
    RechargeCommand::Prepare { prepay_id: prepay_id.into() }
}

fn prepared(prepay_id: &str) -> RechargeEvent {
    RechargeEvent::RechargePrepared { prepay_id: prepay_id.into() }
}

fn confirm(transaction_id: &str, amount: Money) -> RechargeCommand {
    RechargeCommand::ConfirmPayment {
        transaction_id: transaction_id.into(),
        amount,
        success_time: Some(Timestamp::from_micros(1_555_921_062_000_000)),
    }
}

fn paid(transaction_id: &str) -> RechargeEvent {
    RechargeEvent::RechargePaid {
        transaction_id: transaction_id.into(),
        amount: fen(10000),
        success_time: Some(Timestamp::from_micros(1_555_921_062_000_000)),
    }
}

const CLOSED: RechargeEvent = RechargeEvent::RechargeClosed {};

#[test]
fn is_requested_and_prepared() {
    check::<Recharge>(vec![], request("充100送20", fen(10000), fen(2000)), vec![asked()]);
    check::<Recharge>(vec![], request("充100送20", fen(1), fen(0)), vec![requested(fen(1), fen(0))]);
    check::<Recharge>(vec![asked()], prepare("wx1"), vec![prepared("wx1")]);
    check::<Recharge>(vec![asked(), prepared("wx1")], prepare("wx2"), vec![prepared("wx2")]);
    check::<Recharge>(vec![asked(), prepared("wx1")], prepare("wx1"), vec![]);
}

#[test]
fn is_paid_once() {
    check::<Recharge>(vec![asked()], confirm("t1", fen(10000)), vec![paid("t1")]);
    check::<Recharge>(vec![asked(), prepared("wx1")], confirm("t1", fen(10000)), vec![paid("t1")]);
    check::<Recharge>(vec![asked(), paid("t1")], confirm("t1", fen(10000)), vec![]);
}

#[test]
fn is_paid_even_when_closed() {
    check::<Recharge>(vec![asked(), CLOSED], confirm("t1", fen(10000)), vec![paid("t1")]);
    check::<Recharge>(vec![asked(), CLOSED, paid("t1")], confirm("t1", fen(10000)), vec![]);
    let recharge = fold::<Recharge>(vec![asked(), prepared("wx1"), CLOSED, paid("t1")]);
    assert_eq!(
        recharge,
        Recharge {
            status: RechargeStatus::Paid,
            request: Some(RechargeRequest {
                account: id(1),
                item: id(2),
                name: "充100送20".into(),
                money: fen(10000),
                charge: fen(2000),
            }),
            prepay_id: Some("wx1".into()),
            transaction_id: Some("t1".into()),
            ..Recharge::default()
        }
    );
}

#[test]
fn keeps_when_it_was_asked_for() {
    let mut recharge = Recharge::default();
    for (event, micros) in [(asked(), 5), (prepared("wx1"), 7)] {
        recharge.apply_at(event, Timestamp::from_micros(micros));
    }
    assert_eq!(recharge.requested_at, Timestamp::from_micros(5));
}

#[test]
fn is_closed_once() {
    check::<Recharge>(vec![asked()], RechargeCommand::Close, vec![CLOSED]);
    check::<Recharge>(vec![asked(), prepared("wx1")], RechargeCommand::Close, vec![CLOSED]);
    check::<Recharge>(vec![asked(), CLOSED], RechargeCommand::Close, vec![]);
}

fn text(field: &'static str, max: usize) -> RechargeError {
    RechargeError::InvalidParameter(TextError::Length { field, min: 1, max })
}

fn mismatch(paid: Money) -> RechargeError {
    RechargeError::RechargeAmountMismatch { asked: fen(10000), paid }
}

fn refused_requests() -> Vec<Refusal<Recharge>> {
    let price = |money, charge| request("充100送20", money, charge);
    let beyond = fen(AMOUNT_MAX.fen() + 1);
    vec![
        (vec![asked()], request("", fen(0), fen(0)), RechargeError::RechargeExists),
        (vec![], request("", fen(0), fen(0)), text("name", 100)),
        (vec![], price(fen(0), fen(0)), RechargeError::AmountOutOfRange),
        (vec![], price(fen(-1), fen(0)), RechargeError::AmountOutOfRange),
        (vec![], price(fen(1), fen(-1)), RechargeError::AmountOutOfRange),
        (vec![], price(beyond, fen(0)), RechargeError::AmountOutOfRange),
        (vec![], price(fen(1), beyond), RechargeError::AmountOutOfRange),
        (vec![], prepare(""), RechargeError::RechargeUnknown),
        (vec![asked(), CLOSED], prepare(""), text("prepay_id", 128)),
        (vec![asked(), CLOSED], prepare("wx1"), RechargeError::RechargeWrongState),
        (vec![asked(), prepared("wx1"), paid("t1")], prepare("wx1"), RechargeError::RechargeWrongState),
    ]
}

fn refused_payments() -> Vec<Refusal<Recharge>> {
    vec![
        (vec![], confirm("", fen(0)), RechargeError::RechargeUnknown),
        (vec![asked()], confirm("", fen(0)), text("transaction_id", 128)),
        (vec![asked()], confirm("t1", fen(9999)), mismatch(fen(9999))),
        (vec![asked()], confirm("t1", fen(10001)), mismatch(fen(10001))),
        (vec![asked(), CLOSED], confirm("t1", fen(1)), mismatch(fen(1))),
        (vec![asked(), paid("t1")], confirm("t1", fen(1)), mismatch(fen(1))),
        (vec![asked(), paid("t1")], confirm("t2", fen(1)), mismatch(fen(1))),
        (vec![asked(), paid("t1")], confirm("t2", fen(10000)), RechargeError::RechargeWrongState),
        (vec![], RechargeCommand::Close, RechargeError::RechargeUnknown),
        (vec![asked(), paid("t1")], RechargeCommand::Close, RechargeError::RechargeWrongState),
    ]
}

#[test]
fn refuses() {
    let cases = refused_requests().into_iter().chain(refused_payments()).collect();
    check_refusals::<Recharge>(include_str!("error.rs"), cases);
    assert_eq!(mismatch(fen(1)).to_string(), "paid 0.01, but 100.00 was asked for");
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        (
            "1.0",
            r#"{"RechargeRequested":{"account":1,"item":2,"name":"充100送20","money":10000,"charge":2000}}"#,
            asked(),
        ),
        ("1.0", r#"{"RechargePrepared":{"prepay_id":"wx1"}}"#, prepared("wx1")),
        (
            "1.0",
            r#"{"RechargePaid":{"transaction_id":"t1","amount":10000,"success_time":1555921062000000}}"#,
            paid("t1"),
        ),
        (
            "1.0",
            r#"{"RechargePaid":{"transaction_id":"t2","amount":10000,"success_time":null}}"#,
            RechargeEvent::RechargePaid {
                transaction_id: "t2".into(),
                amount: fen(10000),
                success_time: None,
            },
        ),
        ("1.0", r#"{"RechargeClosed":{}}"#, CLOSED),
    ]);
}

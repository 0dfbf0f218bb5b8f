//! A recharge item: what it decides, what it refuses, when it changed, and the bytes it is stored as.

use kernel::{Money, Timestamp};

use super::{RechargeItem, RechargeItemCommand, RechargeItemError, RechargeItemEvent, RechargeItemStatus};
use crate::testing::{check, check_refusals, check_stored, fen, fold, fold_at};
use crate::{AMOUNT_MAX, TextError};

fn list(name: &str, money: Money, charge: Money) -> RechargeItemCommand {
    RechargeItemCommand::List { name: name.into(), description: "限时".into(), money, charge }
}

fn change(name: &str, description: &str, charge: Money) -> RechargeItemCommand {
    let (name, description) = (name.into(), description.into());
    RechargeItemCommand::Change { name, description, money: fen(10000), charge }
}

fn listed() -> RechargeItemEvent {
    RechargeItemEvent::RechargeItemListed {
        name: "充100送20".into(),
        description: "限时".into(),
        money: fen(10000),
        charge: fen(2000),
    }
}

fn changed() -> RechargeItemEvent {
    RechargeItemEvent::RechargeItemChanged {
        name: "充100".into(),
        description: String::new(),
        money: fen(10000),
        charge: fen(0),
    }
}

const DELISTED: RechargeItemEvent = RechargeItemEvent::RechargeItemDelisted {};

#[test]
fn is_listed_changed_and_delisted() {
    check::<RechargeItem>(vec![], list("充100送20", fen(10000), fen(2000)), vec![listed()]);
    check::<RechargeItem>(vec![listed()], change("充100", "", fen(0)), vec![changed()]);
    check::<RechargeItem>(vec![listed()], RechargeItemCommand::Delist, vec![DELISTED]);
}

#[test]
fn what_changes_nothing_makes_no_event() {
    check::<RechargeItem>(vec![listed()], change("充100送20", "限时", fen(2000)), vec![]);
    check::<RechargeItem>(vec![listed(), DELISTED], RechargeItemCommand::Delist, vec![]);
}

#[test]
fn refuses() {
    let text = |field, min, max| RechargeItemError::InvalidParameter(TextError::Length { field, min, max });
    let beyond = fen(AMOUNT_MAX.fen() + 1);
    let off = || vec![listed(), DELISTED];
    check_refusals::<RechargeItem>(
        include_str!("error.rs"),
        vec![
            (vec![listed()], list("", fen(0), fen(0)), RechargeItemError::RechargeItemExists),
            (off(), list("充100送20", fen(1), fen(0)), RechargeItemError::RechargeItemExists),
            (vec![], list("", fen(0), fen(0)), text("name", 1, 100)),
            (vec![], list("充100送20", fen(0), fen(0)), RechargeItemError::AmountOutOfRange),
            (vec![], list("充100送20", beyond, fen(0)), RechargeItemError::AmountOutOfRange),
            (vec![], list("充100送20", fen(1), fen(-1)), RechargeItemError::AmountOutOfRange),
            (vec![], change("", "", fen(-1)), RechargeItemError::RechargeItemUnknown),
            (off(), change("", "", fen(-1)), RechargeItemError::RechargeItemDelisted),
            (vec![listed()], change("充100", &"长".repeat(2001), fen(-1)), text("description", 0, 2000)),
            (vec![listed()], change("充100", "", fen(-1)), RechargeItemError::AmountOutOfRange),
            (vec![], RechargeItemCommand::Delist, RechargeItemError::RechargeItemUnknown),
        ],
    );
}

#[test]
fn can_be_chosen_only_while_on_offer() {
    let state = |events| fold::<RechargeItem>(events).require_on_offer();
    assert_eq!(state(vec![listed()]), Ok(()));
    assert_eq!(state(vec![listed(), DELISTED]), Err(RechargeItemError::RechargeItemDelisted));
    assert_eq!(state(vec![]), Err(RechargeItemError::RechargeItemUnknown));
}

#[test]
fn remembers_when_it_was_listed_and_changed() {
    let item = fold_at::<RechargeItem>(vec![(1, listed()), (2, changed())]);
    assert_eq!(
        item,
        RechargeItem {
            status: RechargeItemStatus::OnOffer,
            name: "充100".into(),
            description: String::new(),
            money: fen(10000),
            charge: fen(0),
            created_at: Timestamp::from_micros(1),
            updated_at: Timestamp::from_micros(2),
        }
    );
    let item = fold_at::<RechargeItem>(vec![(1, listed()), (3, DELISTED)]);
    assert_eq!((item.created_at.micros(), item.updated_at.micros()), (1, 3));
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        (
            "1.0",
            r#"{"RechargeItemListed":{"name":"充100送20","description":"限时","money":10000,"charge":2000}}"#,
            listed(),
        ),
        (
            "1.0",
            r#"{"RechargeItemChanged":{"name":"充100","description":"","money":10000,"charge":0}}"#,
            changed(),
        ),
        ("1.0", r#"{"RechargeItemDelisted":{}}"#, DELISTED),
    ]);
}

//! The checkers can fail: each is shown a log that breaks what it guards, and refuses it; and a sound log, and lets it pass.

use std::collections::{BTreeSet, HashMap};

use aggregates::AnyEvent;
use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::cart::{CartEvent, RemovalReason};
use aggregates::coupon::{CouponEvent, GrantSource};
use aggregates::product::ProductEvent;
use aggregates::purchase::{PaymentMethod, PurchaseEvent};
use aggregates::recharge::RechargeEvent;
use event_store::{Batch, Commit, Head, NewEvent, StreamId};
use kernel::{Money, ShopId, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::history::{Entry, History, decode};
use super::{CHECKS, check_history, states, views};

const ACCOUNT: u64 = 7;
const PRODUCT: u64 = 3;

/// An event of the stream with this id.
fn happened<E: Into<AnyEvent> + Serialize>(id: u64, event: E) -> (u64, AnyEvent, String) {
    let payload = serde_json::to_string(&event).unwrap();
    (id, event.into(), payload)
}

type Happened = (u64, AnyEvent, String);

/// A log of these commits, with everything in its right place.
fn log(commits: Vec<Vec<Happened>>) -> History {
    let mut sequences: HashMap<StreamId, u64> = HashMap::new();
    let mut at = 0;
    let sealed = commits.into_iter().map(|commit| {
        at += 1;
        let events = commit.into_iter().map(|(id, event, payload)| {
            let stream = StreamId::new(event.aggregate_type(), id.to_string());
            let sequence = sequences.entry(stream.clone()).or_default();
            *sequence += 1;
            NewEvent {
                stream,
                sequence: *sequence,
                event_type: event.name().into(),
                event_version: "1.0".into(),
                payload: payload.into(),
            }
        });
        Commit {
            id: Uuid::from_u128(at),
            recorded_at: Timestamp::from_micros(i64::try_from(at).unwrap()),
            metadata: r#"{"correlation":"one"}"#.into(),
            events: events.collect(),
            answer: None,
        }
    });
    let batch = Batch::seal(Head::EMPTY, sealed);
    let entry = |recorded: &event_store::RecordedEvent| Entry {
        event: decode(recorded).unwrap(),
        recorded: recorded.clone(),
    };
    History(batch.events().iter().map(entry).collect())
}

fn fen(fen: i64) -> Money {
    Money::from_fen(fen)
}

fn id<I: TryFrom<u64>>(number: u64) -> I {
    I::try_from(number).ok().unwrap()
}

fn credited(entry: u64, amount: i64, balance: i64) -> Happened {
    let source = CreditSource::Adjustment { reason: "suite".to_owned() };
    let event = BalanceEvent::BalanceCredited {
        entry: id(entry),
        amount: fen(amount),
        balance: fen(balance),
        source,
    };
    happened(ACCOUNT, event)
}

fn recharged(entry: u64, recharge: u64, amount: i64, balance: i64) -> Happened {
    let source = CreditSource::Recharge { recharge: id(recharge), item: id(1), name: "充值".to_owned() };
    let event = BalanceEvent::BalanceCredited {
        entry: id(entry),
        amount: fen(amount),
        balance: fen(balance),
        source,
    };
    happened(ACCOUNT, event)
}

fn bonus(entry: u64, recharge: u64, amount: i64) -> Happened {
    let source = GrantSource::Recharge { recharge: id(recharge), item: id(1), name: "充值".to_owned() };
    let (amount, coupon) = (fen(amount), fen(amount));
    happened(ACCOUNT, CouponEvent::CouponGranted { entry: id(entry), amount, coupon, source })
}

fn debited(account: u64, entry: u64, purchase: u64, amount: i64, balance: i64) -> Happened {
    let purpose = DebitPurpose::Purchase {
        purchase: id(purchase),
        product: id(PRODUCT),
        name: "茶".to_owned(),
        num: 1,
    };
    let event = BalanceEvent::BalanceDebited {
        entry: id(entry),
        amount: fen(amount),
        balance: fen(balance),
        purpose,
    };
    happened(account, event)
}

fn made(purchase: u64, total: i64) -> Happened {
    let event = PurchaseEvent::PurchaseMade {
        buyer: id(ACCOUNT),
        product: id(PRODUCT),
        shop: ShopId::HOUSE,
        name: "茶".to_owned(),
        unit_price: fen(total),
        num: 1,
        total: fen(total),
        method: PaymentMethod::Balance,
    };
    happened(purchase, event)
}

fn applied(purchase: u64, total: i64) -> Happened {
    let event = PurchaseEvent::PurchaseApplied {
        buyer: id(ACCOUNT),
        product: id(PRODUCT),
        shop: ShopId::HOUSE,
        name: "茶".to_owned(),
        unit_price: fen(total),
        num: 1,
        total: fen(total),
    };
    happened(purchase, event)
}

fn paid_later(purchase: u64, total: i64) -> Happened {
    let event = PurchaseEvent::PurchasePaid {
        buyer: id(ACCOUNT),
        product: id(PRODUCT),
        shop: ShopId::HOUSE,
        name: "茶".to_owned(),
        num: 1,
        total: fen(total),
        method: PaymentMethod::Balance,
    };
    happened(purchase, event)
}

fn cancelled(purchase: u64, buyer: u64) -> Happened {
    happened(purchase, PurchaseEvent::PurchaseCancelled { buyer: id(buyer) })
}

fn sold(purchase: u64, sold: u64) -> Happened {
    happened(PRODUCT, ProductEvent::ProductSold { purchase: id(purchase), num: 1, sold })
}

fn asked(recharge: u64) -> Happened {
    let name = "充值".to_owned();
    let (account, item, money, charge) = (id(ACCOUNT), id(1), fen(500), fen(50));
    happened(recharge, RechargeEvent::RechargeRequested { account, item, name, money, charge })
}

fn paid(recharge: u64, amount: i64) -> Happened {
    let (transaction_id, amount) = ("t".to_owned(), fen(amount));
    happened(recharge, RechargeEvent::RechargePaid { transaction_id, amount, success_time: None })
}

fn line_added(line: u64) -> Happened {
    happened(ACCOUNT, CartEvent::CartLineAdded { line: id(line), product: id(PRODUCT), num: 1 })
}

fn line_settled(line: u64, purchase: u64) -> Happened {
    let reason = RemovalReason::Settled { purchase: id(purchase) };
    happened(ACCOUNT, CartEvent::CartLineRemoved { line: id(line), product: id(PRODUCT), reason })
}

/// A recharge, a cart, purchases at once and later: everything as it should be.
fn sound() -> Vec<Vec<Happened>> {
    vec![
        vec![asked(40)],
        vec![paid(40, 500), recharged(1, 40, 500, 500), bonus(2, 40, 50)],
        vec![credited(3, 100, 600)],
        vec![line_added(9)],
        vec![made(50, 120), debited(ACCOUNT, 4, 50, 120, 480), sold(50, 1), line_settled(9, 50)],
        vec![made(51, 80), debited(ACCOUNT, 5, 51, 80, 400), sold(51, 2)],
        vec![applied(60, 30)],
        vec![applied(61, 40)],
        vec![applied(62, 50)],
        vec![credited(11, 30, 430)],
        vec![paid_later(60, 30), debited(ACCOUNT, 12, 60, 30, 400), sold(60, 3)],
        vec![cancelled(61, ACCOUNT)],
    ]
}

/// The sound log after a change of its entries that no store would let happen.
fn tampered(change: impl FnOnce(&mut Vec<Entry>)) -> History {
    let mut history = log(sound());
    change(&mut history.0);
    history
}

/// The sound log with a commit more.
fn and(commit: Vec<Happened>) -> History {
    let mut commits = sound();
    commits.push(commit);
    log(commits)
}

/// For each checker, logs that break what it guards.
fn breaches() -> Vec<(&'static str, History)> {
    [breaches_of_purchases(), breaches_of_applications(), breaches_of_recharges()].concat()
}

fn breaches_of_purchases() -> Vec<(&'static str, History)> {
    vec![
        ("positions are dense", tampered(|entries| drop(entries.remove(3)))),
        ("positions are dense", tampered(|entries| drop(entries.remove(0)))),
        ("the chain verifies", tampered(|entries| entries[2].recorded.payload = "{}".into())),
        ("the chain verifies", tampered(|entries| entries.swap(1, 2))),
        ("sequences are dense", tampered(|entries| entries[4].recorded.sequence += 1)),
        ("commits are whole", tampered(|entries| entries[4].recorded.commit_id = Uuid::from_u128(2))),
        ("commits are whole", tampered(|entries| entries[9].recorded.commit_id = Uuid::from_u128(1))),
        (
            "time never goes back",
            tampered(|entries| entries[5].recorded.recorded_at = Timestamp::from_micros(1)),
        ),
        ("metadata is flat", tampered(|entries| entries[5].recorded.metadata = r#"{"actor":1}"#.into())),
        ("metadata is flat", tampered(|entries| entries[5].recorded.metadata = r#"{"actor":"1"}"#.into())),
        ("nothing is below zero", and(vec![made(52, 900), debited(ACCOUNT, 6, 52, 900, -500), sold(52, 4)])),
        ("balances are the sum of their events", and(vec![credited(6, 5, 406)])),
        // As when a commit was written twice: each balance is right by itself.
        ("money is conserved", and(vec![recharged(6, 40, 500, 900)])),
        ("money is conserved", and(vec![made(52, 80), debited(ACCOUNT, 6, 52, 70, 330), sold(52, 4)])),
        ("money is conserved", and(vec![made(52, 80), sold(52, 4)])),
        ("purchases are debited once", and(vec![made(52, 80), sold(52, 4)])),
        ("purchases are debited once", and(vec![debited(ACCOUNT, 6, 51, 80, 320)])),
        ("purchases are debited once", and(vec![debited(8, 6, 51, 80, 320)])),
        ("purchases are debited once", and(vec![made(52, 80), debited(8, 6, 52, 80, 0), sold(52, 4)])),
        ("purchases are debited once", and(vec![made(52, 80), debited(ACCOUNT, 6, 52, 80, 320)])),
        ("purchases are debited once", and(vec![sold(51, 4)])),
        (
            "purchases are debited once",
            and(vec![
                made(52, 80),
                debited(ACCOUNT, 6, 52, 80, 320),
                debited(ACCOUNT, 10, 52, 80, 240),
                sold(52, 4),
            ]),
        ),
    ]
}

fn breaches_of_applications() -> Vec<(&'static str, History)> {
    vec![
        ("money is conserved", and(vec![paid_later(62, 50), sold(62, 4)])),
        ("purchases are debited once", and(vec![paid_later(62, 50), sold(62, 4)])),
        ("purchases are debited once", and(vec![applied(63, 50), debited(ACCOUNT, 13, 63, 50, 350)])),
        (
            "applications are concluded once",
            and(vec![paid_later(62, 49), debited(ACCOUNT, 13, 62, 49, 351), sold(62, 4)]),
        ),
        (
            "applications are concluded once",
            and(vec![paid_later(60, 30), debited(ACCOUNT, 13, 60, 30, 370), sold(60, 4)]),
        ),
        ("applications are concluded once", and(vec![cancelled(60, ACCOUNT)])),
        ("applications are concluded once", and(vec![cancelled(61, ACCOUNT)])),
        ("applications are concluded once", and(vec![cancelled(62, 8)])),
        ("applications are concluded once", and(vec![cancelled(64, ACCOUNT)])),
        ("applications are concluded once", and(vec![applied(62, 50)])),
        ("ids are unique", and(vec![applied(51, 50)])),
    ]
}

fn breaches_of_recharges() -> Vec<(&'static str, History)> {
    vec![
        (
            "recharges are credited once",
            and(vec![paid(40, 500), recharged(6, 40, 500, 900), bonus(8, 40, 50)]),
        ),
        ("recharges are credited once", and(vec![recharged(6, 40, 500, 900)])),
        ("recharges are credited once", and(vec![asked(41), paid(41, 500), recharged(6, 41, 500, 900)])),
        ("recharges are credited once", and(vec![asked(41), paid(41, 1), recharged(6, 41, 500, 900)])),
        ("recharges are credited once", and(vec![paid(42, 500)])),
        ("ids are unique", and(vec![credited(3, 5, 405)])),
        ("ids are unique", and(vec![line_added(9)])),
        ("ids are unique", and(vec![made(51, 80)])),
        ("sales are counted", and(vec![sold(52, 2)])),
        ("settled lines were bought", and(vec![line_settled(9, 51)])),
        ("settled lines were bought", and(vec![line_added(10), line_settled(10, 51)])),
    ]
}

#[test]
fn a_sound_log_passes() {
    assert_eq!(check_history(&log(sound())), Ok(()));
}

#[test]
fn every_checker_refuses_what_it_guards_against() {
    let mut shown = BTreeSet::new();
    for (number, (name, history)) in breaches().into_iter().enumerate() {
        let (_, check) = CHECKS.iter().find(|(known, _)| *known == name).unwrap();
        let verdict = check(&history);
        assert!(verdict.is_err(), "breach {number} passes: {name}");
        assert!(check_history(&history).is_err());
        shown.insert(name);
    }
    let all: BTreeSet<_> = CHECKS.iter().map(|(name, _)| *name).collect();
    assert_eq!(shown, all, "each checker needs a breach");
}

#[test]
fn a_state_that_is_not_what_replay_says_is_seen() {
    let state = json!({ "amount": 5 });
    assert_eq!(states::compare("balance/1", &state, &state), Ok(()));
    assert!(states::compare("balance/1", &state, &Value::Null).is_err());
}

#[test]
fn a_row_that_rebuilding_does_not_bring_back_is_seen() {
    let rows = |texts: &[&str]| vec![("ledger", texts.iter().map(|&text| text.to_owned()).collect())];
    let live = rows(&["[1,5]", "[2,6]"]);
    assert_eq!(views::compare(&live, &live), Ok(()));
    for other in [rows(&["[1,5]"]), rows(&["[1,5]", "[2,7]"]), rows(&["[1,5]", "[2,6]", "[3,6]"])] {
        let verdict = views::compare(&live, &other);
        assert!(verdict.is_err_and(|reason| reason.starts_with("ledger")));
    }
}

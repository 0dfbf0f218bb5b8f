//! An identity: what it decides, what it refuses, and the bytes it is stored as.

use super::{Identity, IdentityCommand, IdentityError, IdentityEvent};
use crate::testing::{check, check_refusals, check_stored, id};

fn claim(account: u64) -> IdentityCommand {
    IdentityCommand::Claim { account: id(account) }
}

fn release(account: u64) -> IdentityCommand {
    IdentityCommand::Release { account: id(account) }
}

fn prove(account: u64) -> IdentityCommand {
    IdentityCommand::Prove { account: id(account) }
}

fn proved(account: u64) -> IdentityEvent {
    IdentityEvent::IdentityProved { account: id(account) }
}

fn claimed(account: u64) -> IdentityEvent {
    IdentityEvent::IdentityClaimed { account: id(account) }
}

fn released(account: u64) -> IdentityEvent {
    IdentityEvent::IdentityReleased { account: id(account) }
}

#[test]
fn is_claimed_once_by_its_holder() {
    check::<Identity>(vec![], claim(1), vec![claimed(1)]);
    check::<Identity>(vec![claimed(1)], claim(1), vec![]);
}

#[test]
fn is_proved_once_by_each_holder() {
    check::<Identity>(vec![claimed(1)], prove(1), vec![proved(1)]);
    check::<Identity>(vec![claimed(1), proved(1)], prove(1), vec![]);
    check::<Identity>(vec![claimed(1), proved(1), released(1), claimed(1)], prove(1), vec![proved(1)]);
}

#[test]
fn is_released_and_then_free() {
    check::<Identity>(vec![claimed(1)], release(1), vec![released(1)]);
    check::<Identity>(vec![claimed(1), released(1)], claim(2), vec![claimed(2)]);
}

#[test]
fn refuses() {
    check_refusals::<Identity>(
        include_str!("error.rs"),
        vec![
            (vec![claimed(1)], claim(2), IdentityError::IdentityTaken),
            (vec![], prove(1), IdentityError::IdentityNotHeld),
            (vec![claimed(1)], prove(2), IdentityError::IdentityNotHeld),
            (vec![], release(1), IdentityError::IdentityNotHeld),
            (vec![claimed(1)], release(2), IdentityError::IdentityNotHeld),
            (vec![claimed(1), released(1)], release(1), IdentityError::IdentityNotHeld),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        ("1.0", r#"{"IdentityClaimed":{"account":1}}"#, claimed(1)),
        ("1.0", r#"{"IdentityProved":{"account":1}}"#, proved(1)),
        ("1.0", r#"{"IdentityReleased":{"account":1}}"#, released(1)),
    ]);
}

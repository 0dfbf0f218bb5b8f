//! An account: what it decides, what it refuses, and the bytes it is stored as.

use kernel::Sealed;

use super::{Account, AccountCommand, AccountError, AccountEvent, AccountStatus, Role};
use crate::testing::{check, check_refusals, check_stored, fold};

fn sealed(text: &str) -> Sealed {
    Sealed::from_base64(text.into())
}

fn open(roles: &[Role]) -> AccountCommand {
    AccountCommand::Open { roles: roles.to_vec(), profile: sealed("c2VhbGVk") }
}

fn opened(roles: &[Role]) -> AccountEvent {
    AccountEvent::AccountOpened { roles: roles.to_vec(), profile: sealed("c2VhbGVk") }
}

fn change(profile: &str) -> AccountCommand {
    AccountCommand::ChangeProfile { profile: sealed(profile) }
}

fn changed() -> AccountEvent {
    AccountEvent::AccountProfileChanged { profile: sealed("YW5ldw==") }
}

const GRANT: AccountCommand = AccountCommand::GrantRole { role: Role::Merchant };
const ERASED: AccountEvent = AccountEvent::AccountErased {};

fn granted(role: Role) -> AccountEvent {
    AccountEvent::AccountRoleGranted { role }
}

#[test]
fn is_opened_with_each_role_once() {
    check::<Account>(vec![], open(&[Role::Customer]), vec![opened(&[Role::Customer])]);
    check::<Account>(
        vec![],
        open(&[Role::Operator, Role::Customer, Role::Operator]),
        vec![opened(&[Role::Operator, Role::Customer])],
    );
}

#[test]
fn changes_its_profile() {
    check::<Account>(vec![opened(&[])], change("YW5ldw=="), vec![changed()]);
    check::<Account>(vec![opened(&[])], change("c2VhbGVk"), vec![]);
}

#[test]
fn is_granted_a_role_once() {
    check::<Account>(vec![opened(&[Role::Customer])], GRANT, vec![granted(Role::Merchant)]);
    check::<Account>(vec![opened(&[Role::Customer]), granted(Role::Merchant)], GRANT, vec![]);
    let account = fold::<Account>(vec![opened(&[Role::Customer]), granted(Role::Merchant)]);
    assert!(account.has_role(Role::Customer) && account.has_role(Role::Merchant));
    assert!(!account.has_role(Role::Operator));
}

#[test]
fn is_erased_and_leaves_nothing() {
    check::<Account>(vec![opened(&[Role::Customer])], AccountCommand::Erase, vec![ERASED]);
    let account = fold::<Account>(vec![opened(&[Role::Customer]), changed(), ERASED]);
    assert_eq!(account, Account { status: AccountStatus::Erased, roles: vec![], profile: None });
    assert_eq!(account.require_open(), Err(AccountError::AccountErased));
}

#[test]
fn refuses() {
    let gone = || vec![opened(&[Role::Merchant]), ERASED];
    check_refusals::<Account>(
        include_str!("error.rs"),
        vec![
            (gone(), open(&[]), AccountError::AccountErased),
            (vec![opened(&[])], open(&[]), AccountError::AccountExists),
            (gone(), change("YW5ldw=="), AccountError::AccountErased),
            (vec![], change("YW5ldw=="), AccountError::AccountUnknown),
            (gone(), GRANT, AccountError::AccountErased),
            (vec![], GRANT, AccountError::AccountUnknown),
            (gone(), AccountCommand::Erase, AccountError::AccountErased),
            (vec![], AccountCommand::Erase, AccountError::AccountUnknown),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        (
            "1.0",
            r#"{"AccountOpened":{"roles":["customer","merchant"],"profile":"c2VhbGVk"}}"#,
            opened(&[Role::Customer, Role::Merchant]),
        ),
        ("1.0", r#"{"AccountProfileChanged":{"profile":"YW5ldw=="}}"#, changed()),
        ("1.0", r#"{"AccountRoleGranted":{"role":"supplier"}}"#, granted(Role::Supplier)),
        ("1.0", r#"{"AccountRoleGranted":{"role":"operator"}}"#, granted(Role::Operator)),
        ("1.0", r#"{"AccountRoleGranted":{"role":"auditor"}}"#, granted(Role::Auditor)),
        ("1.0", r#"{"AccountErased":{}}"#, ERASED),
    ]);
}

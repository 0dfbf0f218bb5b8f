//! A shop: what it decides, what it refuses, and the bytes it is stored as.

use super::{Shop, ShopCommand, ShopError, ShopEvent};
use crate::TextError;
use crate::testing::{check, check_refusals, check_stored, fold, id};

fn open(owner: Option<u64>, name: &str) -> ShopCommand {
    ShopCommand::Open { owner: owner.map(id), name: name.into() }
}

fn rename(by: Option<u64>, name: &str) -> ShopCommand {
    ShopCommand::Rename { by: by.map(id), name: name.into() }
}

fn opened(owner: Option<u64>, name: &str) -> ShopEvent {
    ShopEvent::ShopOpened { owner: owner.map(id), name: name.into() }
}

fn renamed(name: &str) -> ShopEvent {
    ShopEvent::ShopRenamed { name: name.into() }
}

#[test]
fn is_opened_by_an_account_or_the_house() {
    check::<Shop>(vec![], open(Some(2), "一号店"), vec![opened(Some(2), "一号店")]);
    check::<Shop>(vec![], open(None, "自营"), vec![opened(None, "自营")]);
}

#[test]
fn is_renamed_by_its_owner() {
    check::<Shop>(vec![opened(Some(2), "一号店")], rename(Some(2), "二号店"), vec![renamed("二号店")]);
    check::<Shop>(vec![opened(None, "自营")], rename(None, "算盘"), vec![renamed("算盘")]);
    check::<Shop>(vec![opened(None, "自营")], rename(None, "自营"), vec![]);
    let shop = fold::<Shop>(vec![opened(Some(2), "一号店"), renamed("二号店")]);
    assert_eq!(shop, Shop { is_open: true, owner: Some(id(2)), name: "二号店".into() });
}

#[test]
fn refuses() {
    let name = ShopError::InvalidParameter(TextError::Length { field: "name", min: 1, max: 100 });
    let shop = || vec![opened(Some(2), "一号店")];
    check_refusals::<Shop>(
        include_str!("error.rs"),
        vec![
            (shop(), open(Some(2), ""), ShopError::ShopExists),
            (vec![], open(Some(2), ""), name),
            (vec![], rename(None, ""), ShopError::ShopUnknown),
            (shop(), rename(Some(3), ""), ShopError::NotOwner),
            (shop(), rename(None, "二号店"), ShopError::NotOwner),
            (vec![opened(None, "自营")], rename(Some(2), "二号店"), ShopError::NotOwner),
            (shop(), rename(Some(2), &"店".repeat(101)), name),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        ("1.0", r#"{"ShopOpened":{"owner":2,"name":"一号店"}}"#, opened(Some(2), "一号店")),
        ("1.0", r#"{"ShopOpened":{"owner":null,"name":"自营"}}"#, opened(None, "自营")),
        ("1.0", r#"{"ShopRenamed":{"name":"二号店"}}"#, renamed("二号店")),
    ]);
}

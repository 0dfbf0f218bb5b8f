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

fn describe(by: Option<u64>, content: &str, picture: Option<&str>) -> ShopCommand {
    let picture = picture.map(str::to_owned);
    ShopCommand::Describe { by: by.map(id), content: content.into(), picture }
}

fn described(content: &str, picture: &str) -> ShopEvent {
    ShopEvent::ShopDescribed { content: content.into(), picture: picture.into() }
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
    assert_eq!(shop, Shop { is_open: true, owner: Some(id(2)), name: "二号店".into(), ..Shop::default() });
}

#[test]
fn is_described_by_its_owner() {
    let shop = || vec![opened(Some(2), "一号店")];
    check::<Shop>(shop(), describe(Some(2), "好茶", Some("/1.png")), vec![described("好茶", "/1.png")]);
    let told = || vec![opened(Some(2), "一号店"), described("好茶", "/1.png")];
    check::<Shop>(told(), describe(Some(2), "新茶", None), vec![described("新茶", "/1.png")]);
    check::<Shop>(told(), describe(Some(2), "", Some("")), vec![described("", "")]);
    check::<Shop>(told(), describe(Some(2), "好茶", None), vec![]);
    check::<Shop>(told(), describe(Some(2), "好茶", Some("/1.png")), vec![]);
}

#[test]
fn refuses() {
    let name = ShopError::InvalidParameter(TextError::Length { field: "name", min: 1, max: 100 });
    let content = ShopError::InvalidParameter(TextError::Length { field: "content", min: 0, max: 2000 });
    let picture = ShopError::InvalidParameter(TextError::Length { field: "picture", min: 0, max: 512 });
    let nul = ShopError::InvalidParameter(TextError::Nul { field: "content" });
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
            (vec![], describe(None, "\0", None), ShopError::ShopUnknown),
            (shop(), describe(Some(3), "\0", None), ShopError::NotOwner),
            (shop(), describe(Some(2), "\0", None), nul),
            (shop(), describe(Some(2), &"茶".repeat(2001), None), content),
            (shop(), describe(Some(2), "", Some(&"x".repeat(513))), picture),
        ],
    );
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        ("1.0", r#"{"ShopOpened":{"owner":2,"name":"一号店"}}"#, opened(Some(2), "一号店")),
        ("1.0", r#"{"ShopOpened":{"owner":null,"name":"自营"}}"#, opened(None, "自营")),
        ("1.0", r#"{"ShopRenamed":{"name":"二号店"}}"#, renamed("二号店")),
        ("1.0", r#"{"ShopDescribed":{"content":"好茶","picture":"/1.png"}}"#, described("好茶", "/1.png")),
    ]);
}

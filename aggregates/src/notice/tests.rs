//! A notice: what it decides, what it refuses, and the bytes it is stored as.

use std::collections::BTreeMap;

use kernel::{Sealed, Timestamp};

use super::{Notice, NoticeCommand, NoticeError, NoticeEvent, NoticeKind, NoticeStatus, NoticeText};
use crate::testing::{check, check_refusals, check_stored, fold, id};

const WRITTEN: Timestamp = Timestamp::from_micros(1_555_921_062_000_000);

fn sealed(text: &str) -> Sealed {
    Sealed::from_base64(text.into())
}

fn texts(more: &[(NoticeText, &str)]) -> BTreeMap<NoticeText, Sealed> {
    let needed = [
        (NoticeText::Label, "bGFiZWw="),
        (NoticeText::Title, "dGl0bGU="),
        (NoticeText::Content, "Y29udGVudA=="),
        (NoticeText::OwnerName, "bmFtZQ=="),
    ];
    needed.iter().chain(more).map(|(text, value)| (*text, sealed(value))).collect()
}

fn publish(texts: BTreeMap<NoticeText, Sealed>) -> NoticeCommand {
    NoticeCommand::Publish {
        owner: id(2),
        kind: NoticeKind::Lost,
        state: 0,
        occurred_at: WRITTEN,
        published_at: WRITTEN,
        texts,
    }
}

fn published(texts: BTreeMap<NoticeText, Sealed>) -> NoticeEvent {
    NoticeEvent::NoticePublished {
        owner: id(2),
        kind: NoticeKind::Lost,
        state: 0,
        occurred_at: WRITTEN,
        published_at: WRITTEN,
        texts,
    }
}

/// An update at the moment `at` that changes these texts and, if `all`, everything else.
fn update(by: u64, at: i64, changes: &[(NoticeText, Option<&str>)], all: bool) -> NoticeCommand {
    NoticeCommand::Update {
        by: id(by),
        kind: all.then_some(NoticeKind::Found),
        state: all.then_some(1),
        occurred_at: all.then_some(Timestamp::from_micros(5)),
        updated_at: Timestamp::from_micros(at),
        texts: changes.iter().map(|(text, value)| (*text, value.map(sealed))).collect(),
    }
}

fn updated(at: i64, changes: &[(NoticeText, Option<&str>)], all: bool) -> NoticeEvent {
    NoticeEvent::NoticeUpdated {
        kind: all.then_some(NoticeKind::Found),
        state: all.then_some(1),
        occurred_at: all.then_some(Timestamp::from_micros(5)),
        updated_at: Timestamp::from_micros(at),
        texts: changes.iter().map(|(text, value)| (*text, value.map(sealed))).collect(),
    }
}

fn delete(by: u64) -> NoticeCommand {
    NoticeCommand::Delete { by: id(by) }
}

const DELETED: NoticeEvent = NoticeEvent::NoticeDeleted {};

#[test]
fn is_published() {
    check::<Notice>(vec![], publish(texts(&[])), vec![published(texts(&[]))]);
    let more = texts(&[(NoticeText::OwnerQq, "cXE="), (NoticeText::Picture1, "cGlj")]);
    check::<Notice>(vec![], publish(more.clone()), vec![published(more)]);
}

#[test]
fn is_updated_by_its_owner_where_it_changes() {
    let up = || vec![published(texts(&[(NoticeText::OwnerQq, "cXE=")]))];
    let qq_emptied = [(NoticeText::OwnerQq, None), (NoticeText::ResponderId, Some("aWQ="))];
    check::<Notice>(up(), update(2, 6, &qq_emptied, true), vec![updated(6, &qq_emptied, true)]);
    check::<Notice>(up(), update(2, 6, &[], false), vec![updated(6, &[], false)]);
    // What is so already is no change, nor is emptying what is empty.
    let empty = [(NoticeText::OwnerPhone, None)];
    check::<Notice>(up(), update(2, WRITTEN.micros(), &empty, false), vec![]);
    let changed = || vec![published(texts(&[])), updated(6, &[], true)];
    check::<Notice>(changed(), update(2, 6, &[], true), vec![]);
    check::<Notice>(changed(), update(2, 7, &[], true), vec![updated(7, &[], false)]);
}

#[test]
fn keeps_what_an_update_leaves_out() {
    let changes = [(NoticeText::Title, Some("bmV3")), (NoticeText::OwnerQq, None)];
    let given = vec![published(texts(&[(NoticeText::OwnerQq, "cXE=")])), updated(6, &changes, false)];
    let notice = fold::<Notice>(given.clone());
    assert_eq!(notice.texts, texts(&[(NoticeText::Title, "bmV3")]));
    assert_eq!((notice.kind, notice.state, notice.occurred_at), (Some(NoticeKind::Lost), 0, WRITTEN));
    assert_eq!((notice.published_at, notice.updated_at), (WRITTEN, Timestamp::from_micros(6)));
    let all = fold::<Notice>(given.into_iter().chain([updated(7, &[], true)]).collect());
    assert_eq!((all.kind, all.state, all.occurred_at.micros()), (Some(NoticeKind::Found), 1, 5));
}

#[test]
fn is_deleted_and_leaves_nothing() {
    check::<Notice>(vec![published(texts(&[]))], delete(2), vec![DELETED]);
    let notice = fold::<Notice>(vec![published(texts(&[])), DELETED]);
    assert_eq!(notice, Notice { status: NoticeStatus::Deleted, ..Notice::default() });
    assert_eq!(notice.require_owner(id(2)), Err(NoticeError::NoticeUnknown));
}

#[test]
fn refuses() {
    let up = || vec![published(texts(&[]))];
    let gone = || vec![published(texts(&[])), DELETED];
    let mut cases = vec![
        (up(), publish(BTreeMap::new()), NoticeError::NoticeExists),
        (gone(), publish(texts(&[])), NoticeError::NoticeExists),
        (vec![], update(2, 6, &[], true), NoticeError::NoticeUnknown),
        (gone(), update(2, 6, &[], true), NoticeError::NoticeUnknown),
        (up(), update(3, 6, &[(NoticeText::Title, None)], true), NoticeError::NoticeNotOwned),
        (vec![], delete(2), NoticeError::NoticeUnknown),
        (gone(), delete(2), NoticeError::NoticeUnknown),
        (up(), delete(3), NoticeError::NoticeNotOwned),
    ];
    for text in NoticeText::REQUIRED {
        let mut without = texts(&[]);
        without.remove(&text);
        cases.push((vec![], publish(without), NoticeError::InvalidParameter(text)));
        cases.push((up(), update(2, 6, &[(text, None)], false), NoticeError::InvalidParameter(text)));
    }
    check_refusals::<Notice>(include_str!("error.rs"), cases);
    assert_eq!(
        NoticeError::InvalidParameter(NoticeText::OwnerName).to_string(),
        "owner_name: it must not be empty"
    );
}

#[test]
fn texts_have_their_names_in_events() {
    for text in NoticeText::ALL {
        assert_eq!(serde_json::to_string(text).unwrap(), format!("\"{}\"", text.name()));
    }
}

#[test]
fn stored_bytes_keep_their_meaning() {
    let changes = [(NoticeText::OwnerQq, None), (NoticeText::ResponderId, Some("aWQ="))];
    check_stored(vec![
        (
            "1.0",
            r#"{"NoticePublished":{"owner":2,"kind":"lost","state":0,"occurred_at":1555921062000000,"published_at":1555921062000000,"texts":{"label":"bGFiZWw=","title":"dGl0bGU=","content":"Y29udGVudA==","owner_name":"bmFtZQ=="}}}"#,
            published(texts(&[])),
        ),
        (
            "1.0",
            r#"{"NoticeUpdated":{"kind":"found","state":1,"occurred_at":5,"updated_at":6,"texts":{"owner_qq":null,"responder_id":"aWQ="}}}"#,
            updated(6, &changes, true),
        ),
        (
            "1.0",
            r#"{"NoticeUpdated":{"kind":null,"state":null,"occurred_at":null,"updated_at":7,"texts":{}}}"#,
            updated(7, &[], false),
        ),
        ("1.0", r#"{"NoticeDeleted":{}}"#, DELETED),
    ]);
}

//! Notices to the auditor: what may follow what, and what must be there.

use std::collections::BTreeMap;

use aggregates::notice::{NoticeEvent, NoticeKind, NoticeText};
use event_store::{Commit, NewEvent, StreamId};
use kernel::{DomainEvent as _, Sealed, Timestamp};
use uuid::Uuid;

use crate::history::id;
use crate::store::Store;

fn sealed() -> Sealed {
    Sealed::from_base64("c2VhbGVk".to_owned())
}

fn published(missing: Option<NoticeText>) -> NoticeEvent {
    let needed = NoticeText::REQUIRED.into_iter().filter(|text| Some(*text) != missing);
    NoticeEvent::NoticePublished {
        owner: id(1),
        kind: NoticeKind::Found,
        state: 0,
        occurred_at: Timestamp::default(),
        published_at: Timestamp::default(),
        texts: needed.map(|text| (text, sealed())).collect(),
    }
}

fn updated(texts: BTreeMap<NoticeText, Option<Sealed>>) -> NoticeEvent {
    let updated_at = Timestamp::default();
    NoticeEvent::NoticeUpdated { kind: None, state: Some(1), occurred_at: None, updated_at, texts }
}

fn emptied(text: NoticeText) -> NoticeEvent {
    updated(BTreeMap::from([(text, None)]))
}

const DELETED: NoticeEvent = NoticeEvent::NoticeDeleted {};

/// A log of one commit an event of the one stream.
fn commits(stream: &str, events: Vec<NoticeEvent>) -> Vec<Commit> {
    let commit = |(sequence, event): (u64, NoticeEvent)| Commit {
        id: Uuid::now_v7(),
        recorded_at: Timestamp::from_micros(1_781_771_729_000_000),
        metadata: r#"{"actor":"1","api":"campus","correlation":"c"}"#.into(),
        events: vec![NewEvent {
            stream: StreamId::new("notice", stream),
            sequence,
            event_type: event.event_type().into(),
            event_version: event.event_version().into(),
            payload: serde_json::to_string(&event).unwrap().into(),
        }],
        answer: None,
    };
    (1..).zip(events).map(commit).collect()
}

async fn told(stream: &str, events: Vec<NoticeEvent>) -> String {
    match Store::of(commits(stream, events)).await.verify().await {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_life_as_it_should_be() {
    let changed = updated(BTreeMap::from([(NoticeText::OwnerQq, None), (NoticeText::Title, Some(sealed()))]));
    let life = vec![published(None), changed, emptied(NoticeText::Picture1), DELETED];
    let store = Store::of(commits("2147483647", life)).await;
    let report = store.verify().await.unwrap();
    assert_eq!(report.counts.event_types.get("NoticeUpdated"), Some(&2));
}

#[tokio::test]
async fn what_no_notice_does_is_found() {
    let published_once = "a notice is published once";
    let up = "only notices that are up";
    for (stream, events, position, rule) in [
        ("7", vec![published(None), published(None)], 2, published_once),
        ("7", vec![published(None), DELETED, published(None)], 3, published_once),
        ("7", vec![updated(BTreeMap::new())], 1, up),
        ("7", vec![DELETED], 1, up),
        ("7", vec![published(None), DELETED, updated(BTreeMap::new())], 3, up),
        ("7", vec![published(None), DELETED, DELETED], 3, up),
        ("2147483648", vec![published(None)], 1, "a notice's number is small"),
        ("x", vec![published(None)], 1, "a stream's id is a number"),
    ] {
        let told = told(stream, events).await;
        assert!(told.starts_with(&format!("position {position}, stream notice/{stream}: {rule}")), "{told}");
    }
    for text in NoticeText::REQUIRED {
        let rule = format!("a notice has its texts: expected {}", text.name());
        let missing = told("7", vec![published(Some(text))]).await;
        assert!(missing.contains(&rule), "{missing}");
        let emptied = told("7", vec![published(None), emptied(text)]).await;
        assert!(emptied.starts_with("position 2, ") && emptied.contains(&rule), "{emptied}");
    }
}

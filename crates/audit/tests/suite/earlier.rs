//! Reports that were kept by earlier versions are gone on from. The fixture was written by the first version that verified:
//! a log of a hundred commits, and its report on the first sixty, from before there were merchants, pictures and notices.

use std::sync::Arc;

use audit::{Checkpoint, Verifier};
use event_store::{Answer, AnswerKey, Commit, NewEvent, StreamId};
use kernel::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::history::History;
use crate::store::Store;

const REPORT: &str = include_str!("../fixtures/earlier/report.json");
const COMMITS: &str = include_str!("../fixtures/earlier/commits.jsonl");

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn commit(line: &str) -> Commit {
    let line: Value = serde_json::from_str(line).unwrap();
    let (id, recorded_at) =
        (Uuid::parse_str(&text(&line["id"])).unwrap(), line["recorded_at"].as_i64().unwrap());
    let recorded_at = Timestamp::from_micros(recorded_at);
    let event = |event: &Value| NewEvent {
        stream: StreamId::new(text(&event["type"]), text(&event["id"])),
        sequence: event["sequence"].as_u64().unwrap(),
        event_type: text(&event["event_type"]).into(),
        event_version: text(&event["event_version"]).into(),
        payload: text(&event["payload"]).into(),
    };
    let answer = line["answer"].as_object().map(|answer| Answer {
        key: AnswerKey { account: answer["account"].as_u64().unwrap(), key: text(&answer["key"]).into() },
        request_hash: [7; 32],
        body: Arc::from(text(&answer["body"]).as_bytes()),
        commit_id: id,
        recorded_at,
    });
    let events = line["events"].as_array().unwrap().iter().map(event).collect();
    Commit { id, recorded_at, metadata: text(&line["metadata"]).into(), events, answer }
}

#[tokio::test]
async fn the_report_of_an_earlier_version_is_gone_on_from() {
    let store = Store::of(COMMITS.lines().map(commit)).await;
    let whole = store.verify().await.unwrap();
    let checkpoint = Checkpoint::read(REPORT).unwrap();
    assert!(checkpoint.position() < whole.last.position);
    let mut resumed = Verifier::from_checkpoint(store.log().await, checkpoint).await.unwrap();
    let rest = resumed.finish(None, &mut |_| {}).await.unwrap();
    assert_eq!((&rest.counts, &rest.totals, rest.last), (&whole.counts, &whole.totals, whole.last));
    // What is remembered is as if this version had read all of it, and so is the next report.
    let state = |report: &audit::Report| serde_json::to_value(report).unwrap()["state"].clone();
    assert_eq!(state(&rest), state(&whole));
    assert!(Checkpoint::read(&serde_json::to_string(&rest).unwrap()).is_ok());
}

#[tokio::test]
async fn the_report_of_an_earlier_version_is_held_by_its_seal_and_its_log() {
    assert!(Checkpoint::read(&REPORT.replacen("\"sold\":", "\"sold\":1", 1)).is_err());
    let value: Value = serde_json::from_str(REPORT).unwrap();
    for gone in ["seal", "state", "last", "format"] {
        let mut value = value.clone();
        value.as_object_mut().unwrap().remove(gone);
        let told = Checkpoint::read(&value.to_string()).unwrap_err().to_string();
        assert!(told.starts_with("not a report of suanpan audit verify"), "{gone}: {told}");
    }
    for damaged in
        [&REPORT[..REPORT.len() / 2], &REPORT[1..], "\u{0}", "[]", "{\"format\":\"suanpan-audit-report/1\"}"]
    {
        let told = Checkpoint::read(damaged).unwrap_err().to_string();
        assert!(!told.contains('\n') && told.starts_with("not a report"), "{told}");
    }
    // Of a log that is another, and of one that is not as long.
    for store in [
        Store::of(History::new(1, 4, 60).commits(100)).await,
        Store::of(COMMITS.lines().take(30).map(commit)).await,
    ] {
        let checkpoint = Checkpoint::read(REPORT).unwrap();
        let position = checkpoint.position();
        let Err(told) = Verifier::from_checkpoint(store.log().await, checkpoint).await else {
            panic!("it is gone on from")
        };
        let told = told.to_string();
        let rule = format!("position {position}: the log holds the checkpoint's last event: expected ");
        assert!(told.starts_with(&rule) && !told.contains('\n'), "{told}");
    }
}

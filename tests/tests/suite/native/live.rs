//! `/v1/events/live`: every event once and in order, whatever the listener does.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Place, ServerOptions};

use super::desk::{Desk, House, problem, shared};
use super::sse::Messages;
use crate::stage::start;

async fn listen(desk: &Desk, query: &str, last: Option<u64>) -> Messages {
    let path = format!("/v1/events/live{query}");
    let request = || {
        let request = desk.request(Method::GET, &path);
        match last {
            Some(last) => request.header("Last-Event-ID", last.to_string()),
            None => request,
        }
    };
    Messages::of(desk.stream(request).await)
}

/// Listens up to a position, coming again after every so many events.
async fn follow(desk: &Desk, until: u64, patience: u64) -> Vec<Value> {
    let (mut heard, mut last) = (Vec::new(), 0);
    while last < until {
        let mut messages = listen(desk, "?after=0", (last > 0).then_some(last)).await;
        for _ in 0..patience {
            let Some(message) = messages.next().await else { break };
            last = message.id.as_deref().unwrap().parse().unwrap();
            assert_eq!(message.data["position"], json!(last));
            heard.push(message.data);
            if last >= until {
                break;
            }
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_gap_and_no_repeat_under_load_with_reconnects() {
    for place in Place::both().await {
        let house = House::open(place);
        let desk = house.auditor().await;
        let begun = desk.head().await;
        let until = begun + 150;
        let load = async {
            while desk.head().await < until {
                futures::future::join_all((0..3).map(|_| house.busy(2))).await;
            }
        };
        let patience = [7, 64, 65, 1_000_000];
        let listeners = futures::future::join_all(patience.map(|patience| follow(&desk, until, patience)));
        let ((), heard) = tokio::join!(load, listeners);
        let path = format!("/v1/events?until={until}");
        let log = desk.all(&path, "events", 1000).await;
        for (heard, patience) in heard.into_iter().zip(patience) {
            assert_eq!(heard, log, "coming again after {patience} events");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_goes_on_where_it_was_when_the_server_was_killed() {
    for place in Place::both().await {
        let mut house = House::open(place);
        let token = house.auditor().await.token;
        let (mut heard, mut last) = (Vec::new(), 0);
        for _ in 0..3 {
            let desk = house.holder(&token);
            let mut messages = listen(&desk, "?after=0", (last > 0).then_some(last)).await;
            let listening = async {
                while let Some(message) = messages.next().await {
                    last = message.id.as_deref().unwrap().parse().unwrap();
                    heard.push(message.data);
                }
            };
            let working = async {
                house.busy(2).await;
                house.restart()
            };
            // It hears nothing more once the server is gone.
            let ((), restarted) = tokio::join!(listening, working);
            house = restarted;
        }
        let desk = house.holder(&token);
        let log = desk.all(&format!("/v1/events?until={}", desk.head().await), "events", 1000).await;
        let mut messages = listen(&desk, "", Some(last)).await;
        while heard.len() < log.len() {
            heard.push(messages.next().await.unwrap().data);
        }
        assert_eq!(heard, log);
    }
}

#[tokio::test]
async fn it_begins_where_it_is_told_to() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let first = listen(&desk, "?after=0", None).await.next().await.unwrap();
        assert_eq!((first.id.as_deref(), first.kind.as_str()), (Some("1"), "message"));
        let mut tenth = listen(&desk, "?after=0", Some(9)).await;
        assert_eq!(tenth.next().await.unwrap().id.as_deref(), Some("10"), "the header counts");
        let mut now = listen(&desk, "", None).await;
        let head = desk.head().await;
        house.busy(1).await;
        let next: u64 = now.next().await.unwrap().id.unwrap().parse().unwrap();
        assert!(next <= head + 1, "{next} after {head}");
        let position = desk.head().await;
        problem(&desk.get(&format!("/v1/events/live?after={}", position + 100_000)).await, 404, 1910);
    }
}

#[tokio::test]
async fn events_of_another_server_are_heard() {
    let house = House::open(Place::postgres().await);
    let other = start(&house.place, &ServerOptions::default());
    let desk = house.auditor().await;
    let mut messages = listen(&desk, "", None).await;
    let head = desk.head().await;
    let client = other.client();
    let credentials = json!({"phone": "13800000001", "password": "demo-pass-1"});
    client.post("/account/login", &credentials).await.unwrap();
    client.post("/product/2/with_balance", &json!({})).await.unwrap();
    let heard = messages.next().await.unwrap();
    assert_eq!(heard.id, Some((head + 1).to_string()));
}

#[tokio::test]
async fn it_ends_when_the_server_does() {
    for place in Place::both().await {
        let house = House::open(place);
        let desk = house.auditor().await;
        let mut messages = listen(&desk, "", None).await;
        house.busy(1).await;
        assert!(messages.next().await.is_some());
        let House { server, place } = house;
        let begun = std::time::Instant::now();
        let ending = tokio::task::spawn_blocking(move || server.terminate());
        while messages.next().await.is_some() {}
        assert!(begun.elapsed() < Duration::from_secs(10), "a listener keeps no server from ending");
        assert!(ending.await.unwrap().unwrap().success());
        drop(place);
    }
}

#[tokio::test]
async fn it_ends_when_the_listener_may_not_listen_any_more() {
    for place in Place::both().await {
        let house = House::open(place);
        let (operator, auditor) = (house.operator().await, house.auditor().await);
        let account = auditor.found("/v1/sessions/current").await["account"].as_u64().unwrap();
        let minted = operator.post("/v1/tokens", &json!({"account": account})).await.json();
        let mut messages = listen(&house.holder(minted["token"].as_str().unwrap()), "", None).await;
        house.busy(1).await;
        assert!(messages.next().await.is_some());
        assert_eq!(operator.delete(&format!("/v1/tokens/{account}")).await.status, 200);
        let ended =
            tokio::time::timeout(Duration::from_secs(30), async { while messages.next().await.is_some() {} });
        ended.await.expect("a token that was taken away listens on");
    }
}

/// A server gives up connections over which it writes nothing.
#[tokio::test]
async fn nothing_to_tell_is_no_reason_to_end() {
    let place = Place::folder();
    let house =
        House { server: start(&place, &ServerOptions::demo().with(&["--request-timeout-ms", "700"])), place };
    let desk = house.auditor().await;
    let mut messages = listen(&desk, "", None).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    house.busy(1).await;
    assert!(messages.next().await.is_some());
}

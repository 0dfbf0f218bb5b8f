//! The past: asked again it is the same, after more commits and after a restart; and what is the same is not sent twice.

use serde_json::Value;
use tests::Place;

use super::desk::{Desk, House, header, shared};

/// Questions about a past position.
fn questions(position: u64, customer: u64) -> Vec<String> {
    [
        "/v1/trial-balance?at=POSITION&accounts=true",
        "/v1/coupons?at=POSITION&accounts=true",
        "/v1/orders?at=POSITION",
        "/v1/payments?at=POSITION",
        "/v1/statements?account=CUSTOMER&at=POSITION",
        "/v1/ledger?account=liabilities:wallet&at=POSITION",
        "/v1/journal?at=POSITION&limit=1000",
        "/v1/accounts/CUSTOMER?at=POSITION",
        "/v1/events?until=POSITION&limit=1000",
        "/v1/events?until=POSITION&account=CUSTOMER&limit=2",
        "/v1/streams/balance/CUSTOMER?at=POSITION",
    ]
    .map(|path| path.replace("POSITION", &position.to_string()).replace("CUSTOMER", &customer.to_string()))
    .to_vec()
}

/// Each question's answer to the byte, with its tag.
async fn answers(desk: &Desk, questions: &[String]) -> Vec<(Vec<u8>, String)> {
    let mut answers = Vec::new();
    for path in questions {
        let answer = desk.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(header(&answer.headers, "cache-control"), "private, max-age=86400, immutable", "{path}");
        answers.push((answer.bytes.clone(), header(&answer.headers, "etag").to_owned()));
    }
    answers
}

#[tokio::test]
async fn the_past_is_the_same_after_more_commits_and_a_restart() {
    for place in Place::both().await {
        let house = House::open(place);
        house.busy(3).await;
        let (_, customer) = house.customer().await;
        let desk = house.auditor().await;
        let position = desk.head().await;
        let questions = questions(position, customer);
        let before = answers(&desk, &questions).await;
        house.busy(3).await;
        // A moment by time is the past once something has happened after it.
        let then = desk.found(&format!("/v1/events?after={}&limit=1", position - 1)).await;
        let time = then["events"][0]["time"].as_str().unwrap().to_owned();
        let by_time: Vec<String> = questions
            .iter()
            .map(|path| path.replace(&format!("at={position}"), &format!("at={time}")))
            .filter(|path| path.contains(&time))
            .collect();
        let first_by_time = answers(&desk, &by_time).await;
        assert_eq!(answers(&desk, &questions).await, before);
        for (path, (bytes, _)) in by_time.iter().zip(&first_by_time) {
            let by_position =
                questions.iter().position(|other| path.replace(&time, &position.to_string()) == *other);
            assert_eq!(bytes, &before[by_position.unwrap()].0, "{path}");
        }
        let house = house.restart();
        house.busy(1).await;
        let desk = house.auditor().await;
        assert_eq!(answers(&desk, &questions).await, before);
        assert_eq!(answers(&desk, &by_time).await, first_by_time);
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let (_, customer) = house.customer().await;
        let position = desk.head().await - 3;
        let questions = questions(position, customer);
        for (path, (bytes, tag)) in questions.iter().zip(answers(&desk, &questions).await) {
            assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
            for given in [tag.clone(), format!("\"x\", {tag}"), tag.replace("W/", ""), "*".to_owned()] {
                let again = desk.get_if(path, &given).await;
                assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0), "{path}");
                assert_eq!(header(&again.headers, "etag"), tag);
            }
            let other = desk.get_if(path, "\"another\"").await;
            assert_eq!((other.status.as_u16(), other.bytes), (200, bytes), "{path}");
        }
        // The present has a tag that holds until something happens.
        for path in ["/v1/trial-balance", "/v1/orders", &format!("/v1/accounts/{customer}")] {
            let answer = desk.get(path).await;
            assert_eq!(header(&answer.headers, "cache-control"), "private, no-cache");
            let tag = header(&answer.headers, "etag").to_owned();
            house.busy(1).await;
            let later = desk.get_if(path, &tag).await;
            assert_eq!(later.status, 200);
            let position = |body: &Value| {
                body["summary"]["as_of"]["position"].as_u64().or(body["as_of"]["position"].as_u64()).unwrap()
            };
            assert!(position(&later.json()) > position(&answer.json()), "{path}");
        }
    }
}

#[tokio::test]
async fn only_those_who_may_read_hear_that_nothing_changed() {
    for house in shared().await.iter() {
        let answer = house.holder("nobody").get_if("/v1/trial-balance?at=5", "*").await;
        assert_eq!(answer.status, 401);
        assert_eq!(house.auditor().await.get_if("/v1/trial-balance?at=0", "*").await.status, 404);
    }
}

//! `/v1/events`, `/v1/streams`, `/v1/head`: the log, to its end and to its parts.

use serde_json::{Value, json};

use super::desk::{header, shared};

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[tokio::test]
async fn paging_to_the_end_is_the_log() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let head = desk.head().await;
        for limit in [1, 7, 1000] {
            let path = format!("/v1/events?until={head}");
            let events = desk.all(&path, "events", if limit == 1 { 5 } else { limit }).await;
            let positions: Vec<u64> = events.iter().map(|event| number(&event["position"])).collect();
            assert_eq!(positions, (1..=head).collect::<Vec<_>>());
            let last = desk.found(&format!("/v1/events?after={}&limit=1", head - 1)).await;
            assert_eq!(events.last().unwrap(), &last["events"][0]);
        }
        let end = desk.found("/v1/head").await;
        assert_eq!(end["head"], json!(format!("{}@{}", end["hash"].as_str().unwrap(), end["position"])));
        let page = desk.get("/v1/events?limit=3&stream_type=product").await;
        let next = page.json()["next"].as_u64().unwrap();
        let link = format!("</v1/events?limit=3&stream_type=product&after={next}>; rel=\"next\"");
        assert_eq!(header(&page.headers, "link"), link);
    }
}

#[tokio::test]
async fn events_are_as_stored_and_the_person_stays_sealed() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let events = desk.all("/v1/events", "events", 1000).await;
        let text = serde_json::to_string(&events).unwrap();
        for personal in ["13800000001", "演示顾客", "sandbox-user"] {
            assert!(!text.contains(personal), "{personal}");
        }
        let opened = events.iter().find(|event| event["type"] == "AccountOpened").unwrap();
        assert!(opened["payload"]["AccountOpened"]["profile"].is_string(), "{opened}");
        // The chain can be verified from what is answered.
        let first = &events[0];
        assert_eq!((&first["position"], &first["sequence"]), (&json!(1), &json!(1)));
        assert!(first["metadata"].is_object() && first["commit"].as_str().unwrap().len() == 36);
    }
}

#[tokio::test]
async fn filters_take_what_they_say() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let (_, customer) = house.customer().await;
        let head = desk.head().await;
        let all = desk.all(&format!("/v1/events?until={head}"), "events", 1000).await;
        let middle = &all[all.len() / 2];
        let (time, position) = (middle["time"].as_str().unwrap(), number(&middle["position"]));
        let id = customer.to_string();
        let concerns = |event: &Value| {
            let own = ["account", "balance", "coupon", "cart", "merchant"]
                .contains(&event["stream_type"].as_str().unwrap());
            let payload = event["payload"].as_object().unwrap().values().next().unwrap();
            (own && event["stream_id"] == id.as_str())
                || ["account", "buyer", "owner"].iter().any(|field| payload[field] == customer)
                || event["metadata"]["actor"] == id.as_str()
        };
        type Takes<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
        let filters: [(String, Takes<'_>); 8] = [
            ("stream_type=balance".into(), Box::new(|event| event["stream_type"] == "balance")),
            (format!("stream_id={customer}"), Box::new(|event| event["stream_id"] == id.as_str())),
            (
                format!("stream_type=coupon&stream_id={customer}"),
                Box::new(|event| event["stream_type"] == "coupon" && event["stream_id"] == id.as_str()),
            ),
            ("type=ProductSold".into(), Box::new(|event| event["type"] == "ProductSold")),
            ("type=NoSuchEvent".into(), Box::new(|_| false)),
            (format!("account={customer}"), Box::new(concerns)),
            (format!("from={time}"), Box::new(|event| event["time"].as_str().unwrap() >= time)),
            (format!("from={position}"), Box::new(|event| number(&event["position"]) >= position)),
        ];
        for (filter, takes) in filters {
            let expected: Vec<&Value> = all.iter().filter(|event| takes(event)).collect();
            let found = desk.all(&format!("/v1/events?until={head}&{filter}"), "events", 3).await;
            assert!(filter.contains("NoSuch") || !expected.is_empty(), "{filter}");
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
        }
        let until = desk.all(&format!("/v1/events?until={time}"), "events", 1000).await;
        let expected: Vec<&Value> =
            all.iter().filter(|event| event["time"].as_str().unwrap() <= time).collect();
        assert_eq!(until.iter().collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_stream_is_whole_and_as_it_stood() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let (_, customer) = house.customer().await;
        let head = desk.head().await;
        let filter = format!("/v1/events?until={head}&stream_type=balance&stream_id={customer}");
        let expected = desk.all(&filter, "events", 1000).await;
        assert!(expected.len() > 4);
        let path = format!("/v1/streams/balance/{customer}?at={head}");
        for limit in [1, 2, 1000] {
            assert_eq!(desk.all(&path, "events", limit).await, expected);
        }
        let third = number(&expected[2]["position"]);
        let then = desk.found(&format!("/v1/streams/balance/{customer}?at={third}")).await;
        assert_eq!(then["events"].as_array().unwrap()[..], expected[..3]);
        assert_eq!((&then["as_of"]["position"], &then["next"]), (&json!(third), &Value::Null));
    }
}

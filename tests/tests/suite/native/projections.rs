//! `/v1/projections`: how far they are, and rebuilt while they serve.

use serde_json::{Value, json};
use tests::Place;

use super::desk::House;
use super::sse::Messages;

#[tokio::test]
async fn projections_are_rebuilt_while_they_serve() {
    // Of its own: what is rebuilt stands ahead of the others for a moment, and then cannot be compared.
    for place in Place::both().await {
        let house = House::open(place);
        house.busy(4).await;
        let (operator, auditor) = (house.operator().await, house.auditor().await);
        let (customer, _) = house.customer().await;
        let listed = auditor.found("/v1/projections").await;
        assert_eq!(listed["folding"], json!(true));
        let each = listed["projections"].as_array().unwrap();
        let names: Vec<&str> = each.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"ledger") && each.iter().all(|one| one["state"] == "running"), "{listed}");
        let head = auditor.head().await;
        for name in names {
            let path = format!("/v1/projections/{name}/rebuild");
            let response = operator.stream(|| operator.request(reqwest::Method::POST, &path)).await;
            let messages = Messages::of(response).all().await;
            let last = messages.last().expect("a last word");
            assert_eq!((last.kind.as_str(), &last.data["name"]), ("rebuilt", &json!(name)));
            assert!(last.data["position"].as_u64().unwrap() >= head);
            assert_eq!(messages[0].kind, "progress");
            assert!(messages[0].data["of"].as_u64().unwrap() >= head, "{messages:?}");
        }
        let entries: Value = customer.get("/ledgers?type=0").await.unwrap().data();
        assert!(entries.as_array().is_some_and(|entries| entries.len() > 4), "the views serve on");
    }
}

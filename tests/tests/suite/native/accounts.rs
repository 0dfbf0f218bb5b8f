//! `/v1/accounts`: what stood there at every moment.

use serde_json::{Value, json};

use super::desk::{problem, shared};

#[tokio::test]
async fn an_account_is_known_at_every_moment() {
    for house in shared().await.iter() {
        let desk = house.auditor().await;
        let (_, customer) = house.customer().await;
        let path = format!("/v1/accounts/{customer}");
        let now = desk.found(&path).await;
        assert_eq!((&now["status"], &now["roles"]), (&json!("open"), &json!(["customer"])));
        let statement = desk.found(&format!("/v1/statements?account={customer}")).await;
        let rows = statement["rows"].as_array().unwrap();
        for row in rows {
            let then = desk.found(&format!("{path}?at={}", row["position"])).await;
            assert_eq!((&then["balance"], &then["coupon"]), (&row["balance"], &row["coupon"]), "{row}");
            assert_eq!(then["as_of"]["position"], row["position"]);
            let by_time = desk.found(&format!("{path}?at={}", row["time"].as_str().unwrap())).await;
            assert_eq!(by_time["as_of"]["time"], row["time"]);
        }
        let opened = desk.found(&format!("/v1/streams/account/{customer}?limit=1")).await;
        let opened = opened["events"][0]["position"].as_u64().unwrap();
        assert_eq!(desk.found(&format!("{path}?at={opened}")).await["balance"], json!(0));
        problem(&desk.get(&format!("{path}?at={}", opened - 1)).await, 404, 1201);
        problem(&desk.get("/v1/accounts/77").await, 404, 1201);
        assert_eq!(problem(&desk.get("/v1/accounts/me").await, 400, 1001)["field"], json!("id"));
        let operator = desk.found("/v1/sessions/current").await["account"].as_u64().unwrap();
        let own: Value = desk.found(&format!("/v1/accounts/{operator}")).await;
        assert_eq!((&own["roles"], &own["balance_entries"]), (&json!(["customer", "auditor"]), &json!(0)));
    }
}

//! What the campus and native APIs would write is refused by a server that only reads, in their own words.

use serde_json::{Value, json};
use tests::{Client, Server};

use super::customer;
use crate::stage::Tested;

const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// Asks for every operation of both APIs that would write; the server holds the demo's people.
pub(super) async fn all_are_refused(server: &Server) -> Tested {
    let (client, user) = customer(server).await;
    let cookie = client.cookie().expect("a session");
    let token = cookie.split_once('=').map_or(cookie.as_str(), |(_, token)| token);
    for (path, kind, what, data) in writes(&user["id"]) {
        let call = json!({"id": 7, "status": 0, "type": kind, "subtype": what, "data": data});
        let answer = client.post(&format!("/api/external/{path}?token={token}"), &call).await?;
        assert_eq!(answer.status, 503, "{path} {what}: {}", answer.text());
        let body = answer.json();
        assert_eq!(body["status"], -2, "{body}");
        assert!(body["message"].as_str().is_some_and(|told| told.contains("only reads")), "{body}");
    }
    native(&server.client()).await
}

fn writes(user: &Value) -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let purchase = json!({"purchase_id": "15749511524517733", "method": "wallet"});
    let notice = json!({"type": 1, "lab": "卡", "title": "丢了", "content": "一张卡", "occurrence_time": "",
        "user_name": "张三", "user_phone": "", "user_qq": "", "publish_time": ""});
    vec![
        ("shop", "shop", "creat", json!({"shop_name": "新店", "user_id": user})),
        ("shop", "shop", "update", json!({"shop_id": 811729970, "shop_content": "新"})),
        (
            "product",
            "product",
            "creat",
            json!({"product_name": "新", "product_price": "1.5", "shop_id": 811729970, "product_status": 1}),
        ),
        (
            "product",
            "product",
            "update",
            json!({"product_id": 4517733, "shop_id": 811729970, "product_status": 1}),
        ),
        (
            "purchase",
            "purchase",
            "apply",
            json!({"product_id": 4517733, "product_num": 1, "product_unitprice": 1, "product_totalprice": 1}),
        ),
        ("purchase", "purchase", "pay", purchase.clone()),
        ("purchase", "purchase", "cancel", purchase),
        ("property", "property", "add", notice),
        ("property", "property", "update", json!({"id": 1, "title": "新"})),
        ("property", "property", "delete", json!({"id": 1})),
        ("pic", "pic", "upload", json!({"from": "shop", "base64": PNG, "name": "new"})),
        (
            "portrait",
            "portrait",
            "upload",
            json!({"name": "new", "id": user.to_string(), "base64": PNG, "type": "png"}),
        ),
        ("captcha", "sms", "generate", json!({"phone": "13912345678", "hash": "0".repeat(32)})),
        (
            "user",
            "user",
            "signup",
            json!({"phone": "13912345678", "password": "secret-1", "hash": "0".repeat(32)}),
        ),
    ]
}

/// An operator's rebuild; what is read is answered.
async fn native(client: &Client) -> Tested {
    let operator = client.post("/v1/sessions", &json!({"name": "admin", "password": "demo-pass-4"})).await?;
    let bearer = format!("Bearer {}", operator.json()["token"].as_str().unwrap_or_default());
    let rebuild = client.request(reqwest::Method::POST, "/v1/projections/ledger/rebuild");
    let answer = client.send(rebuild.header("Authorization", &bearer)).await?;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["code"], 1930, "{}", answer.text());
    assert!(!answer.headers.contains_key("retry-after"), "here it will never be otherwise");
    let head = client.request(reqwest::Method::GET, "/v1/head").header("Authorization", &bearer);
    assert_eq!(client.send(head).await?.status, 200);
    Ok(())
}

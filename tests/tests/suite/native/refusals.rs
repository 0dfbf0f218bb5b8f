//! Bad input of every kind: one problem that names the field.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::desk::{header, problem, shared};

#[tokio::test]
async fn parameters_are_refused_by_name() {
    for house in shared().await.iter() {
        let desk = house.operator().await;
        for (path, field) in [
            ("/v1/events?after=x", "after"),
            ("/v1/events?after=-1", "after"),
            ("/v1/events?after=9007199254740992", "after"),
            ("/v1/events?limit=0", "limit"),
            ("/v1/events?limit=1001", "limit"),
            ("/v1/events?limit=1&limit=2", "limit"),
            ("/v1/events?account=x", "account"),
            ("/v1/events?from=yesterday", "from"),
            ("/v1/events?until=2026-02-30", "until"),
            ("/v1/events?type=%00", "type"),
            ("/v1/events?type=%ff", "query"),
            ("/v1/events?stream_type=", ""),
            ("/v1/streams/balance/%00", "id"),
            ("/v1/streams/%ff/1", "type"),
            ("/v1/accounts/-1", "id"),
            ("/v1/accounts/1?at=x", "at"),
            ("/v1/journal?at=x", "at"),
            ("/v1/trial-balance?at=", "at"),
            ("/v1/trial-balance?accounts=1", "accounts"),
            ("/v1/ledger", "account"),
            ("/v1/ledger?account=cash", "account"),
            ("/v1/ledger?account=liabilities:wallet:007", "account"),
            ("/v1/statements", "account"),
            ("/v1/statements?account=me", "account"),
            ("/v1/coupons?accounts=maybe", "accounts"),
        ] {
            let answer = desk.get(path).await;
            if field.is_empty() {
                assert_eq!(answer.json()["events"], json!([]), "nothing has such a name");
            } else {
                let told = problem(&answer, 400, 1001);
                assert_eq!(told["field"], json!(field), "{path}: {told}");
            }
        }
        for id in ["x", "-1", "1.5", "18446744073709551616"] {
            let request =
                || desk.request(reqwest::Method::GET, "/v1/events/live").header("Last-Event-ID", id);
            let response = request().send().await.unwrap();
            assert_eq!(response.status(), 400, "{id}");
            let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            assert_eq!(body["field"], json!("Last-Event-ID"));
        }
        for (body, field) in [(json!({"head": "abc"}), "head"), (json!({"head": 5}), "head")] {
            assert_eq!(problem(&desk.post("/v1/verify", &body).await, 400, 1001)["field"], json!(field));
        }
        let client = house.server.client();
        for (body, field) in [
            (json!({"password": "demo-pass-5"}), "name"),
            (json!({"name": "auditor"}), "password"),
            (json!({"name": "auditor", "password": "x"}), "password"),
            (json!({"name": 1, "password": "demo-pass-5"}), "name"),
            (json!({"name": "auditor", "password": "demo-pass-5", "read_only": 1}), "read_only"),
        ] {
            let answer = client.post("/v1/sessions", &body).await.unwrap();
            assert_eq!(problem(&answer, 400, 1001)["field"], json!(field), "{body}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    for house in shared().await.iter() {
        let desk = house.operator().await;
        for (path, code) in [
            ("/v1/trial-balance?at=0", 1910),
            ("/v1/trial-balance?at=1000000", 1910),
            ("/v1/trial-balance?at=2001-01-01", 1910),
            ("/v1/events?after=1000000", 1910),
            ("/v1/events?until=1000000", 1910),
            ("/v1/events?from=1000000", 1910),
            ("/v1/journal?from=1000000", 1910),
            ("/v1/ledger?account=income:sales&from=1000000", 1910),
            ("/v1/statements?account=77&from=1000000", 1910),
            ("/v1/events/live?after=1000000", 1910),
            ("/v1/journal?at=1999-12-31T00:00:00Z", 1910),
            ("/v1/accounts/1?at=1000000", 1910),
            ("/v1/ledger?account=liabilities:wallet:77", 1911),
            ("/v1/statements?account=77", 1911),
            ("/v1/streams/balance/77", 1912),
            ("/v1/streams/teapot/1", 1912),
        ] {
            problem(&desk.get(path).await, 404, code);
        }
        problem(&desk.post("/v1/projections/teapot/rebuild", &json!({})).await, 404, 1916);
        for path in ["/v1", "/v1/teapot", "/v1/streams/balance", "/v1/projections/ledger"] {
            let answer = desk.get(path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(header(&answer.headers, "content-type"), "application/problem+json");
            assert_eq!(
                (&answer.json()["type"], &answer.json()["title"]),
                (&json!("about:blank"), &json!("Not Found"))
            );
        }
        let answer = desk.post("/v1/trial-balance", &json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.json()["status"].as_u64()), (405, Some(405)));
    }
}

#[tokio::test]
async fn bodies_are_bounded_and_of_the_kind_that_is_read() {
    for house in shared().await.iter() {
        let (desk, client) = (house.auditor().await, house.server.client());
        let long = json!({"name": "a".repeat(70_000), "password": "demo-pass-5"});
        assert_eq!(client.post("/v1/sessions", &long).await.unwrap().status, 413);
        let request =
            client.request(reqwest::Method::POST, "/v1/sessions").header("Content-Type", "text/plain");
        assert_eq!(client.send(request.body("x")).await.unwrap().status, 415);
        assert_eq!(desk.post("/v1/payments", &json!({})).await.status, 415);
        let under = desk.post_csv("/v1/payments", &"x".repeat(1 << 20)).await;
        problem(&under, 400, 1915);
        let mut stream = TcpStream::connect(house.server.authority()).await.unwrap();
        let head = format!(
            "POST /v1/payments HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n\
             Authorization: Bearer {}\r\nContent-Type: text/csv\r\nContent-Length: {}\r\n\r\n",
            desk.token,
            (8 << 20) + 1
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.starts_with("HTTP/1.1 413") && answer.contains("application/problem+json"),
            "{answer}"
        );
    }
}

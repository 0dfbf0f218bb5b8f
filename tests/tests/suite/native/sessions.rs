//! `/v1/sessions` and `/v1/tokens`: who may come in, and as what.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;
use tests::{Place, binary};

use super::desk::{House, header, problem, shared};

#[tokio::test]
async fn operators_and_auditors_log_in_and_out() {
    for house in shared().await.iter() {
        for (desk, role, is_read_only) in
            [(house.auditor().await, "auditor", true), (house.operator().await, "operator", false)]
        {
            let session = desk.found("/v1/sessions/current").await;
            assert_eq!(session["read_only"], json!(is_read_only));
            assert!(session["roles"].as_array().unwrap().contains(&json!(role)), "{session}");
            assert!(session["token"].is_null(), "the token is told once");
            let answer = desk.delete("/v1/sessions/current").await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"ended": true})));
            problem(&desk.get("/v1/sessions/current").await, 401, 1101);
            problem(&desk.delete("/v1/sessions/current").await, 401, 1101);
        }
        let wanted = json!({"name": "admin", "password": "demo-pass-4", "read_only": true});
        let answer = house.server.client().post("/v1/sessions", &wanted).await.unwrap();
        assert_eq!(header(&answer.headers, "cache-control"), "no-store");
        let reader = house.holder(answer.json()["token"].as_str().unwrap());
        assert_eq!(reader.found("/v1/sessions/current").await["read_only"], json!(true));
        problem(&reader.post("/v1/projections/ledger/rebuild", &json!({})).await, 403, 1104);
        problem(&reader.post("/v1/tokens", &json!({"account": 1})).await, 403, 1104);
    }
}

#[tokio::test]
async fn a_customer_reads_nothing_here() {
    for house in shared().await.iter() {
        let client = house.server.client();
        for phone in ["13800000001", "13800000002", "13800000003"] {
            let password = format!("demo-pass-{}", &phone[10..]);
            for name in ["name", "phone"] {
                let body = json!({name: phone, "password": password});
                problem(&client.post("/v1/sessions", &body).await.unwrap(), 403, 1104);
            }
        }
        let (customer, id) = house.customer().await;
        let cookie = customer.cookie().unwrap();
        let stranger = house.holder(cookie.split_once('=').unwrap().1);
        let account = format!("/v1/accounts/{id}");
        let ledger = format!("/v1/statements?account={id}");
        for path in [
            "/v1/sessions/current",
            "/v1/head",
            "/v1/events",
            "/v1/events/live",
            "/v1/streams/balance/1",
            &account,
            "/v1/journal",
            "/v1/trial-balance",
            "/v1/ledger?account=assets:wechat",
            &ledger,
            "/v1/orders",
            "/v1/coupons",
            "/v1/payments",
            "/v1/projections",
        ] {
            problem(&stranger.get(path).await, 403, 1104);
            let answer = client.get(path).await.unwrap();
            problem(&answer, 401, 1101);
            assert_eq!(header(&answer.headers, "www-authenticate"), "Bearer realm=\"suanpan\"");
        }
        for path in ["/v1/verify", "/v1/tokens", "/v1/projections/ledger/rebuild"] {
            problem(&stranger.post(path, &json!({})).await, 403, 1104);
            problem(&client.post(path, &json!({})).await.unwrap(), 401, 1101);
        }
        problem(&stranger.post_csv("/v1/payments", "x").await, 403, 1104);
    }
}

#[tokio::test]
async fn an_auditor_writes_nothing_here_or_elsewhere() {
    for house in shared().await.iter() {
        let auditor = house.auditor().await;
        let head = auditor.head().await;
        problem(&auditor.post("/v1/projections/ledger/rebuild", &json!({})).await, 403, 1104);
        problem(&auditor.post("/v1/tokens", &json!({"account": 1})).await, 403, 1104);
        problem(&auditor.delete("/v1/tokens/1").await, 403, 1104);
        // The token is no session of any other API, with or without what it begins with.
        for token in [auditor.token.as_str(), auditor.token.trim_start_matches("ro.")] {
            let client = house.server.client();
            client.set_cookie(Some(format!("session={token}")));
            assert_eq!(client.get("/user").await.unwrap().code(), 10003);
            assert_eq!(client.post("/cart", &json!({"product_id": 1})).await.unwrap().code(), 10003);
        }
        problem(&house.holder(auditor.token.trim_start_matches("ro.")).get("/v1/head").await, 401, 1101);
        let own = auditor.found("/v1/sessions/current").await["account"].as_u64().unwrap();
        let own = auditor.found(&format!("/v1/events?account={own}&from={}", head + 1)).await;
        assert_eq!(own["events"], json!([]), "reading writes nothing");
    }
}

#[tokio::test]
async fn operators_give_tokens_to_auditors_and_take_them_away() {
    for place in Place::both().await {
        let house = House::open(place);
        let (operator, auditor) = (house.operator().await, house.auditor().await);
        let account = auditor.found("/v1/sessions/current").await["account"].as_u64().unwrap();
        let answer = operator.post("/v1/tokens", &json!({"account": account, "days": 90})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let minted = answer.json();
        assert_eq!((&minted["account"], &minted["read_only"]), (&json!(account), &json!(true)));
        let holder = house.holder(minted["token"].as_str().unwrap());
        holder.found("/v1/trial-balance").await;
        problem(&holder.post("/v1/tokens", &json!({"account": account})).await, 403, 1104);
        let other = operator.found("/v1/sessions/current").await["account"].as_u64().unwrap();
        for (body, field) in [
            (json!({}), "account"),
            (json!({"account": "x"}), "account"),
            (json!({"account": other}), "account"),
            (json!({"account": account, "days": 0}), "days"),
            (json!({"account": account, "days": 91}), "days"),
        ] {
            assert_eq!(problem(&operator.post("/v1/tokens", &body).await, 400, 1001)["field"], json!(field));
        }
        problem(&operator.post("/v1/tokens", &json!({"account": 77})).await, 404, 1201);
        let house = house.restart();
        let (operator, holder) = (house.operator().await, house.holder(&holder.token));
        holder.found("/v1/head").await;
        assert_eq!(operator.delete(&format!("/v1/tokens/{account}")).await.status, 200);
        problem(&holder.get("/v1/head").await, 401, 1101);
        operator.found("/v1/head").await;
    }
}

/// Opens an account on the command line; gives the exit code and what was told.
fn open(place: &Place, name: &str, role: &str, password: &str) -> (Option<i32>, String) {
    let mut command = Command::new(binary());
    command.args(["account", "open", name, "--role", role]).args(place.arguments());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who refuses before reading may have ended by now.
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap().trim_end().to_owned())
}

#[tokio::test]
async fn operators_and_auditors_are_opened_on_the_command_line() {
    for place in Place::both().await {
        let House { server, place } = House::open(place);
        assert!(server.terminate().unwrap().success());
        let (code, account) = open(&place, "chen", "auditor", "secret-chen");
        assert_eq!(code, Some(0), "{account}");
        assert_eq!(open(&place, "li", "operator", "secret-li-2").0, Some(0));
        for (name, role, password, word) in [
            ("chen", "auditor", "secret-chen", "belongs to another account"),
            ("wang", "auditor", "short", "password: "),
            ("", "operator", "secret-wang", "login: "),
            (" ", "operator", "secret-wang", "login: "),
            ("wang\nlei", "operator", "secret-wang", "login: "),
            ("wang", "customer", "secret-wang", "invalid value"),
        ] {
            let (code, told) = open(&place, name, role, password);
            assert_eq!(code, Some(2), "{told}");
            assert!(told.contains(word) && !told.contains("secret"), "{told}");
        }
        let house = House::open(place);
        let chen = house.desk("chen", "secret-chen").await;
        let session = chen.found("/v1/sessions/current").await;
        assert_eq!((session["account"].to_string(), &session["roles"]), (account, &json!(["auditor"])));
        let li = house.desk("li", "secret-li-2").await;
        assert_eq!(li.found("/v1/sessions/current").await["read_only"], json!(false));
    }
}

#[tokio::test]
async fn guessing_is_bounded() {
    for place in Place::both().await {
        let house = House::open(place);
        let client = house.server.client();
        for (name, password) in [("auditor", "demo-pass-0"), ("nobody", "demo-pass-0")] {
            for _ in 0..10 {
                let body = json!({"name": name, "password": password});
                problem(&client.post("/v1/sessions", &body).await.unwrap(), 401, 1102);
            }
            for password in [password, "demo-pass-5"] {
                let body = json!({"name": name, "password": password});
                let answer = client.post("/v1/sessions", &body).await.unwrap();
                problem(&answer, 429, 1103);
                assert_eq!(header(&answer.headers, "retry-after"), "900");
            }
        }
        house.operator().await.found("/v1/head").await;
    }
}

//! Statuses of the transport, request ids, compression, CORS, caching.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use event_store::{Position, ReadOnlyLog};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tests::{Place, ServerOptions};

use crate::catalogue::{HUNDRED, PIN, TEA, location};
use crate::stage::{Stage, Tested, data, failed, prepay_id, shared};

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart_in_the_envelope() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        for path in [
            "/",
            "/nothing",
            "/account",
            "/account/nothing",
            "/product",
            "/product/1/",
            "/cart/",
            "/users",
            "//user",
        ] {
            failed(&client.get(path).await?, 404, 10001);
        }
        for (method, path) in [
            (Method::POST, "/account/signin"),
            (Method::GET, "/account/login"),
            (Method::GET, "/account/signup"),
            (Method::POST, "/account/signout"),
            (Method::DELETE, "/user"),
            (Method::PUT, "/cart"),
            (Method::GET, "/cart/pay_with_balance"),
            (Method::GET, "/payment_order"),
            (Method::GET, "/payment_item/1"),
            (Method::POST, "/ledgers"),
            (Method::PATCH, "/product/1/with_balance"),
        ] {
            let answer = client.send(client.request(method.clone(), path)).await?;
            failed(&answer, 405, 10001);
            assert!(answer.headers.contains_key("allow"), "{method} {path}: 405 says what is allowed");
        }
        let odd = Method::from_bytes(b"BREW").unwrap();
        failed(&client.send(client.request(odd, "/user")).await?, 405, 10001);
    }
    Ok(())
}

#[tokio::test]
async fn bodies_of_other_kinds_are_415() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        for kind in [
            "text/plain",
            "application/xml",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "json",
            "",
        ] {
            let request = client.request(Method::POST, "/cart").header(CONTENT_TYPE, kind);
            failed(&client.send(request.body(format!("{{\"product_id\":{TEA}}}"))).await?, 415, 10005);
        }
        let none = client.request(Method::POST, "/cart").body(format!("{{\"product_id\":{TEA}}}"));
        failed(&client.send(none).await?, 415, 10005);
        let plain = client.request(Method::POST, "/account/login").header(CONTENT_TYPE, "text/plain");
        failed(&client.send(plain.body("phone=1")).await?, 415, 10005);
        assert_eq!(data(&client.get("/cart").await?), json!([]));
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_bears_the_request_id_that_was_given_or_one_of_its_own() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let id = |answer: &tests::Answer| answer.headers["x-request-id"].to_str().unwrap().to_owned();
        for path in ["/products", "/nothing", "/healthz", "/user"] {
            let request = client.request(Method::GET, path).header("x-request-id", "abc-123");
            assert_eq!(id(&client.send(request).await?), "abc-123", "{path}");
        }
        let (one, other) = (id(&client.get("/products").await?), id(&client.get("/products").await?));
        assert_ne!(one, other);
        for bad in ["a b", "", &"x".repeat(129), "é"] {
            let request = client.request(Method::GET, "/products").header("x-request-id", bad);
            let given = id(&client.send(request).await?);
            assert!(given != bad && !given.is_empty(), "{bad} is not taken over");
        }
    }
    Ok(())
}

/// What the metadata of the newest events says, one a commit.
async fn newest_metadata(stage: &Stage) -> Vec<Value> {
    let log = ReadOnlyLog::open(&location(&stage.place)).await.unwrap();
    let before = log.head().await.unwrap().position.number().saturating_sub(20);
    let events = log.read_all(Position::from_number(before), 20).await.unwrap();
    log.close().await;
    let mut metadata: Vec<Value> =
        events.iter().map(|event| serde_json::from_str(&event.metadata).unwrap()).collect();
    metadata.dedup();
    metadata
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_say_which_request_made_them_and_which_payment_caused_them() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let client = stage.person().await?;
        let actor = data(&client.get("/user").await?)["id"].to_string();
        let order = stage.order(&client, HUNDRED).await?;
        assert_eq!(stage.pay(prepay_id(&order), "").await?.status, 200);
        let paid = newest_metadata(&stage).await.pop().unwrap();
        assert!(paid["causation"].as_str().is_some_and(|payment| payment.starts_with("4200")), "{paid}");
        assert!(paid["correlation"].as_str().is_some_and(|id| !id.is_empty()), "{paid}");

        let path = format!("/product/{PIN}/with_balance");
        data(&client.send(client.request(Method::POST, &path).header("x-request-id", "find-me-4711")).await?);
        let bought = newest_metadata(&stage).await.pop().unwrap();
        assert_eq!(
            (&bought["correlation"], &bought["api"], &bought["actor"]),
            (&json!("find-me-4711"), &json!("wallet"), &json!(actor)),
            "{bought}"
        );
        assert_eq!(bought.get("causation"), None, "{bought}");
    }
    Ok(())
}

/// A list that is long enough.
const LONG: &str = "/ledgers?type=0";

/// What gzip makes of it.
fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let mut plain = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut plain).unwrap();
    assert!(child.wait().unwrap().success());
    plain
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_asks() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for _ in 0..10 {
            data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
        }
        let plain = client.get(LONG).await?;
        assert!(plain.bytes.len() > 1024 && !plain.headers.contains_key("content-encoding"));
        let request = client.request(Method::GET, LONG).header("accept-encoding", "gzip");
        let packed = client.send(request).await?;
        assert_eq!(packed.headers["content-encoding"], "gzip");
        assert!(packed.headers["vary"].to_str().unwrap().to_lowercase().contains("accept-encoding"));
        assert!(packed.bytes.len() < plain.bytes.len());
        assert_eq!(gunzip(&packed.bytes), plain.bytes);
        let request = client.request(Method::GET, LONG).header("accept-encoding", "zstd");
        let packed = client.send(request).await?;
        assert_eq!(packed.headers["content-encoding"], "zstd");
        assert_eq!(packed.bytes[..4], [0x28, 0xb5, 0x2f, 0xfd], "zstd's magic number");
        let request = client.request(Method::GET, "/product/1").header("accept-encoding", "gzip");
        assert!(!client.send(request).await?.headers.contains_key("content-encoding"), "short answers stay");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_between_keeps_an_answer() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        for path in ["/user", "/products", "/ledgers?type=0", "/cart", "/nothing"] {
            let answer = client.get(path).await?;
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
            assert_eq!(answer.headers["content-type"], "application/json", "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn foreign_origins_are_let_in_by_configuration_alone() -> Tested {
    let preflight = |stage: &Stage, origin: &str| {
        let client = stage.stranger();
        let request = client.request(Method::OPTIONS, "/cart").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let request = request.header("access-control-request-headers", "content-type,idempotency-key");
        async move { client.send(request).await }
    };
    let allowed = "access-control-allow-origin";
    for stage in shared().await.iter() {
        let answer = preflight(stage, "https://shop.example.com").await?;
        assert!(!answer.headers.contains_key(allowed), "{answer:?}");
        let client = stage.stranger();
        let request = client.request(Method::GET, "/products").header("origin", "https://shop.example.com");
        assert!(!client.send(request).await?.headers.contains_key(allowed));
    }
    let options =
        ServerOptions::default().with(&["--cors-origins", "https://shop.example.com, http://127.0.0.1:5173"]);
    let stage = Stage::open(Place::folder(), &options).await;
    for origin in ["https://shop.example.com", "http://127.0.0.1:5173"] {
        let answer = preflight(&stage, origin).await?;
        assert_eq!(answer.headers[allowed], origin);
        assert_eq!(answer.headers["access-control-allow-credentials"], "true");
        let client = stage.stranger();
        let request = client.request(Method::GET, "/user").header("origin", origin);
        let answer = client.send(request).await?;
        assert_eq!(answer.headers[allowed], origin, "a refusal, too, can be read");
    }
    for origin in ["https://shop.example.com.evil.example", "http://shop.example.com", "null"] {
        assert!(!preflight(&stage, origin).await?.headers.contains_key(allowed), "{origin}");
    }
    Ok(())
}

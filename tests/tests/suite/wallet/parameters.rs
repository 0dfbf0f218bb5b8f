//! Bad input: whatever it is, the parameter error says what is wrong and nothing happens.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use crate::catalogue::{HUNDRED, TEA, TEN, WITHDRAWN};
use crate::stage::{Tested, data, phone, refused, shared};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A body of `POST /cart` that must not be taken, and a word of the reason.
const BAD: &[(&str, &[u8], &str)] = &[
    (JSON, b"{", "body"),
    (JSON, b"{\"product_id\":1", "body"),
    (JSON, b"{\"product_id\":1}x", "body"),
    (JSON, b"{'product_id':1}", "body"),
    (JSON, b"[1]", "body"),
    (JSON, b"null", "body"),
    (JSON, b"1", "body"),
    (JSON, b"\"product_id\"", "body"),
    (JSON, b"{\"product_id\":1e400}", "body"),
    (JSON, b"{\"product_id\":NaN}", "body"),
    (JSON, b"{\"product_id\":\"\xff\"}", "body"),
    (JSON, b"\xff\xfe{\x00}", "body"),
    (JSON, b" ", "body"),
    (JSON, b"\x00", "body"),
    (JSON, b"{}", "product_id"),
    (JSON, b"{\"product_id\":null}", "product_id"),
    (JSON, b"{\"product_id\":true}", "product_id"),
    (JSON, b"{\"product_id\":[1]}", "product_id"),
    (JSON, b"{\"product_id\":{\"id\":1}}", "product_id"),
    (JSON, b"{\"product_id\":\"\"}", "product_id"),
    (JSON, b"{\"product_id\":\"tea\"}", "product_id"),
    (JSON, b"{\"product_id\":\" 1\"}", "product_id"),
    (JSON, b"{\"product_id\":\"+1\"}", "product_id"),
    (JSON, b"{\"product_id\":\"0x1\"}", "product_id"),
    (JSON, b"{\"product_id\":\"1\\u0000\"}", "product_id"),
    (JSON, b"{\"product_id\":1.0}", "product_id"),
    (JSON, b"{\"product_id\":1.5}", "product_id"),
    (JSON, b"{\"product_id\":1e3}", "product_id"),
    (JSON, b"{\"product_id\":-1}", "product_id"),
    (JSON, b"{\"product_id\":\"-1\"}", "product_id"),
    (JSON, b"{\"product_id\":-0}", "product_id"),
    (JSON, b"{\"product_id\":\"-0\"}", "product_id"),
    (JSON, b"{\"product_id\":9007199254740992}", "product_id"),
    (JSON, b"{\"product_id\":\"9007199254740992\"}", "product_id"),
    (JSON, b"{\"product_id\":18446744073709551616}", "product_id"),
    (JSON, b"{\"product_id\":123456789012345678901234567890}", "product_id"),
    (JSON, b"{\"product_id\":1,\"product_id\":1}", "product_id"),
    (JSON, b"{\"Product_id\":1}", "product_id"),
    (FORM, b"", "product_id"),
    (FORM, b"product_id", "product_id"),
    (FORM, b"product_id=", "product_id"),
    (FORM, b"product_id=x", "product_id"),
    (FORM, b"product_id=1&product_id=2", "product_id"),
    (FORM, b"product_id=%zz", "body"),
    (FORM, b"product_id=%", "body"),
    (FORM, b"product_id=%ff", "body"),
    (FORM, b"product_id=\xff", "body"),
    (FORM, b"product_id=1%00", "product_id"),
    (FORM, b"{\"product_id\":1}", "product_id"),
];

#[tokio::test]
async fn a_bad_body_is_the_parameter_error_and_nothing_else() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        for (kind, body, word) in BAD {
            let request = client.request(Method::POST, "/cart").header(CONTENT_TYPE, *kind).body(*body);
            let text = String::from_utf8_lossy(body);
            let message = refused(&client.send(request).await?, 10005);
            assert!(message.contains(word), "{text}: {message}");
        }
        let deep = format!("{{\"product_id\":{}1{}}}", "[".repeat(30_000), "]".repeat(30_000));
        refused(
            &client.send(client.request(Method::POST, "/cart").header(CONTENT_TYPE, JSON).body(deep)).await?,
            10005,
        );
        assert_eq!(data(&client.get("/cart").await?), json!([]));
    }
    Ok(())
}

#[tokio::test]
async fn bodies_nobody_needs_must_read_all_the_same() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for path in [format!("/product/{TEA}/with_balance"), "/cart/pay_with_balance".to_owned()] {
            let request = client.request(Method::POST, &path).header(CONTENT_TYPE, JSON).body("{broken");
            refused(&client.send(request).await?, 10005);
        }
        assert_eq!(crate::stage::purse(&client).await?.0, 10_000);
    }
    Ok(())
}

#[tokio::test]
async fn an_order_names_its_item_once_in_body_or_query() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let post = |path: &'static str| client.request(Method::POST, path);
        data(&client.send(post("/payment_order?item_id=1")).await?);
        data(&client.post("/payment_order?item_id=1", &json!({"item_id": TEN})).await?);
        data(&client.post("/payment_order?item_id=1", &json!({})).await?);
        data(&client.post("/payment_order", &json!({"item_id": "2"})).await?);
        let form = post("/payment_order").header(CONTENT_TYPE, FORM).body("item_id=2");
        data(&client.send(form).await?);
        for (path, body) in [
            ("/payment_order", json!({})),
            ("/payment_order?item_id=1", json!({"item_id": HUNDRED})),
            ("/payment_order?item_id=x", json!({"item_id": TEN})),
            ("/payment_order?item_id=1&item_id=1", json!({})),
            ("/payment_order", json!({"item_id": -1})),
            ("/payment_order", json!({"item_id": 9_007_199_254_740_992_u64})),
            ("/payment_order", json!({"item_id": "ten"})),
        ] {
            let message = refused(&client.post(path, &body).await?, 10005);
            assert!(message.contains("item_id"), "{path} {body}: {message}");
        }
        refused(&client.post("/payment_order", &json!({"item_id": 4711})).await?, 10002);
        refused(&client.post("/payment_order", &json!({"item_id": WITHDRAWN})).await?, 10001);
        refused(&stage.stranger().post("/payment_order", &json!({"item_id": TEN})).await?, 10003);
    }
    Ok(())
}

#[tokio::test]
async fn a_query_must_decode() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        for bad in ["?%zz=1", "?a=%", "?a=%ff", "?%00=%f"] {
            for path in ["/products", "/payment_items", "/ledgers"] {
                refused(&client.get(&format!("{path}{bad}")).await?, 10005);
            }
            // Nothing is done for a request that is half understood.
            let credentials = json!({"phone": phone(), "password": "secret-1"});
            let posts = [
                ("/cart", json!({"product_id": TEA})),
                ("/account/signup", credentials.clone()),
                ("/account/login", credentials.clone()),
                ("/payment_item/1", json!({})),
            ];
            for (path, body) in posts {
                refused(&client.post(&format!("{path}{bad}"), &body).await?, 10005);
            }
            assert_eq!(data(&client.get("/cart").await?), json!([]));
            refused(&client.post("/account/login", &credentials).await?, 10001);
        }
        data(&client.get("/products?&&=&a&b=&%E8%8C%B6=1").await?);
    }
    Ok(())
}

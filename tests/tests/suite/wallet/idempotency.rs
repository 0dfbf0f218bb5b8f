//! `Idempotency-Key`: the same request again has the same answer and one effect.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tests::{Answer, Client, ServerOptions};

use crate::catalogue::{CAKE, HUNDRED, PALACE, TEA, TEN};
use crate::stage::{Stage, Tested, data, ledger, prepay_id, purse, refused, shared};

async fn post_once(client: &Client, path: &str, body: &Value, key: &str) -> Result<Answer, reqwest::Error> {
    let request = client.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
    client.send(request.header("Idempotency-Key", key).body(body.to_string())).await
}

#[tokio::test]
async fn the_same_key_gives_the_same_bytes_and_one_effect() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let path = format!("/product/{TEA}/with_balance");
        let first = client.get_once(&path, "one").await?;
        data(&first);
        for _ in 0..3 {
            assert_eq!(client.get_once(&path, "one").await?.text(), first.text());
        }
        assert_eq!(purse(&client).await?, (7_200, 2_000));

        data(&post_once(&client, "/cart", &json!({"product_id": CAKE}), "two").await?);
        data(&post_once(&client, "/cart", &json!({"product_id": CAKE}), "two").await?);
        assert_eq!(data(&client.get("/cart").await?)[0]["num"], json!(1));

        let settled = post_once(&client, "/cart/pay_with_coupon", &json!({}), "three").await?;
        data(&settled);
        data(&client.post("/cart", &json!({"product_id": CAKE})).await?);
        let again = post_once(&client, "/cart/pay_with_coupon", &json!({}), "three").await?;
        assert_eq!(again.text(), settled.text(), "an answer with lists, too");
        assert_eq!(purse(&client).await?, (7_200, 800));

        let order = post_once(&client, "/payment_order", &json!({"item_id": TEN}), "four").await?;
        let again = post_once(&client, "/payment_order", &json!({"item_id": TEN}), "four").await?;
        assert_eq!(order.text(), again.text());
        stage.pay(prepay_id(&data(&order)), "?times=2").await?;
        assert_eq!(purse(&client).await?, (8_200, 800));
        let again = post_once(&client, "/payment_order", &json!({"item_id": TEN}), "four").await?;
        assert_eq!(order.text(), again.text(), "also when it is paid");
    }
    Ok(())
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let path = format!("/product/{TEA}/with_balance");
        data(&client.get_once(&path, "key").await?);
        refused(&client.get_once(&format!("/product/{CAKE}/with_balance"), "key").await?, 10005);
        refused(&client.get_once(&format!("{path}?a=1"), "key").await?, 10005);
        refused(&post_once(&client, &path, &json!({}), "key").await?, 10005);
        refused(&post_once(&client, "/cart", &json!({"product_id": TEA}), "key").await?, 10005);
        refused(&post_once(&client, "/cart/pay_with_balance", &json!({}), "key").await?, 10005);
        refused(&post_once(&client, "/payment_order", &json!({"item_id": TEN}), "key").await?, 10005);
        assert_eq!(purse(&client).await?, (7_200, 2_000));
        assert_eq!(data(&client.get("/cart").await?), json!([]));

        data(&post_once(&client, "/payment_order", &json!({"item_id": TEN}), "order").await?);
        refused(&post_once(&client, "/payment_order", &json!({"item_id": HUNDRED}), "order").await?, 10005);
        data(&post_once(&client, "/cart", &json!({"product_id": TEA}), "add").await?);
        refused(&post_once(&client, "/cart", &json!({"product_id": CAKE}), "add").await?, 10005);

        // A key is its account's own.
        let other = stage.buyer().await?;
        data(&other.get_once(&format!("/product/{CAKE}/with_balance"), "key").await?);
        assert_eq!(purse(&other).await?.0, 8_800);
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_repeated_too() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let path = format!("/product/{TEA}/with_balance");
        let first = client.get_once(&path, "poor").await?;
        refused(&first, 10006);
        let order = stage.order(&client, HUNDRED).await?;
        stage.pay(prepay_id(&order), "").await?;
        assert_eq!(client.get_once(&path, "poor").await?.text(), first.text(), "the first answer stands");
        data(&client.get_once(&path, "rich").await?);
        assert_eq!(purse(&client).await?.0, 7_200);

        data(&client.post("/cart", &json!({"product_id": PALACE})).await?);
        let first = post_once(&client, "/cart/pay_with_balance", &json!({}), "palace").await?;
        assert_eq!(first.code(), 10006);
        let again = post_once(&client, "/cart/pay_with_balance", &json!({}), "palace").await?;
        assert_eq!(again.text(), first.text(), "with its lists");
    }
    Ok(())
}

#[tokio::test]
async fn sixteen_at_once_are_one() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let path = format!("/product/{TEA}/with_balance");
        let answers = futures::future::try_join_all((0..16).map(|_| client.get_once(&path, "race"))).await?;
        answers.iter().for_each(|answer| assert_eq!(answer.text(), answers[0].text()));
        data(&answers[0]);
        assert_eq!(purse(&client).await?, (7_200, 2_000));
        assert_eq!(ledger(&client, 0).await?.len(), 2);

        let body = json!({"item_id": TEN});
        let orders = futures::future::try_join_all(
            (0..16).map(|_| post_once(&client, "/payment_order", &body, "order")),
        )
        .await?;
        orders.iter().for_each(|answer| assert_eq!(answer.text(), orders[0].text()));
        data(&orders[0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_key_outlives_the_process() -> Tested {
    let options = ServerOptions::default();
    for stage in Stage::both(&options).await {
        let client = stage.buyer().await?;
        let (tea, palace) =
            (format!("/product/{TEA}/with_balance"), format!("/product/{PALACE}/with_balance"));
        let first = client.get_once(&tea, "tea").await?;
        let poor = client.get_once(&palace, "palace").await?;
        let order = post_once(&client, "/payment_order", &json!({"item_id": TEN}), "order").await?;
        data(&first);
        refused(&poor, 10006);
        let cookie = client.cookie();
        let stage = stage.restart(&options);
        let client = stage.stranger();
        client.set_cookie(cookie);
        assert_eq!(client.get_once(&tea, "tea").await?.text(), first.text());
        assert_eq!(client.get_once(&palace, "palace").await?.text(), poor.text());
        let again = post_once(&client, "/payment_order", &json!({"item_id": TEN}), "order").await?;
        assert_eq!(again.text(), order.text());
        assert_eq!(purse(&client).await?, (7_200, 2_000));
        assert_eq!(ledger(&client, 0).await?.len(), 2);
        refused(&client.get_once(&palace, "tea").await?, 10005);
    }
    Ok(())
}

#[tokio::test]
async fn keys_are_checked_and_ignored_without_a_session() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        let path = format!("/product/{TEA}/with_balance");
        for bad in [String::new(), "a b".to_owned(), "k".repeat(129), "é".to_owned()] {
            let message = refused(&client.get_once(&path, &bad).await?, 10005);
            assert!(message.contains("Idempotency-Key"), "{bad}: {message}");
        }
        let twice =
            client.request(Method::GET, &path).header("Idempotency-Key", "a").header("Idempotency-Key", "b");
        refused(&client.send(twice).await?, 10005);
        assert_eq!(purse(&client).await?.0, 10_000);
        data(&client.get_once(&path, &"k".repeat(128)).await?);
        // Reading has no effect that could be had twice: a key changes nothing.
        assert_eq!(data(&client.get_once("/user", "reading").await?)["balance"], json!(7_200));
        data(&client.get(&path).await?);
        assert_eq!(data(&client.get_once("/user", "reading").await?)["balance"], json!(4_400));

        let stranger = stage.stranger();
        refused(&stranger.get_once(&path, "none").await?, 10003);
        data(&stranger.get_once("/products", "none").await?);
        let one = json!({"phone": crate::stage::phone(), "password": "secret-1"});
        data(&post_once(&stranger, "/account/signup", &one, "none").await?);
        refused(&post_once(&stage.stranger(), "/account/signup", &one, "none").await?, 10004);
    }
    Ok(())
}

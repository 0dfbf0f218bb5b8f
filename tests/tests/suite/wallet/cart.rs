//! `/cart`: filling it, seeing it, settling it.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tests::{Answer, Client};

use super::shapes::{CART_LINE, LINE, check_each};
use crate::catalogue::{CAKE, DELETED, DELISTED, House, PALACE, PIN, TEA};
use crate::stage::{Stage, Tested, data, ledger, purse, refused, shared, start};

async fn add(client: &Client, product: u64) -> Result<(), reqwest::Error> {
    let answer = client.post("/cart", &json!({"product_id": product})).await?;
    data(&answer);
    assert_eq!(answer.json(), json!({"code": 0}), "the document has no data here");
    Ok(())
}

/// Products and numbers, in order.
fn lines(list: &Value, key: &str) -> Vec<(u64, u64)> {
    let list = list.as_array().unwrap_or_else(|| panic!("a list is meant: {list}"));
    list.iter().map(|line| (line[key].as_u64().unwrap(), line["num"].as_u64().unwrap())).collect()
}

async fn cart(client: &Client) -> Result<Vec<(u64, u64)>, reqwest::Error> {
    Ok(lines(&data(&client.get("/cart").await?), "product"))
}

/// Products and numbers of what was bought, and of what was not.
type Lists = (Vec<(u64, u64)>, Vec<(u64, u64)>);

/// What was bought and what was not; the lists are there whatever the code.
#[track_caller]
fn settled(answer: &Answer, code: i64) -> Lists {
    assert_eq!((answer.status.as_u16(), answer.code()), (200, code), "{}", answer.text());
    let data = answer.data();
    assert_eq!(data.as_object().map(serde_json::Map::len), Some(2), "{data}");
    for key in ["success", "fail"] {
        if data[key] != json!([]) {
            check_each(&data[key], LINE);
        }
    }
    assert_eq!(answer.json().get("message").is_some(), code != 0, "{}", answer.text());
    (lines(&data["success"], "id"), lines(&data["fail"], "id"))
}

#[tokio::test]
async fn a_cart_is_shown_in_the_order_of_adding() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        assert_eq!(data(&client.get("/cart").await?), json!([]));
        for product in [CAKE, TEA, CAKE, PIN] {
            add(&client, product).await?;
        }
        let shown = data(&client.get("/cart").await?);
        check_each(&shown, CART_LINE);
        assert_eq!(lines(&shown, "product"), [(CAKE, 2), (TEA, 1), (PIN, 1)]);
        let uid = data(&client.get("/user").await?)["id"].clone();
        let first = &shown[0];
        assert_eq!((&first["uid"], &first["product_price"]), (&uid, &json!(1_200)));
        assert_eq!(first["product_name"], json!("商品2"));
        let mut line_ids: Vec<_> =
            shown.as_array().unwrap().iter().map(|line| line["id"].to_string()).collect();
        line_ids.dedup();
        assert_eq!(line_ids.len(), 3);
        assert_eq!(cart(&stage.person().await?).await?, [], "nobody sees another's");
    }
    Ok(())
}

#[tokio::test]
async fn numbers_may_come_as_text_and_in_forms() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        data(&client.post("/cart", &json!({"product_id": TEA.to_string()})).await?);
        let form =
            client.request(Method::POST, "/cart").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        data(&client.send(form.body(format!("product_id={TEA}"))).await?);
        let charset =
            client.request(Method::POST, "/cart").header(CONTENT_TYPE, "Application/JSON; charset=UTF-8");
        data(&client.send(charset.body(format!("{{\"product_id\":{TEA}}}"))).await?);
        assert_eq!(cart(&client).await?, [(TEA, 3)]);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_on_sale_does_not_go_in() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        for (product, code) in [(DELISTED, 10001), (DELETED, 10002), (4711, 10002), (0, 10002)] {
            refused(&client.post("/cart", &json!({"product_id": product})).await?, code);
        }
        assert_eq!(cart(&client).await?, []);
        let stranger = stage.stranger();
        refused(&stranger.post("/cart", &json!({"product_id": TEA})).await?, 10003);
        refused(&stranger.get("/cart").await?, 10003);
        for how in ["balance", "coupon"] {
            refused(&stranger.post(&format!("/cart/pay_with_{how}"), &json!({})).await?, 10003);
            refused(&client.post(&format!("/cart/pay_with_{how}"), &json!({})).await?, 10002);
        }
    }
    Ok(())
}

#[tokio::test]
async fn settling_takes_line_by_line_what_the_money_is_enough_for() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for product in [TEA, PALACE, TEA, CAKE, TEA, PIN] {
            add(&client, product).await?;
        }
        // Three teas are 84.00, one cake 12.00, the palace is too dear, the pin is 0.01.
        let answer = client.post("/cart/pay_with_balance", &json!({})).await?;
        let (success, fail) = settled(&answer, 0);
        assert_eq!(success, [(TEA, 3), (CAKE, 1), (PIN, 1)]);
        assert_eq!(fail, [(PALACE, 1)]);
        assert_eq!(cart(&client).await?, [(PALACE, 1)], "what was not bought stays");
        assert_eq!(purse(&client).await?, (10_000 - 8_400 - 1_200 - 1, 2_000));
        let money: Vec<_> = ledger(&client, 0).await?.iter().map(|entry| entry["money"].clone()).collect();
        assert_eq!(json!(money), json!([-1, -1_200, -8_400, 10_000]), "one entry a line");

        let again = client.post("/cart/pay_with_balance", &json!({})).await?;
        assert_eq!(settled(&again, 10006), (vec![], vec![(PALACE, 1)]));

        add(&client, CAKE).await?;
        let coupon = client.request(Method::POST, "/cart/pay_with_coupon");
        let (success, fail) = settled(&client.send(coupon).await?, 0);
        assert_eq!((success, fail), (vec![(CAKE, 1)], vec![(PALACE, 1)]));
        assert_eq!(purse(&client).await?, (399, 800));
        let coupons = ledger(&client, 1).await?;
        assert_eq!((&coupons[0]["money"], &coupons[0]["item_id"]), (&json!(-1_200), &json!(CAKE)));
    }
    Ok(())
}

#[tokio::test]
async fn a_line_is_bought_whole_or_not_at_all() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for _ in 0..4 {
            add(&client, TEA).await?;
        }
        let answer = client.post("/cart/pay_with_balance", &json!({})).await?;
        assert_eq!(settled(&answer, 10006), (vec![], vec![(TEA, 4)]));
        assert_eq!(purse(&client).await?, (10_000, 2_000));
        assert_eq!(cart(&client).await?, [(TEA, 4)]);
    }
    Ok(())
}

#[tokio::test]
async fn settling_twice_at_once_pays_once() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        add(&client, TEA).await?;
        let answers = futures::future::try_join_all(
            (0..8).map(|_| client.send(client.request(Method::POST, "/cart/pay_with_balance"))),
        )
        .await?;
        let mut codes: Vec<i64> = answers.iter().map(Answer::code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 10002, 10002, 10002, 10002, 10002, 10002, 10002]);
        assert_eq!(purse(&client).await?, (7_200, 2_000));
    }
    Ok(())
}

#[tokio::test]
async fn a_cart_holds_what_was_taken_off_sale_but_does_not_buy_it() -> Tested {
    use aggregates::product::ProductCommand::{Delete, Delist, Price};
    for stage in Stage::both(&tests::ServerOptions::default()).await {
        let client = stage.buyer().await?;
        for product in [TEA, CAKE, PIN] {
            add(&client, product).await?;
        }
        let cookie = client.cookie();
        let Stage { server, place } = stage;
        assert!(server.terminate().unwrap().success());
        let house = House::open(&place).await;
        let fen = kernel::Money::from_fen;
        for (product, change) in [(TEA, Delist), (CAKE, Delete), (PIN, Price { price: fen(20_000) })] {
            let product = kernel::ProductId::try_from(product).unwrap();
            house.commerce.change_product(&commerce::Caller::house("test"), product, change).await.unwrap();
        }
        house.close().await;
        let stage = Stage { server: start(&place, &tests::ServerOptions::default()), place };
        let client = stage.stranger();
        client.set_cookie(cookie);

        let shown = data(&client.get("/cart").await?);
        let pin = shown.as_array().unwrap().iter().find(|line| line["product"] == json!(PIN)).unwrap();
        assert_eq!(pin["product_price"], json!(20_000), "the price shown is today's");
        let answer = client.post("/cart/pay_with_balance", &json!({})).await?;
        // The reasons differ, and one of them is money.
        let (success, fail) = settled(&answer, 10006);
        assert_eq!((success.len(), fail.len()), (0, 3), "{fail:?}");
        assert_eq!(purse(&client).await?, (10_000, 2_000));
        add_refused(&client, TEA).await?;
    }
    Ok(())
}

async fn add_refused(client: &Client, product: u64) -> Tested {
    refused(&client.post("/cart", &json!({"product_id": product})).await?, 10001);
    Ok(())
}

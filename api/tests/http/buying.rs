//! Products, carts, recharges and ledgers over HTTP.

use aggregates::product::ProductCommand;
use commerce::PaymentMethod;
use serde_json::{Value, json};

use super::client::Client;
use super::stage::{Stage, house};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

const PRODUCT: [&str; 8] =
    ["create_at", "description", "icon", "id", "name", "price", "shop_id", "update_at"];

async fn balances(client: &mut Client) -> (i64, i64) {
    let said = client.get("/user").await;
    let user = said.data();
    (user["balance"].as_i64().unwrap(), user["coupon"].as_i64().unwrap())
}

#[tokio::test]
async fn buying_debits_once_and_answers_the_product() {
    let stage = Stage::new().await;
    let tea = stage.list("绿茶", 500).await;
    let (mut client, account) = stage.customer("13900000011").await;
    let path = format!("/product/{tea}/with_balance");
    assert_eq!(client.get(&path).await.code(), 10006);
    stage.give(account, PaymentMethod::Balance, 1200).await;
    stage.give(account, PaymentMethod::Coupon, 600).await;

    let bought = client.get(&path).await;
    assert_eq!(keys(bought.data()), PRODUCT);
    assert_eq!(bought.data(), client.get(&format!("/product/{tea}")).await.data());
    assert_eq!(bought.data()["create_at"].as_str().unwrap().len(), "2026-01-02 03:04:05".len());
    assert_eq!(client.post(&format!("/product/{tea}/with_coupon"), "").await.code(), 0);
    assert_eq!(balances(&mut client).await, (700, 100));

    for headers in
        [[("sec-purpose", "prefetch")], [("purpose", "prefetch")], [("sec-fetch-site", "cross-site")]]
    {
        for method in ["GET", "POST"] {
            assert_eq!(client.ask(method, &path, &headers, "").await.code(), 10001, "{headers:?}");
        }
    }
    client.ask("HEAD", &path, &[], "").await;
    for (path, code) in [
        ("/product/999999/with_balance", 10002),
        ("/product/x/with_balance", 10005),
        ("/product/-1/with_coupon", 10005),
        ("/product/9007199254740992/with_coupon", 10005),
        ("/product/%zz/with_coupon", 10005),
        ("/product/1/with_coupon?x=%zz", 10005),
        ("/product/x", 10005),
        ("/product/999999", 10002),
    ] {
        assert_eq!(client.get(path).await.code(), code, "{path}");
    }
    assert_eq!(balances(&mut client).await, (700, 100));
}

#[tokio::test]
async fn a_delisted_product_is_read_and_not_bought_and_a_deleted_one_is_gone() {
    let stage = Stage::new().await;
    let tea = stage.list("绿茶", 500).await;
    let (mut client, account) = stage.customer("13900000016").await;
    stage.give(account, PaymentMethod::Balance, 1000).await;
    let add = format!(r#"{{"product_id":{tea}}}"#);
    assert_eq!(client.post("/cart", &add).await.code(), 0);
    for (command, read, bought, settled) in
        [(ProductCommand::Delist, 0, 10001, 10001), (ProductCommand::Delete, 10002, 10002, 10002)]
    {
        stage.commerce.change_product(&house(), tea, command).await.unwrap();
        assert_eq!(client.get(&format!("/product/{tea}")).await.code(), read);
        assert_eq!(client.get(&format!("/product/{tea}/with_balance")).await.code(), bought);
        assert_eq!(client.post("/cart", &add).await.code(), bought);
        let said = client.post("/cart/pay_with_balance", "").await;
        assert_eq!(said.code(), settled);
        assert_eq!(said.body["data"]["fail"][0]["id"], tea.get());
        assert_eq!(client.get("/products").await.data(), &json!([]));
    }
    assert_eq!(balances(&mut client).await, (1000, 0));
}

#[tokio::test]
async fn a_key_gives_the_same_bytes_and_one_effect() {
    let stage = Stage::new().await;
    let tea = stage.list("绿茶", 500).await;
    let (mut client, account) = stage.customer("13900000012").await;
    stage.give(account, PaymentMethod::Balance, 800).await;
    let path = format!("/product/{tea}/with_balance");
    let key = [("idempotency-key", "k-1")];
    let first = client.ask("GET", &path, &key, "").await;
    let second = client.ask("GET", &path, &key, "").await;
    assert_eq!(first.data()["id"], tea.get());
    assert_eq!(first.text, second.text);
    assert_eq!(balances(&mut client).await, (300, 0));

    let other = client.ask("GET", &format!("{path}?x=1"), &key, "").await;
    assert_eq!(other.code(), 10005);
    assert!(other.message().contains("Idempotency-Key"), "{}", other.message());
    let refused = client.ask("GET", &path, &[("idempotency-key", "k-2")], "").await;
    assert_eq!(refused.code(), 10006);
    stage.give(account, PaymentMethod::Balance, 800).await;
    let replayed = client.ask("GET", &path, &[("idempotency-key", "k-2")], "").await;
    assert_eq!(refused.text, replayed.text);
    assert_eq!(client.ask("GET", &path, &[("idempotency-key", "two words")], "").await.code(), 10005);
    assert_eq!(balances(&mut client).await, (1100, 0));
    let stranger = stage.client().ask("GET", &path, &[("idempotency-key", "two words")], "").await;
    assert_eq!(stranger.code(), 10003);
}

#[tokio::test]
async fn a_cart_is_settled_line_by_line() {
    let stage = Stage::new().await;
    let (tea, pot) = (stage.list("绿茶", 300).await, stage.list("茶壶", 5000).await);
    let (mut client, account) = stage.customer("13900000013").await;
    let empty = client.post("/cart/pay_with_balance", "").await;
    assert_eq!(empty.code(), 10002);

    let added = client.post("/cart", &format!(r#"{{"product_id":"{pot}"}}"#)).await;
    assert_eq!(String::from_utf8(added.text.clone()).unwrap(), r#"{"code":0}"#);
    assert_eq!(client.post("/cart", &format!(r#"{{"product_id":{tea}}}"#)).await.code(), 0);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(client.ask("POST", "/cart", &form, format!("product_id={tea}")).await.code(), 0);
    for (body, code) in [("{}", 10005), (r#"{"product_id":1.5}"#, 10005), (r#"{"product_id":999999}"#, 10002)]
    {
        assert_eq!(client.post("/cart", body).await.code(), code, "{body}");
    }

    let cart = client.get("/cart").await.data().clone();
    let names = ["create_at", "id", "num", "product", "product_name", "product_price", "uid", "update_at"];
    assert_eq!(keys(&cart[0]), names);
    assert_eq!((&cart[0]["product"], &cart[0]["num"]), (&json!(pot.get()), &json!(1)));
    assert_eq!((&cart[1]["product"], &cart[1]["num"]), (&json!(tea.get()), &json!(2)));
    assert_eq!(cart[1]["uid"], account.get());

    let poor = client.post("/cart/pay_with_balance", "").await;
    assert_eq!(poor.code(), 10006);
    assert_eq!(poor.body["data"]["fail"].as_array().unwrap().len(), 2);
    // The order of a success's fields.
    assert!(String::from_utf8_lossy(&poor.text).contains(r#""data":{"success":[],"fail":[{"id":"#));
    stage.give(account, PaymentMethod::Balance, 1000).await;
    assert_eq!(client.post("/cart/pay_with_balance", "{").await.code(), 10005);
    let crossed = client.ask("POST", "/cart/pay_with_balance", &[("sec-fetch-site", "cross-site")], "").await;
    assert_eq!(crossed.code(), 10001);
    // What the transport refuses comes first, and a query that does not read buys nothing.
    let both = [("sec-fetch-site", "cross-site"), ("content-type", "text/plain")];
    let crossed = client.ask("POST", "/cart/pay_with_balance", &both, "x").await;
    assert_eq!((crossed.status.as_u16(), crossed.body["code"].as_i64()), (415, Some(10005)));
    assert_eq!(client.post("/cart/pay_with_balance?x=%zz", "").await.code(), 10005);

    let settled = client.post("/cart/pay_with_balance", "").await.data().clone();
    assert_eq!((&settled["success"][0]["id"], &settled["success"][0]["num"]), (&json!(tea.get()), &json!(2)));
    assert_eq!((&settled["fail"][0]["id"], &settled["fail"][0]["num"]), (&json!(pot.get()), &json!(1)));
    assert_eq!(balances(&mut client).await, (400, 0));
    assert_eq!(client.get("/cart").await.data().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_recharge_is_ordered_paid_and_credited_once() {
    let stage = Stage::new().await;
    let item = stage.offer("充100送20", 10_000, 2_000).await;
    let (mut client, _) = stage.customer("13900000014").await;
    let items = client.get("/payment_items").await.data().clone();
    assert_eq!(items[0]["id"], item.get());
    assert_eq!(client.post(&format!("/payment_item/{item}"), "").await.data(), &items[0]);
    assert_eq!(client.post("/payment_item/999999", "").await.code(), 10002);
    assert_eq!(client.post("/payment_item/x", "").await.code(), 10005);

    let key = [("idempotency-key", "order-1")];
    let path = format!("/payment_order?item_id={item}");
    let said = client.ask("POST", &path, &key, "").await;
    assert_eq!(said.text, client.ask("POST", &path, &key, "").await.text);
    let order = said.data();
    assert_eq!(
        keys(order),
        ["charge", "create_at", "description", "id", "money", "name", "pay", "update_at"]
    );
    let pay = &order["pay"];
    let names = ["appid", "noncestr", "package", "partnerid", "payment_id", "prepayid", "sign", "timestamp"];
    assert_eq!(keys(pay), names);
    assert_eq!(pay["package"], "Sign=WXPay");
    let in_body = client.post("/payment_order", &format!(r#"{{"item_id":"{item}"}}"#)).await;
    assert_ne!(in_body.data()["id"], order["id"]);
    for (path, body, code) in [
        ("/payment_order", "{}", 10005),
        ("/payment_order?item_id=999999", "", 10002),
        ("/payment_order?item_id=1", r#"{"item_id":2}"#, 10005),
    ] {
        assert_eq!(client.post(path, body).await.code(), code, "{path} {body}");
    }

    assert_eq!(balances(&mut client).await, (0, 0));
    let prepay_id = pay["prepayid"].as_str().unwrap();
    stage.pay_at_wechat(prepay_id, "?forge=1").await;
    assert_eq!(balances(&mut client).await, (0, 0));
    stage.pay_at_wechat(prepay_id, "?times=3").await;
    assert_eq!(balances(&mut client).await, (10_000, 2_000));
    let ledger = client.get("/ledgers?type=1").await.data().clone();
    assert_eq!((&ledger[0]["type"], &ledger[0]["money"]), (&json!("cashback"), &json!(2000)));
    assert_eq!((&ledger[0]["name"], &ledger[0]["item_id"]), (&json!("充100送20"), &json!(item.get())));
}

#[tokio::test]
async fn a_notice_that_proves_nothing_fails() {
    let stage = Stage::new().await;
    let mut wechat = stage.client();
    let bare = wechat.post("/notify/wechat/pay", "{}").await;
    assert_eq!((bare.status.as_u16(), &bare.body["code"]), (401, &json!("FAIL")));
    let headers = [
        ("wechatpay-timestamp", "1"),
        ("wechatpay-nonce", "n"),
        ("wechatpay-serial", "s"),
        ("wechatpay-signature", "c2ln"),
    ];
    let forged = wechat.ask("POST", "/notify/wechat/pay", &headers, "{}").await;
    assert_eq!((forged.status.as_u16(), &forged.body["code"]), (401, &json!("FAIL")));
    let wrong_method = wechat.get("/notify/wechat/pay").await;
    assert_eq!((wrong_method.status.as_u16(), &wrong_method.body["code"]), (405, &json!("FAIL")));
}

#[tokio::test]
async fn lists_go_on_where_the_link_leads() {
    let stage = Stage::new().await;
    let (mut client, account) = stage.customer("13900000015").await;
    for fen in 1..=5 {
        stage.give(account, PaymentMethod::Balance, fen).await;
        stage.list("茶", fen).await;
        stage.offer("充值", fen, 0).await;
    }
    for (start, field) in [
        ("/ledgers?type=0&limit=2", "money"),
        ("/products?limit=2", "price"),
        ("/payment_items?limit=2", "money"),
    ] {
        let (mut next, mut seen) = (Some(start.to_owned()), Vec::new());
        while let Some(path) = next {
            let said = client.get(&path).await;
            seen.extend(said.data().as_array().unwrap().iter().map(|line| line[field].as_i64().unwrap()));
            let link = said.header("link");
            assert!(link.is_none_or(|link| link.ends_with("; rel=\"next\"")));
            next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
        }
        assert_eq!(seen, [5, 4, 3, 2, 1], "{start}");
        let all = client.get(&start.replace("limit=2", "limit=5")).await;
        assert_eq!(all.header("link"), None, "{start}");
    }
    for query in
        ["", "?type=2", "?type=-1", "?type=x", "?type=0&type=1", "?type=0&limit=0", "?type=0&before=x"]
    {
        assert_eq!(client.get(&format!("/ledgers{query}")).await.code(), 10005, "{query}");
    }
    assert_eq!(client.get("/products?shop_id=77").await.data(), &json!([]));
    assert_eq!(client.get("/products?shop_id=x").await.code(), 10005);
    let entry = client.get("/ledgers?type=0").await.data()[0].clone();
    let names = ["balance", "create_at", "id", "item_id", "money", "name", "type", "uid", "update_at"];
    assert_eq!(keys(&entry), names);
    assert_eq!(
        (&entry["type"], &entry["item_id"], &entry["balance"]),
        (&json!("adjustment"), &json!(0), &json!(15))
    );
}

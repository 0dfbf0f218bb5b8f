//! Trade on the campus as a whole: races, repetitions, restarts, the books.

use std::process::Command;

use serde_json::{Value, json};
use tests::{Place, ServerOptions, binary};

use super::market::{GET_SHOP, PRODUCT, PURCHASE, SHOP, Student, envelope, ok};
use crate::stage::{Stage, Tested, ledger, name, purse, shared};

fn audited(place: &Place, arguments: &[&str]) -> String {
    let output =
        Command::new(binary()).arg("audit").args(arguments).args(place.arguments()).output().unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    told
}

fn report(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&audited(place, &[arguments, &["--json"]].concat())).unwrap()
}

/// What a shop is owed, by the books.
fn owed(place: &Place, shop: u64) -> i64 {
    let account = format!("liabilities:shop:{shop}");
    let balance = report(place, &["trial-balance", "--accounts"]);
    let row =
        balance["rows"].as_array().unwrap().iter().find(|row| row["account"] == json!(account)).cloned();
    row.map_or(0, |row| row["credit"].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_payments_that_race_for_one_balance_one_wins() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 60.0).await?;
        let anew = buyer.anew(stage).await?;
        let (one, two) =
            (buyer.applied(product, 1, 60.0, 60.0).await?, anew.applied(product, 1, 60.0, 60.0).await?);
        let (first, second) = tokio::join!(buyer.on("pay", &one), anew.on("pay", &two));
        let mut statuses = [first?, second?].map(|answer| answer.json()["status"].as_i64().unwrap());
        statuses.sort_unstable();
        assert_eq!(statuses, [0, 102]);
        assert_eq!(purse(&buyer.client).await?.0, 4_000);
        assert_eq!(ok(&buyer.product_info(product).await?)["product_sale"], json!(1));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_here_and_one_in_the_wallet_race_for_one_balance() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 60.0).await?;
        let purchase = buyer.applied(product, 1, 60.0, 60.0).await?;
        let anew = buyer.anew(stage).await?;
        let path = format!("/product/{product}/with_balance");
        let (here, there) = tokio::join!(buyer.on("pay", &purchase), anew.client.get(&path));
        let (here, there) = (here?.json()["status"].as_i64().unwrap(), there?.code());
        assert!(matches!((here, there), (0, 10_006) | (102, 0)), "{here} here, {there} there");
        assert_eq!(purse(&buyer.client).await?.0, 4_000);
        assert_eq!(ok(&buyer.product_info(product).await?)["product_sale"], json!(1));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_purchase_is_paid_once_however_often_it_is_asked_for_at_once() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 10.0).await?;
        let purchase = buyer.applied(product, 1, 10.0, 10.0).await?;
        let pays = (0..8).map(async |number| {
            let subtype = if number == 3 { "cancel" } else { "pay" };
            buyer.on(subtype, &purchase).await.unwrap().json()["status"].as_i64().unwrap()
        });
        let statuses = futures::future::join_all(pays).await;
        assert_eq!(statuses.iter().filter(|status| **status == 0).count(), 1, "{statuses:?}");
        let is_paid = ok(&buyer.on("info", &purchase).await?)["purchase_state"] == json!("paid");
        assert_eq!(purse(&buyer.client).await?.0, if is_paid { 9_000 } else { 10_000 });
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_apply_at_once_get_numbers_of_their_own() -> Tested {
    for stage in shared().await.iter() {
        let seller = Student::poor(stage).await?;
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 1.0).await?;
        let applied = (0..60).map(async |_| seller.applied(product, 1, 1.0, 1.0).await.unwrap());
        let mut numbers = futures::future::join_all(applied).await;
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 60);
    }
    Ok(())
}

#[tokio::test]
async fn a_repeated_request_has_one_effect() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let once = async |student: &Student, path: &str, operation, about: &Value, key: &str| {
            let request =
                student.client.request(reqwest::Method::POST, &format!("{path}?token={}", student.token));
            let request = request.header("content-type", "application/json").header("Idempotency-Key", key);
            student.client.send(request.body(envelope(operation, about).to_string())).await.unwrap()
        };
        let about = json!({"shop_name": name(), "user_id": seller.id});
        let first = once(&seller, SHOP, ("shop", "creat"), &about, "a").await;
        assert_eq!(once(&seller, SHOP, ("shop", "creat"), &about, "a").await.bytes, first.bytes);
        let shop = ok(&first)["shop_id"].as_u64().unwrap();
        let about = json!({"product_name": "茶", "product_price": 2, "shop_id": shop, "product_status": 1});
        let first = once(&seller, PRODUCT, ("product", "creat"), &about, "b").await;
        assert_eq!(once(&seller, PRODUCT, ("product", "creat"), &about, "b").await.bytes, first.bytes);
        let product = ok(&first)["product_id"].as_u64().unwrap();
        let about =
            json!({"product_id": product, "product_num": 1, "product_unitprice": 2, "product_totalprice": 2});
        let first = once(&buyer, PURCHASE, ("purchase", "apply"), &about, "c").await;
        assert_eq!(once(&buyer, PURCHASE, ("purchase", "apply"), &about, "c").await.bytes, first.bytes);
        let about = json!({"purchase_id": ok(&first)["purchase_id"], "method": "wallet"});
        for _ in 0..3 {
            ok(&once(&buyer, PURCHASE, ("purchase", "pay"), &about, "d").await);
        }
        assert_eq!(purse(&buyer.client).await?.0, 10_000 - 200);
        // Whoever logs in anew asks the same as before.
        let anew = buyer.anew(stage).await?;
        assert_ne!(anew.token, buyer.token);
        ok(&once(&anew, PURCHASE, ("purchase", "pay"), &about, "d").await);
        assert_eq!(purse(&anew.client).await?.0, 10_000 - 200);
        let other = once(&anew, PURCHASE, ("purchase", "cancel"), &about, "d").await;
        assert_eq!(other.json()["status"], json!(-204), "{}", other.text());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_seller_sees_the_sale_in_the_books_also_after_a_crash() -> Tested {
    for mut stage in Stage::both(&ServerOptions::default()).await {
        let (seller, buyer) = (Student::poor(&stage).await?, Student::rich(&stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 12.5).await?;
        let paid = buyer.applied(product, 2, 12.5, 25.0).await?;
        let waiting = buyer.applied(product, 1, 12.5, 12.5).await?;
        let cancelled = buyer.applied(product, 1, 12.5, 12.5).await?;
        ok(&buyer.on("pay", &paid).await?);
        ok(&buyer.on("cancel", &cancelled).await?);
        assert_eq!(owed(&stage.place, shop), 2_500);
        let told = audited(&stage.place, &["verify"]);
        assert!(told.contains("the views agree"), "{told}");
        let open = report(&stage.place, &["orders"]);
        let open: Vec<&Value> = open["rows"].as_array().unwrap().iter().collect();
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!((&open[0]["state"], &open[0]["amount"]), (&json!("unpaid"), &json!(1_250)));
        let entries = ledger(&buyer.client, 0).await?;

        stage = stage.restart(&ServerOptions::default());
        let again = async |student: &Student, path: &str, operation, about: &Value| {
            let path = format!("{path}?token={}", student.token);
            stage.server.client().post(&path, &envelope(operation, about)).await
        };
        for (purchase, state) in [(&paid, "paid"), (&waiting, "paying"), (&cancelled, "cancelled")] {
            let about = json!({"purchase_id": purchase});
            let shown = ok(&again(&buyer, PURCHASE, ("purchase", "info"), &about).await?);
            assert_eq!(shown["purchase_state"], json!(state));
        }
        let shown = ok(&again(&seller, GET_SHOP, ("shop", "info"), &json!({"shop_id": shop})).await?);
        assert_eq!(shown["user_name"], json!(seller.name));
        let about = json!({"purchase_id": waiting, "method": "wallet"});
        ok(&again(&buyer, PURCHASE, ("purchase", "pay"), &about).await?);
        let client = stage.server.client();
        client.set_cookie(buyer.client.cookie());
        assert_eq!(ledger(&client, 0).await?[1..], entries);
        assert_eq!(owed(&stage.place, shop), 3_750);
        assert!(audited(&stage.place, &["verify"]).contains("the views agree"));
    }
    Ok(())
}

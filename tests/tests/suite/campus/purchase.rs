//! `purchase`: apply, pay, cancel, info, list.

use serde_json::{Value, json};

use super::market::{PURCHASE, Student, check_fields, check_token, envelope, next, ok, refused};
use crate::stage::{Tested, ledger, purse, shared};

#[tokio::test]
async fn a_purchase_is_applied_for_paid_and_shown() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "生发水", 10.15).await?;
        let purchase = buyer.applied(product, 3, 10.15, 30.45).await?;
        assert!(purchase.len() == 17 && purchase.bytes().all(|digit| digit.is_ascii_digit()), "{purchase}");
        assert_eq!(purse(&buyer.client).await?.0, 10_000, "nothing is paid yet");
        let shown = ok(&buyer.on("info", &purchase).await?);
        let expected = json!({"purchase_id": purchase, "purchase_state": "paying", "user_id": buyer.id,
            "purchase_type": 0, "purchase_price": 30.45, "creat_time": shown["creat_time"], "pay_method": "wallet",
            "product_id": product, "product_num": 3, "product_unitprice": 10.15, "product_totalprice": 30.45});
        assert_eq!(shown, expected);

        // It keeps its price, whatever becomes of the product's.
        seller
            .change(
                &json!({"product_id": product, "shop_id": shop, "product_status": 1, "product_price": 99}),
            )
            .await?;
        assert_eq!(ok(&buyer.on("pay", &purchase).await?), json!({}));
        assert_eq!(purse(&buyer.client).await?.0, 10_000 - 3_045);
        let paid = ok(&buyer.on("info", &purchase).await?);
        assert_eq!(paid["purchase_state"], json!("paid"));
        assert_eq!(paid["creat_time"], shown["creat_time"]);
        let newest = &ledger(&buyer.client, 0).await?[0];
        assert_eq!((&newest["type"], &newest["money"]), (&json!("purchase"), &json!(-3_045)));
        assert_eq!((&newest["name"], &newest["item_id"]), (&json!("生发水"), &json!(product)));
        assert_eq!(ok(&buyer.product_info(product).await?)["product_sale"], json!(3));

        let line = ok(&buyer.ask(PURCHASE, ("purchase", "list"), &json!({})).await?);
        let mut expected = paid;
        for detail in ["product_id", "product_num", "product_unitprice", "product_totalprice"] {
            expected.as_object_mut().unwrap().remove(detail).unwrap();
        }
        assert_eq!(line, json!([expected]));
    }
    Ok(())
}

#[tokio::test]
async fn applying_refuses() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::poor(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 101.5).await?;
        let apply = ("purchase", "apply");
        check_token(stage, PURCHASE, apply).await?;
        let good = json!({"product_id": product, "product_num": 2, "product_unitprice": 101.5, "product_totalprice": 203});
        let mut cases = Vec::new();
        for field in ["product_id", "product_num", "product_unitprice", "product_totalprice"] {
            cases.extend([
                (field, None, -3),
                (field, Some(json!("")), -201),
                (field, Some(json!("x")), -203),
            ]);
        }
        cases.extend([
            ("product_num", Some(json!(1.5)), -203),
            ("product_num", Some(json!(0)), -204),
            ("product_num", Some(json!(-1)), -204),
            ("product_num", Some(json!(4_294_967_296_u64)), -204),
            ("product_unitprice", Some(json!(0)), -204),
            ("product_unitprice", Some(json!(101.49)), -204),
            ("product_totalprice", Some(json!(202.99)), -204),
            ("product_totalprice", Some(json!(101.5)), -204),
            ("product_totalprice", Some(json!(-203)), -204),
        ]);
        check_fields(&buyer, PURCHASE, apply, &good, &cases).await?;
        ok(&buyer.ask(PURCHASE, apply, &good).await?);

        let missing = "Product_id not exist";
        // The house's products are not the campus's.
        for unknown in [0, 1, 7_777_777_777_u64] {
            refused(&buyer.apply(unknown, 1, &json!(28), &json!(28)).await?, 100, missing);
        }
        for status in [0, 2] {
            seller.change(&json!({"product_id": product, "shop_id": shop, "product_status": status})).await?;
            refused(&buyer.ask(PURCHASE, apply, &good).await?, 100, missing);
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_discount_is_the_price() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 9.0).await?;
        seller.change(&json!({"product_id": product, "shop_id": shop, "product_status": 1, "product_disprice": "6.66"})).await?;
        refused(&buyer.apply(product, 1, &json!(9), &json!(9)).await?, -204, "Arg's value error");
        let purchase = buyer.applied(product, 3, 6.66, 19.98).await?;
        ok(&buyer.on("pay", &purchase).await?);
        assert_eq!(purse(&buyer.client).await?.0, 10_000 - 1_998);
    }
    Ok(())
}

#[tokio::test]
async fn paying_and_cancelling_refuse() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 60.0).await?;
        let first = buyer.applied(product, 1, 60.0, 60.0).await?;
        let second = buyer.applied(product, 1, 60.0, 60.0).await?;
        assert_ne!(first, second);
        for subtype in ["pay", "cancel", "info"] {
            let operation = ("purchase", subtype);
            check_token(stage, PURCHASE, operation).await?;
            let good = json!({"purchase_id": first, "method": "wallet"});
            let cases = [
                ("purchase_id", None, -3),
                ("purchase_id", Some(json!(null)), -201),
                ("purchase_id", Some(json!(15_749_511_524_517_733_u64)), -203),
            ];
            check_fields(&buyer, PURCHASE, operation, &good, &cases).await?;
            for unknown in ["15749511524517733", "x", "1", "10000000000000001 ", "１0000000000000001"] {
                refused(&buyer.on(subtype, unknown).await?, 100, "Purchase id not exist");
            }
            refused(&seller.on(subtype, &first).await?, 101, "Have no right to operate");
        }
        let method =
            [("method", None, -3), ("method", Some(json!("")), -201), ("method", Some(json!(1)), -203)];
        let good = json!({"purchase_id": first, "method": "wallet"});
        check_fields(&buyer, PURCHASE, ("purchase", "pay"), &good, &method).await?;
        for method in ["alipay", "Wallet", "coupon"] {
            let about = json!({"purchase_id": first, "method": method});
            refused(&buyer.ask(PURCHASE, ("purchase", "pay"), &about).await?, 200, "Pay method not allow");
        }

        ok(&buyer.on("pay", &first).await?);
        refused(&buyer.on("pay", &second).await?, 102, "Balance is not enough");
        let state = "This purchase is not paying state";
        refused(&buyer.on("pay", &first).await?, 201, state);
        refused(&buyer.on("cancel", &first).await?, 201, state);
        assert_eq!(ok(&buyer.on("cancel", &second).await?), json!({}));
        assert_eq!(ok(&buyer.on("info", &second).await?)["purchase_state"], json!("cancelled"));
        refused(&buyer.on("pay", &second).await?, 201, state);
        refused(&buyer.on("cancel", &second).await?, 201, state);
        assert_eq!(purse(&buyer.client).await?.0, 4_000);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_on_sale_any_more_waits() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 60.0).await?;
        let purchase = buyer.applied(product, 1, 60.0, 60.0).await?;
        let shelf = |status: u8| json!({"product_id": product, "shop_id": shop, "product_status": status});
        seller.change(&shelf(0)).await?;
        let told = refused(&buyer.on("pay", &purchase).await?, 201, "This purchase is not paying state");
        assert!(told.ends_with("the product is not on sale"), "{told}");
        assert_eq!(ok(&buyer.on("info", &purchase).await?)["purchase_state"], json!("paying"));
        assert_eq!(purse(&buyer.client).await?.0, 10_000);
        seller.change(&shelf(1)).await?;
        ok(&buyer.on("pay", &purchase).await?);
    }
    Ok(())
}

#[tokio::test]
async fn the_list_is_ones_own_newest_first_and_goes_on() -> Tested {
    for stage in shared().await.iter() {
        let (seller, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let list = ("purchase", "list");
        check_token(stage, PURCHASE, list).await?;
        assert_eq!(ok(&buyer.ask(PURCHASE, list, &json!({})).await?), json!([]));
        let shop = seller.shop().await?;
        let product = seller.product(shop, "茶", 1.0).await?;
        let mut purchases = Vec::new();
        for _ in 0..3 {
            purchases.insert(0, buyer.applied(product, 1, 1.0, 1.0).await?);
        }
        // What was bought in the wallet is there, too.
        assert_eq!(buyer.client.get(&format!("/product/{product}/with_balance")).await?.code(), 0);
        let numbers = |lines: &Value| -> Vec<String> {
            lines
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line["purchase_id"].as_str().unwrap().to_owned())
                .collect()
        };
        let all = numbers(&ok(&buyer.ask(PURCHASE, list, &json!({"purchase_id": ""})).await?));
        assert_eq!((all.len(), &all[1..]), (4, purchases.as_slice()));
        let one = json!({"purchase_id": purchases[1]});
        assert_eq!(numbers(&ok(&buyer.ask(PURCHASE, list, &one).await?)), purchases[1..2]);
        assert_eq!(ok(&buyer.on("info", &all[0]).await?)["purchase_state"], json!("paid"));
        assert_eq!(ok(&seller.ask(PURCHASE, list, &json!({})).await?), json!([]));

        let (mut path, mut seen) = (format!("{PURCHASE}?token={}&limit=3", buyer.token), Vec::new());
        loop {
            let answer = buyer.client.post(&path, &envelope(list, &json!({}))).await?;
            seen.extend(numbers(&ok(&answer)));
            match next(&answer) {
                Some(rest) => path = rest,
                None => break,
            }
        }
        assert_eq!(seen, all);
        let bad = buyer.ask(&format!("{PURCHASE}?limit=0"), list, &json!({})).await?;
        refused(&bad, -204, "Arg's value error");
    }
    Ok(())
}

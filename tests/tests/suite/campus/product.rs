//! `product`: creat, update, info; and what the wallet shows of it.

use serde_json::{Value, json};

use super::market::{GET_PRODUCT, PRODUCT, Student, check_fields, check_token, ok, refused};
use crate::stage::{Tested, data, purse, refused as wallet_refused, shared};

#[tokio::test]
async fn a_product_is_listed_and_shown() -> Tested {
    for stage in shared().await.iter() {
        let owner = Student::poor(stage).await?;
        let shop = owner.shop().await?;
        let about = json!({"product_name": "测试商品1", "product_key": "测试|商品", "product_content": "测试",
            "product_price": "100.5", "shop_id": shop, "pic_url": "./pic/2", "product_status": 1,
            "product_id": 5, "product_sale": 9});
        let made = ok(&owner.ask(PRODUCT, ("product", "creat"), &about).await?);
        let product = made["product_id"].as_u64().unwrap();
        assert!((1_000_000..10_000_000).contains(&product), "seven digits: {product}");
        let visitor = Student::poor(stage).await?;
        let shown = ok(&visitor.product_info(product).await?);
        let time = &shown["creat_time"];
        let expected = json!({"product_id": product, "product_name": "测试商品1", "product_content": "测试",
            "product_key": "测试|商品", "product_price": 100.5, "product_disprice": null, "product_sale": 0,
            "product_click": 0, "product_collection": 0, "shop_id": shop, "creat_time": time,
            "update_time": time, "pic_url": "./pic/2", "product_status": 1});
        assert_eq!(shown, expected);

        let plain = json!({"product_name": "b", "product_price": 3, "shop_id": shop, "product_status": "0"});
        let plain =
            ok(&owner.ask(PRODUCT, ("product", "creat"), &plain).await?)["product_id"].as_u64().unwrap();
        let own = ok(&owner.product_info(plain).await?);
        assert_eq!(
            (&own["product_status"], &own["product_key"], &own["pic_url"]),
            (&json!(0), &json!(null), &json!(null))
        );
        assert_eq!((&own["product_price"], &own["product_content"]), (&json!(3.0), &json!("")));
        refused(&visitor.product_info(plain).await?, 100, "Error Product id");
    }
    Ok(())
}

#[tokio::test]
async fn a_product_is_changed_step_by_step() -> Tested {
    for stage in shared().await.iter() {
        let owner = Student::poor(stage).await?;
        let shop = owner.shop().await?;
        let product = owner.product(shop, "茶", 5.0).await?;
        let update = async |more: Value| {
            let mut about = json!({"product_id": product, "shop_id": shop, "product_status": 1});
            about.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            owner.change(&about).await.unwrap();
            ok(&owner.product_info(product).await.unwrap())
        };
        let shown = update(json!({"product_name": "头秃生发水", "product_content": "<h1>Duang~</h1>",
            "product_key": "生发|秃", "pic_url": "./pic/3"}))
        .await;
        assert_eq!(
            (&shown["product_name"], &shown["product_key"]),
            (&json!("头秃生发水"), &json!("生发|秃"))
        );
        assert_eq!(
            (&shown["product_content"], &shown["pic_url"]),
            (&json!("<h1>Duang~</h1>"), &json!("./pic/3"))
        );
        assert_eq!(shown["product_price"], json!(5.0), "what is left out stays");
        let shown = update(
            json!({"product_price": 59.970_000_000_000_006, "product_disprice": 4.5, "product_sale": 7}),
        )
        .await;
        assert_eq!((&shown["product_price"], &shown["product_disprice"]), (&json!(59.97), &json!(4.5)));
        assert_eq!((&shown["product_sale"], &shown["product_name"]), (&json!(0), &json!("头秃生发水")));
        let shown = update(json!({"product_disprice": null, "product_key": "", "product_content": ""})).await;
        assert_eq!((&shown["product_disprice"], &shown["product_key"]), (&json!(null), &json!(null)));
        assert_eq!(shown["product_content"], json!(""));

        let visitor = Student::poor(stage).await?;
        for (status, visible) in [(0, false), (1, true), (2, false)] {
            owner.change(&json!({"product_id": product, "shop_id": shop, "product_status": status})).await?;
            assert_eq!(ok(&owner.product_info(product).await?)["product_status"], json!(status));
            assert_eq!(visitor.product_info(product).await?.json()["status"] == json!(0), visible);
        }
        let back = json!({"product_id": product, "shop_id": shop, "product_status": 1});
        let gone = owner.ask(PRODUCT, ("product", "update"), &back).await?;
        assert_eq!(refused(&gone, 100, "No right to operate"), "No right to operate");
    }
    Ok(())
}

#[tokio::test]
async fn creating_and_changing_refuse() -> Tested {
    for stage in shared().await.iter() {
        let owner = Student::poor(stage).await?;
        let (shop, second) = (owner.shop().await?, owner.shop().await?);
        let product = owner.product(shop, "茶", 5.0).await?;
        check_token(stage, PRODUCT, ("product", "creat")).await?;
        check_token(stage, PRODUCT, ("product", "update")).await?;
        let good = json!({"product_name": "a", "product_price": 1, "shop_id": shop, "product_status": 1});
        let common = [
            ("shop_id", None, -3),
            ("product_status", None, -3),
            ("product_name", Some(json!("")), -201),
            ("product_price", Some(json!(null)), -201),
            ("product_status", Some(json!("")), -201),
            ("product_name", Some(json!(1)), -203),
            ("product_price", Some(json!("cheap")), -203),
            ("product_status", Some(json!(0.5)), -203),
            ("product_content", Some(json!(1)), -203),
            ("product_name", Some(json!("x".repeat(101))), -204),
            ("product_key", Some(json!("x".repeat(256))), -204),
            ("product_content", Some(json!("x".repeat(2001))), -204),
            ("pic_url", Some(json!("x".repeat(1025))), -204),
            ("product_price", Some(json!(0)), -204),
            ("product_price", Some(json!(-1)), -204),
            ("product_price", Some(json!(1.005)), -204),
            ("product_price", Some(json!(1e300)), -204),
            ("product_price", Some(json!("90071992547409.92")), -204),
            ("product_price", Some(json!("92233720368547758.07")), -204),
            ("product_status", Some(json!(3)), -204),
            ("product_status", Some(json!(-1)), -204),
        ];
        check_fields(&owner, PRODUCT, ("product", "creat"), &good, &common).await?;
        let only = [("product_name", None, -3), ("product_price", None, -3)];
        check_fields(&owner, PRODUCT, ("product", "creat"), &good, &only).await?;
        let mut change = good.clone();
        change["product_id"] = json!(product);
        check_fields(&owner, PRODUCT, ("product", "update"), &change, &common).await?;
        let only = [
            ("product_id", None, -3),
            ("product_id", Some(json!("x")), -203),
            ("product_disprice", Some(json!("x")), -203),
            ("product_disprice", Some(json!(0)), -204),
            ("product_disprice", Some(json!("92233720368547758.07")), -204),
        ];
        check_fields(&owner, PRODUCT, ("product", "update"), &change, &only).await?;

        let other = Student::poor(stage).await?;
        let nobody = "No right to operate";
        refused(&other.ask(PRODUCT, ("product", "creat"), &good).await?, 100, nobody);
        refused(&other.ask(PRODUCT, ("product", "update"), &change).await?, 100, nobody);
        for (field, value) in [("shop_id", json!(second)), ("shop_id", json!(0)), ("product_id", json!(9))] {
            let mut about = change.clone();
            about[field] = value;
            refused(&owner.ask(PRODUCT, ("product", "update"), &about).await?, 100, nobody);
        }
        let mut elsewhere = good.clone();
        elsewhere["shop_id"] = json!(123_456_789);
        refused(&owner.ask(PRODUCT, ("product", "creat"), &elsewhere).await?, 100, nobody);
    }
    Ok(())
}

#[tokio::test]
async fn one_product_is_shown_or_there_is_none() -> Tested {
    for stage in shared().await.iter() {
        let student = Student::poor(stage).await?;
        check_token(stage, GET_PRODUCT, ("product", "info")).await?;
        let good = json!({"product_id": 1});
        let cases = [
            ("product_id", None, -3),
            ("product_id", Some(json!("")), -201),
            ("product_id", Some(json!("x")), -203),
            ("product_id", Some(json!(-1)), -204),
        ];
        check_fields(&student, GET_PRODUCT, ("product", "info"), &good, &cases).await?;
        for unknown in [1, 1_000_000_000_000_u64] {
            refused(&student.product_info(unknown).await?, 100, "Error Product id");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_wallet_shows_and_sells_it_at_the_price_paid() -> Tested {
    for stage in shared().await.iter() {
        let (owner, buyer) = (Student::poor(stage).await?, Student::rich(stage).await?);
        let shop = owner.shop().await?;
        let product = owner.product(shop, "折扣茶", 9.0).await?;
        owner
            .change(
                &json!({"product_id": product, "shop_id": shop, "product_status": 1, "product_disprice": 6.5,
            "product_content": "一壶", "pic_url": "./p"}),
            )
            .await?;
        let listed = data(&buyer.client.get(&format!("/products?shop_id={shop}")).await?);
        assert_eq!(listed.as_array().unwrap().len(), 1);
        let shown = &listed[0];
        assert_eq!(
            (&shown["id"], &shown["shop_id"], &shown["price"]),
            (&json!(product), &json!(shop), &json!(650))
        );
        assert_eq!((&shown["description"], &shown["icon"]), (&json!("一壶"), &json!("./p")));
        data(&buyer.client.post("/cart", &json!({"product_id": product})).await?);
        let cart = data(&buyer.client.get("/cart").await?);
        assert_eq!(cart[0]["product_price"], json!(650));
        data(&buyer.client.get(&format!("/product/{product}/with_balance")).await?);
        assert_eq!(purse(&buyer.client).await?.0, 10_000 - 650);
        let settled = data(&buyer.client.post("/cart/pay_with_balance", &json!({})).await?);
        assert_eq!(settled["success"][0]["price"], json!(650));
        assert_eq!(purse(&buyer.client).await?.0, 10_000 - 2 * 650);
        assert_eq!(ok(&buyer.product_info(product).await?)["product_sale"], json!(2));

        owner.change(&json!({"product_id": product, "shop_id": shop, "product_status": 0})).await?;
        data(&buyer.client.get(&format!("/product/{product}")).await?);
        wallet_refused(&buyer.client.get(&format!("/product/{product}/with_balance")).await?, 10001);
        owner.change(&json!({"product_id": product, "shop_id": shop, "product_status": 2})).await?;
        wallet_refused(&buyer.client.get(&format!("/product/{product}")).await?, 10002);
        wallet_refused(&buyer.client.get(&format!("/product/{product}/with_balance")).await?, 10002);
    }
    Ok(())
}

//! `product` `list`: filters, orders, what is seen by whom, pages.

use serde_json::{Value, json};

use super::market::{GET_PRODUCT, Student, check_fields, check_token, envelope, next, ok, refused};
use crate::stage::{Tested, name, shared};

const LIST: (&str, &str) = ("product", "list");

fn names(products: &Value) -> Vec<String> {
    let name = |product: &Value| product["product_name"].as_str().unwrap().to_owned();
    products.as_array().unwrap().iter().map(name).collect()
}

/// A shop with four products on sale and one of each other status, and its owner.
async fn stocked(stage: &crate::stage::Stage) -> Result<(Student, u64), reqwest::Error> {
    let owner = Student::poor(stage).await?;
    let shop = owner.shop().await?;
    for (title, price, status, keys) in [
        ("乌龙", 3.0, 1, "茶|青"),
        ("绿茶", 1.0, 1, "茶"),
        ("茶糕", 2.0, 1, "糕点"),
        ("50% Tea", 3.0, 1, "tea_sale"),
        ("旧茶", 4.0, 0, "茶"),
        ("坏茶", 5.0, 2, "茶"),
    ] {
        let product = owner.product(shop, title, price).await?;
        owner
            .change(&json!({"product_id": product, "shop_id": shop, "product_status": status, "product_key": keys}))
            .await?;
        if title == "茶糕" {
            owner
                .change(&json!({"product_id": product, "shop_id": shop, "product_status": 1, "product_disprice": 1.5}))
                .await?;
        }
    }
    Ok((owner, shop))
}

#[tokio::test]
async fn products_are_found_by_name_words_shop_and_status() -> Tested {
    for stage in shared().await.iter() {
        let (owner, shop) = stocked(stage).await?;
        let visitor = Student::poor(stage).await?;
        let list = async |student: &Student, more: Value| {
            let mut about = json!({"shop_id": shop});
            about.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            names(&ok(&student.ask(GET_PRODUCT, LIST, &about).await.unwrap()))
        };
        let up = ["乌龙", "绿茶", "茶糕", "50% Tea"];
        for student in [&owner, &visitor] {
            assert_eq!(list(student, json!({})).await, up, "in the order of adding, those on sale");
            assert_eq!(list(student, json!({"type": "up"})).await, up);
            assert_eq!(list(student, json!({"product_name": "茶"})).await, ["绿茶", "茶糕"]);
            assert_eq!(list(student, json!({"product_key": "茶"})).await, ["乌龙", "绿茶"]);
            assert_eq!(list(student, json!({"product_name": "茶", "product_key": "糕"})).await, ["茶糕"]);
            assert_eq!(list(student, json!({"product_name": "%"})).await, ["50% Tea"], "no wildcard");
            assert_eq!(list(student, json!({"product_key": "_"})).await, ["50% Tea"]);
            assert_eq!(list(student, json!({"product_name": "' OR 1=1 --"})).await, [""; 0]);
            assert_eq!(list(student, json!({"product_name": "", "product_key": null})).await, up);
        }
        assert_eq!(list(&owner, json!({"type": "down"})).await, ["旧茶"]);
        assert_eq!(list(&owner, json!({"type": "del"})).await, ["坏茶"]);
        let all = ["乌龙", "绿茶", "茶糕", "50% Tea", "旧茶"];
        assert_eq!(list(&owner, json!({"type": "all"})).await, all);
        assert_eq!(
            list(&visitor, json!({"type": "all"})).await,
            up,
            "what is not on sale its owner sees alone"
        );
        assert_eq!(list(&visitor, json!({"type": "down"})).await, [""; 0]);
        assert_eq!(list(&visitor, json!({"type": "del"})).await, [""; 0]);
        let everywhere = ok(&visitor.ask(GET_PRODUCT, LIST, &json!({"product_name": name()})).await?);
        assert_eq!(everywhere, json!([]), "nothing found is no failure");
    }
    Ok(())
}

#[tokio::test]
async fn products_stand_in_any_documented_order() -> Tested {
    for stage in shared().await.iter() {
        let (owner, shop) = stocked(stage).await?;
        for (order, expected) in [
            ("product_price ASC AND creat_time DESC", ["绿茶", "茶糕", "50% Tea", "乌龙"]),
            ("product_price DESC, product_name ASC", ["50% Tea", "乌龙", "茶糕", "绿茶"]),
            ("product_disprice DESC", ["茶糕", "乌龙", "绿茶", "50% Tea"]),
            ("creat_time DESC", ["50% Tea", "茶糕", "绿茶", "乌龙"]),
            ("update_time DESC", ["50% Tea", "茶糕", "绿茶", "乌龙"]),
            ("product_name ASC", ["50% Tea", "乌龙", "绿茶", "茶糕"]),
            ("product_key DESC", ["乌龙", "绿茶", "茶糕", "50% Tea"]),
            (
                "(product_click ASC OR product_collection DESC) AND product_sale ASC",
                ["乌龙", "绿茶", "茶糕", "50% Tea"],
            ),
            (
                "product_status ASC, product_content ASC, pic_url DESC, shop_id ASC",
                ["乌龙", "绿茶", "茶糕", "50% Tea"],
            ),
        ] {
            let about = json!({"shop_id": shop, "order": order});
            let listed = names(&ok(&owner.ask(GET_PRODUCT, LIST, &about).await?));
            assert_eq!(listed, expected, "{order}");
        }
        let by_id = json!({"shop_id": shop, "order": "product_id DESC"});
        let listed = ok(&owner.ask(GET_PRODUCT, LIST, &by_id).await?);
        let ids: Vec<u64> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|product| product["product_id"].as_u64().unwrap())
            .collect();
        assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_refuses_and_goes_on_by_pages() -> Tested {
    for stage in shared().await.iter() {
        let (owner, shop) = stocked(stage).await?;
        check_token(stage, GET_PRODUCT, LIST).await?;
        let good = json!({"shop_id": shop});
        let cases = [
            ("shop_id", Some(json!("")), -201),
            ("type", Some(json!("")), -201),
            ("shop_id", Some(json!("x")), -203),
            ("type", Some(json!(1)), -203),
            ("product_name", Some(json!(1)), -203),
            ("order", Some(json!(["product_id ASC"])), -203),
            ("type", Some(json!("sold")), -204),
            ("shop_id", Some(json!(-5)), -204),
            ("product_name", Some(json!("x".repeat(101))), -204),
            ("product_key", Some(json!("x".repeat(256))), -204),
            ("order", Some(json!("price ASC")), -204),
            ("order", Some(json!("product_id ASC) --")), -204),
        ];
        check_fields(&owner, GET_PRODUCT, LIST, &good, &cases).await?;
        let about = json!({"shop_id": shop, "type": "all"});
        let (mut path, mut seen, mut pages) =
            (format!("{GET_PRODUCT}?token={}&limit=2", owner.token), Vec::new(), 0);
        loop {
            let answer = owner.client.post(&path, &envelope(LIST, &about)).await?;
            seen.extend(names(&ok(&answer)));
            pages += 1;
            match next(&answer) {
                Some(rest) => path = rest,
                None => break,
            }
        }
        assert_eq!(
            (seen, pages),
            (["乌龙", "绿茶", "茶糕", "50% Tea", "旧茶"].map(str::to_owned).to_vec(), 3)
        );
        for bad in ["skip=-1", "skip=x", "limit=0"] {
            let answer = owner.ask(&format!("{GET_PRODUCT}?{bad}"), LIST, &about).await?;
            refused(&answer, -204, "Arg's value error");
        }
    }
    Ok(())
}

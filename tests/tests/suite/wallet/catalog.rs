//! `/products`, `/product/{id}`, `/payment_items` and `/payment_item/{id}`: what can be had.

use serde_json::{Value, json};
use tests::Client;

use super::shapes::{PAYMENT_ITEM, PRODUCT, check, check_each};
use crate::catalogue::{
    CAKE, DELETED, DELISTED, ELSEWHERE, HUNDRED, OTHER_SHOP, PALACE, PIN, TEA, TEN, WITHDRAWN,
};
use crate::stage::{Tested, data, refused, shared};

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_shop_lists_what_it_has_on_sale() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let products = data(&client.get("/products").await?);
        check_each(&products, PRODUCT);
        assert_eq!(ids(&products), [PALACE, PIN, CAKE, TEA], "newest first, without what is not on sale");
        assert_eq!(data(&client.get("/products?shop_id=0").await?), products);
        let elsewhere = data(&client.get(&format!("/products?shop_id={OTHER_SHOP}")).await?);
        check_each(&elsewhere, PRODUCT);
        assert_eq!(ids(&elsewhere), [ELSEWHERE]);
        assert_eq!(elsewhere[0]["shop_id"], json!(OTHER_SHOP));
        assert_eq!(
            data(&client.get("/products?shop_id=4711").await?),
            json!([]),
            "an unknown shop lists nothing"
        );
        assert_eq!(data(&client.get("/products?shop_id=9007199254740991").await?), json!([]));
        for bad in ["abc", "-1", "1.5", "9007199254740992", "1e400", "", "1&shop_id=1", "%00", "%zz", "%ff"] {
            let message = refused(&client.get(&format!("/products?shop_id={bad}")).await?, 10005);
            assert!(message.contains("shop_id") || message.contains("query"), "{bad}: {message}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_product_is_shown_unless_it_is_gone() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let tea = data(&client.get(&format!("/product/{TEA}")).await?);
        check(&tea, PRODUCT);
        assert_eq!((&tea["id"], &tea["price"], &tea["shop_id"]), (&json!(TEA), &json!(2_800), &json!(0)));
        assert_eq!(tea["description"], json!("好东西 <b>&amp;\"引号\""), "text comes out as it went in");
        assert_eq!(tea["icon"], json!("https://img.example.com/1.png"));
        let delisted = data(&client.get(&format!("/product/{DELISTED}")).await?);
        check(&delisted, PRODUCT);
        for gone in [DELETED, 0, 4711, 9_007_199_254_740_991] {
            refused(&client.get(&format!("/product/{gone}")).await?, 10002);
        }
        for bad in ["abc", "-1", "1.5", "9007199254740992", "1e3", "%zz", "%00", "%ff", "+1", "1%20", "１"] {
            let message = refused(&client.get(&format!("/product/{bad}")).await?, 10005);
            assert!(message.contains("product_id"), "{bad}: {message}");
        }
        assert_eq!(data(&client.get("/product/%31").await?), tea, "%31 is 1");
    }
    Ok(())
}

#[tokio::test]
async fn recharge_items_are_listed_and_shown() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let items = data(&client.get("/payment_items").await?);
        check_each(&items, PAYMENT_ITEM);
        assert_eq!(ids(&items), [HUNDRED, TEN]);
        let hundred = data(&client.post(&format!("/payment_item/{HUNDRED}"), &json!({})).await?);
        check(&hundred, PAYMENT_ITEM);
        assert_eq!(hundred, items[0]);
        assert_eq!((&hundred["money"], &hundred["charge"]), (&json!(10_000), &json!(2_000)));
        check(&data(&client.post(&format!("/payment_item/{WITHDRAWN}"), &json!({})).await?), PAYMENT_ITEM);
        refused(&client.post("/payment_item/4711", &json!({})).await?, 10002);
        for bad in ["abc", "-1", "9007199254740992", "%00"] {
            let message = refused(&client.post(&format!("/payment_item/{bad}"), &json!({})).await?, 10005);
            assert!(message.contains("item_id"), "{bad}: {message}");
        }
    }
    Ok(())
}

/// Walks a list from page to page along its links.
async fn walk(client: &Client, first: &str) -> Result<Vec<Vec<Value>>, reqwest::Error> {
    let (mut path, mut pages) = (first.to_owned(), Vec::new());
    loop {
        let answer = client.get(&path).await?;
        pages.push(data(&answer).as_array().unwrap().clone());
        assert!(pages.len() < 100, "the links lead in a circle: {path}");
        let Some(link) = answer.headers.get("link") else { return Ok(pages) };
        let link = link.to_str().unwrap();
        let (address, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
        assert_eq!(rest, "; rel=\"next\"");
        path = address.to_owned();
    }
}

#[tokio::test]
async fn lists_come_in_pages_that_lead_on() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for _ in 0..6 {
            data(&client.get(&format!("/product/{PIN}/with_balance")).await?);
        }
        for (path, pages) in [
            ("/products?limit=2", vec![2, 2]),
            ("/products?limit=3", vec![3, 1]),
            ("/products?shop_id=0&limit=4", vec![4]),
            ("/payment_items?limit=1", vec![1, 1]),
            ("/ledgers?type=0&limit=3", vec![3, 3, 1]),
            ("/ledgers?type=0&limit=7", vec![7]),
            ("/ledgers?type=1&limit=1", vec![1]),
        ] {
            let found = walk(&client, path).await?;
            assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), pages, "{path}");
            let whole_path = path.split("limit=").next().unwrap();
            let whole = data(&client.get(whole_path.trim_end_matches(['&', '?'])).await?);
            assert_eq!(Value::Array(found.concat()), whole, "{path}: the pages are the list");
        }
        for bad in [
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=x",
            "before=-1",
            "before=x",
            "before=9007199254740992",
        ] {
            for path in ["/products?", "/payment_items?", "/ledgers?type=0&"] {
                let message = refused(&client.get(&format!("{path}{bad}")).await?, 10005);
                assert!(message.starts_with(bad.split('=').next().unwrap()), "{path}{bad}: {message}");
            }
        }
    }
    Ok(())
}

//! `/openapi.json` and `/docs`: what is served describes itself, without anything from elsewhere.

use serde_json::Value;

use crate::stage::{Tested, shared};

const DOCUMENTED: [(&str, &str); 17] = [
    ("get", "/account/signin"),
    ("post", "/account/login"),
    ("get", "/account/signout"),
    ("post", "/account/signup"),
    ("get", "/user"),
    ("get", "/products"),
    ("get", "/product/{product_id}"),
    ("get", "/product/{product_id}/with_balance"),
    ("get", "/product/{product_id}/with_coupon"),
    ("get", "/cart"),
    ("post", "/cart"),
    ("post", "/cart/pay_with_balance"),
    ("post", "/cart/pay_with_coupon"),
    ("get", "/ledgers"),
    ("get", "/payment_items"),
    ("post", "/payment_item/{item_id}"),
    ("post", "/payment_order"),
];

#[tokio::test]
async fn every_documented_endpoint_is_described_and_answers() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let document = client.get("/openapi.json").await?.json();
        for (method, path) in DOCUMENTED {
            assert!(document["paths"][path][method].is_object(), "{method} {path}");
            let asked = path.replace("{product_id}", "1").replace("{item_id}", "1");
            let request = client.request(method.to_uppercase().parse().unwrap(), &asked);
            let answer = client.send(request).await?;
            assert!(answer.status == 200 && answer.code() >= 0, "{method} {path}: {}", answer.text());
        }
        assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    }
    Ok(())
}

#[tokio::test]
async fn the_pages_need_nothing_from_elsewhere() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.stranger();
        let page = client.get("/docs/").await?;
        assert_eq!(page.status, 200);
        let text = page.text();
        let mut assets = Vec::new();
        for attribute in ["src=\"", "href=\""] {
            assets.extend(text.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()));
        }
        assert!(assets.len() >= 3, "scripts and styles: {text}");
        for asset in assets {
            assert!(!asset.contains("//"), "{asset} is elsewhere");
            let answer = client.get(&format!("/docs/{}", asset.trim_start_matches("./"))).await?;
            assert!(answer.status == 200 && !answer.bytes.is_empty(), "{asset}: {}", answer.status);
        }
        let settings = client.get("/docs/swagger-initializer.js").await?.text();
        assert!(settings.contains("/openapi.json"), "{settings}");
        assert_eq!(client.get("/docs").await?.status, 200, "/docs leads there");
        assert_ne!(client.get("/openapi.json").await?.json(), Value::Null);
    }
    Ok(())
}

//! The OpenAPI document: as committed, and complete.

use std::path::Path;

use serde_json::Value;

/// `SUANPAN_UPDATE=1 cargo test -p api` writes it anew.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

const DOCUMENTED: [(&str, &str); 29] = [
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
    ("post", "/api/external/captcha"),
    ("post", "/api/external/portrait"),
    ("post", "/api/external/pic"),
    ("get", "/api/external/get/portrait/{id}"),
    ("get", "/api/external/get/pic/{j_from}/{name}"),
    ("post", "/api/external/property"),
    ("get", "/api/external/get/property"),
    ("post", "/api/external/shop"),
    ("post", "/api/external/get/shop"),
    ("post", "/api/external/product"),
    ("post", "/api/external/get/product"),
    ("post", "/api/external/purchase"),
];

fn document() -> Value {
    serde_json::to_value(super::openapi()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.clone(), path.clone(), operation.clone()));
        }
    }
    operations
}

#[test]
fn the_document_is_the_committed_one() {
    let made = format!("{}\n", serde_json::to_string_pretty(&document()).unwrap());
    if std::env::var_os("SUANPAN_UPDATE").is_some() {
        std::fs::write(COMMITTED, &made).unwrap();
    }
    let committed = std::fs::read_to_string(Path::new(COMMITTED)).unwrap_or_default();
    assert!(
        committed == made,
        "docs/openapi.json differs: SUANPAN_UPDATE=1 cargo test -p api writes it anew"
    );
}

#[test]
fn every_documented_endpoint_is_there_and_everything_else_is_an_extension() {
    let operations = operations(&document());
    for (method, path) in DOCUMENTED {
        assert!(operations.iter().any(|(m, p, _)| m == method && p == path), "{method} {path}");
    }
    for (method, path, operation) in operations {
        let is_documented = DOCUMENTED.contains(&(method.as_str(), path.as_str()));
        assert_eq!(operation["x-extension"] == Value::Bool(true), !is_documented, "{method} {path}");
    }
}

#[test]
fn every_operation_says_what_it_answers_and_has_a_name_of_its_own() {
    let operations = operations(&document());
    let mut names: Vec<&str> = Vec::new();
    for (method, path, operation) in &operations {
        let answer = &operation["responses"]["200"];
        assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
        assert!(answer["content"].as_object().is_some_and(|content| !content.is_empty()), "{method} {path}");
        names.push(operation["operationId"].as_str().unwrap());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), operations.len(), "operation ids: {names:?}");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn no_schema_is_called_after_a_container() {
    for (name, schema) in document()["components"]["schemas"].as_object().unwrap() {
        assert_ne!(schema["type"], "array", "{name}");
    }
}

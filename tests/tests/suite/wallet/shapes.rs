//! The tables of the wallet's document, and a checker that compares an answer with them key by key.

use serde_json::Value;

/// What the document's `type` column says, and what the column beside it adds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// `YYYY-MM-DD HH:MM:SS`.
    Time,
    /// An object.
    Object(Shape),
}

/// A table of the document: every key and its type; nothing else is there.
pub(crate) type Shape = &'static [(&'static str, Kind)];

use Kind::{Number, Object, Text, Time};

/// 用户信息
pub(crate) const USER: Shape = &[
    ("id", Number),
    ("name", Text),
    ("gender", Number),
    ("province", Text),
    ("city", Text),
    ("avatar", Text),
    ("balance", Number),
    ("coupon", Number),
    ("phone", Number),
];

/// 商品信息
pub(crate) const PRODUCT: Shape = &[
    ("id", Number),
    ("name", Text),
    ("description", Text),
    ("icon", Text),
    ("shop_id", Number),
    ("price", Number),
    ("create_at", Time),
    ("update_at", Time),
];

/// 商品信息 with the number of pieces, as a settlement lists it.
pub(crate) const LINE: Shape = &[
    ("id", Number),
    ("name", Text),
    ("description", Text),
    ("icon", Text),
    ("shop_id", Number),
    ("price", Number),
    ("create_at", Time),
    ("update_at", Time),
    ("num", Number),
];

/// 购物车信息
pub(crate) const CART_LINE: Shape = &[
    ("id", Number),
    ("uid", Number),
    ("product", Number),
    ("product_name", Text),
    ("product_price", Number),
    ("num", Number),
    ("create_at", Time),
    ("update_at", Time),
];

/// 消费记录信息, and the balance after the entry.
pub(crate) const ENTRY: Shape = &[
    ("id", Number),
    ("uid", Number),
    ("name", Text),
    ("money", Number),
    ("type", Text),
    ("item_id", Number),
    ("balance", Number),
    ("create_at", Time),
    ("update_at", Time),
];

/// 充值商品信息
pub(crate) const PAYMENT_ITEM: Shape = &[
    ("id", Number),
    ("name", Text),
    ("money", Number),
    ("description", Text),
    ("charge", Number),
    ("create_at", Time),
    ("update_at", Time),
];

/// 订单信息, and what the app hands to WeChat.
pub(crate) const PAYMENT_ORDER: Shape = &[
    ("id", Number),
    ("name", Text),
    ("money", Number),
    ("description", Text),
    ("charge", Number),
    ("create_at", Time),
    ("update_at", Time),
    ("pay", Object(PAY)),
];

/// What WeChat's SDK takes, all of it text.
pub(crate) const PAY: Shape = &[
    ("appid", Text),
    ("partnerid", Text),
    ("prepayid", Text),
    ("package", Text),
    ("noncestr", Text),
    ("timestamp", Text),
    ("sign", Text),
    ("payment_id", Text),
];

/// Compares an object with its table.
#[track_caller]
pub(crate) fn check(value: &Value, shape: Shape) {
    let Some(object) = value.as_object() else { panic!("an object is meant: {value}") };
    let mut given: Vec<&str> = object.keys().map(String::as_str).collect();
    let mut meant: Vec<&str> = shape.iter().map(|(key, _)| *key).collect();
    given.sort_unstable();
    meant.sort_unstable();
    assert_eq!(given, meant, "the keys of {value}");
    for (key, kind) in shape {
        let member = &object[*key];
        let fits = match kind {
            Number => member.as_i64().is_some_and(|number| number < 1 << 53),
            Text => member.is_string(),
            Time => member.as_str().is_some_and(is_time),
            Object(shape) => {
                check(member, shape);
                true
            }
        };
        assert!(fits, "{key}: {kind:?} is meant, not {member}");
    }
}

/// Compares every object of an array with its table; an empty array has shown nothing.
#[track_caller]
pub(crate) fn check_each(value: &Value, shape: Shape) {
    let list = value.as_array().unwrap_or_else(|| panic!("an array is meant: {value}"));
    assert!(!list.is_empty(), "an empty list shows nothing");
    list.iter().for_each(|object| check(object, shape));
}

fn is_time(text: &str) -> bool {
    let pattern = "dddd-dd-dd dd:dd:dd";
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, meant)| match meant {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

#[test]
fn the_checker_notices() {
    let good = serde_json::json!({"id":1,"name":"a","money":5,"description":"","charge":0,
        "create_at":"2026-01-02 03:04:05","update_at":"2026-01-02 03:04:05"});
    check(&good, PAYMENT_ITEM);
    for (key, bad) in [
        ("id", serde_json::json!("1")),
        ("money", serde_json::json!(5.5)),
        ("name", Value::Null),
        ("create_at", serde_json::json!("2026-01-02T03:04:05")),
        ("extra", serde_json::json!(1)),
    ] {
        let mut other = good.clone();
        other[key] = bad;
        assert!(std::panic::catch_unwind(|| check(&other, PAYMENT_ITEM)).is_err(), "{key}");
    }
    let mut other = good.clone();
    other.as_object_mut().unwrap().remove("charge");
    assert!(std::panic::catch_unwind(|| check(&other, PAYMENT_ITEM)).is_err(), "a missing key");
}

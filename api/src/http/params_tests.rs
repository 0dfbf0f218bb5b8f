//! The reader of parameters: what it takes, what it refuses, and that it never panics.

use kernel::ProductId;
use proptest::prelude::*;

use super::{Params, need, text_id};
use crate::http::fault::Fault;

fn json(text: &str) -> Params {
    Params::from_json(text.as_bytes()).unwrap()
}

fn query(text: &str) -> Params {
    Params::from_query(Some(text)).unwrap()
}

/// The message of a refusal, which must begin with the field's name.
fn refusal<T: std::fmt::Debug>(field: &str, result: Result<T, Fault>) -> String {
    let Fault::Refused { code, message } = result.unwrap_err() else { panic!("the transport's failure") };
    assert_eq!(code, kernel::ErrorCode::InvalidParameter);
    message.strip_prefix(&format!("{field}: ")).unwrap_or_else(|| panic!("{message}")).to_owned()
}

#[test]
fn a_number_may_come_as_digits() {
    for params in [json(r#"{"a":12}"#), json(r#"{"a":"12"}"#), query("a=12"), query("b=1&a=%312&&c")] {
        assert_eq!(params.integer("a", 0..=12), Ok(Some(12)));
        assert_eq!(params.id("a").map(|id: Option<ProductId>| id.map(ProductId::get)), Ok(Some(12)));
    }
    assert_eq!(json(r#"{"a":-3}"#).integer("a", -3..=0), Ok(Some(-3)));
    assert_eq!(query("a=-3").integer("a", -3..=0), Ok(Some(-3)));
    assert_eq!(query("b=1").integer("a", 0..=1), Ok(None));
    assert_eq!(json(r#"{"a":null}"#).integer("a", 0..=1), Ok(None));
}

#[test]
fn other_numbers_are_refused_by_name() {
    let bad = [
        "1.0", "1e3", "true", "[1]", "{}", "\"\"", "\"1 \"", "\"+1\"", "\"-\"", "\"1.5\"", "\"0x1\"",
        "\"１\"",
    ];
    for value in bad {
        let refused = json(&format!(r#"{{"a":{value}}}"#)).integer("a", -9..=9);
        assert_eq!(refusal("a", refused), "a whole number from -9 to 9 is meant", "{value}");
    }
    for value in
        ["10", "-10", "9223372036854775808", "1e400", "99999999999999999999999", "\"99999999999999999999\""]
    {
        let Ok(params) = Params::from_json(format!(r#"{{"a":{value}}}"#).as_bytes()) else { continue };
        refusal("a", params.integer("a", -9..=9));
    }
    refusal("a", query("a=").integer("a", 0..=9));
    refusal("a", query("a").integer("a", 0..=9));
}

#[test]
fn ids_are_below_2_to_the_53() {
    let read = |text: &str| text_id::<ProductId>("id", text).map(ProductId::get);
    assert_eq!(read("0"), Ok(0));
    assert_eq!(read("9007199254740991"), Ok((1 << 53) - 1));
    for bad in ["9007199254740992", "-1", "-0", "", "abc", "1.0", " 1", "99999999999999999999", "1;drop"] {
        assert_eq!(refusal("id", read(bad)), "a whole number from 0 to 9007199254740991 is meant", "{bad}");
    }
    refusal("a", query("a=9007199254740992").id::<ProductId>("a"));
}

#[test]
fn text_is_bounded_text() {
    assert_eq!(json(r#"{"a":"茶茶"}"#).need_text("a", 2), Ok("茶茶"));
    assert_eq!(query("a=a+b").need_text("a", 3), Ok("a b"));
    assert_eq!(query("a").need_text("a", 3), Ok(""));
    assert_eq!(refusal("a", json(r#"{"a":"茶茶茶"}"#).need_text("a", 2)), "at most 2 characters are meant");
    assert_eq!(refusal("a", json(r#"{"a":"\u0000"}"#).need_text("a", 2)), "the character NUL cannot be used");
    assert_eq!(refusal("a", query("a=%00").need_text("a", 2)), "the character NUL cannot be used");
    assert_eq!(refusal("a", json(r#"{"a":1}"#).need_text("a", 2)), "text is meant");
    assert_eq!(refusal("a", json("{}").need_text("a", 2)), "it is missing");
    assert_eq!(refusal("a", json(r#"{"a":null}"#).need_text("a", 2)), "it is missing");
    assert_eq!(refusal("a", need::<i64>("a", None)), "it is missing");
}

#[test]
fn what_is_given_twice_is_refused_if_anybody_asks() {
    for params in [query("a=1&a=1&b=2"), json(r#"{"a":1,"a":1,"b":2}"#)] {
        assert_eq!(refusal("a", params.integer("a", 0..=9)), "given more than once");
        assert_eq!(params.integer("b", 0..=9), Ok(Some(2)));
    }
}

#[test]
fn what_does_not_parse_is_refused() {
    for bad in ["%", "a=%zz", "%f", "a=%ff", "a=%c3%28"] {
        refusal("query", Params::from_query(Some(bad)));
        refusal("body", Params::from_form(bad.as_bytes()));
    }
    refusal("body", Params::from_form(b"a=\xff"));
    let deep = "[".repeat(100_000);
    for bad in ["", "{", "[]", "1", "null", "\"a\"", "{} x", "{\"a\":\"\\ud800\"}", "{'a':1}", deep.as_str()]
    {
        assert_eq!(refusal("body", Params::from_json(bad.as_bytes())), "a JSON object is meant", "{bad:.20}");
    }
    refusal("body", Params::from_json(b"{\"a\":\"\xff\"}"));
}

proptest! {
    #[test]
    fn whatever_comes_is_in_range_or_refused(text in ".{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let readers = [
            Params::from_query(Some(&text)), Params::from_form(&bytes), Params::from_json(&bytes),
            Params::from_json(text.as_bytes()), Params::from_query(Some(&format!("a={text}"))),
        ];
        for params in readers.into_iter().flatten() {
            if let Ok(Some(number)) = params.integer("a", -5..=77) {
                prop_assert!((-5..=77).contains(&number));
            }
            if let Ok(read) = params.need_text("a", 7) {
                prop_assert!(read.chars().count() <= 7 && !read.contains('\0'));
            }
        }
        if let Ok(id) = text_id::<ProductId>("a", &text) {
            prop_assert!(id.get() < 1 << 53);
        }
    }

    #[test]
    fn every_integer_comes_back(number in any::<i64>()) {
        let range = i64::MIN..=i64::MAX;
        let texts = [format!("{{\"a\":{number}}}"), format!("{{\"a\":\"{number}\"}}")];
        for params in [query(&format!("a={number}")), json(&texts[0]), json(&texts[1])] {
            prop_assert_eq!(params.integer("a", range.clone()), Ok(Some(number)));
        }
    }

    #[test]
    fn every_text_comes_back(text in "[^\0]{0,20}") {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let form = Params::from_form(format!("a={encoded}").as_bytes()).unwrap();
        prop_assert_eq!(form.need_text("a", 20), Ok(text.as_str()));
        let object = serde_json::json!({ "a": text }).to_string();
        let object = json(&object);
        prop_assert_eq!(object.need_text("a", 20), Ok(text.as_str()));
    }
}

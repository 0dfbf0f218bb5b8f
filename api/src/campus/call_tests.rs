//! Envelopes: what is whole has a meaning, everything else is refused by its documented status, and nothing panics.

use proptest::prelude::*;
use serde_json::{Value, json};
use utoipa::PartialSchema as _;

use super::{Call, parse};
use crate::campus::codes::Code;
use crate::campus::envelope::{Failure, Nothing};
use crate::campus::fields::{Given, Request, request};
use crate::campus::kinds::{Id, Moment, Price, Text, Whole};

request! {
    /// Every presence and kind.
    Sample("sample", "make"), missing DataKey {
        /// a
        a: Required Text<5>,
        /// b
        b: RequiredOrEmpty Whole<1, 9>,
        /// c
        c: Optional Price,
        /// d
        d: OptionalOrEmpty Moment,
        /// e
        e: Optional Id<kernel::AccountId>,
    }
}

request! {
    /// Nothing.
    Bare("sample", "rest"), missing DataKey {}
}

calls! {
    /// Both.
    SampleCall asks SampleAsks answers SampleAnswers {
        Make: Sample => Nothing,
        Rest: Bare => Nothing,
    }
}

fn call(body: &Value) -> (i64, Result<Call, Failure>) {
    parse(body.to_string().as_bytes())
}

fn data<R: Request>(data: Value) -> Result<R, Failure> {
    let body = json!({"id": 1, "status": 0, "type": "sample", "subtype": "make", "data": data});
    call(&body).1.unwrap().data::<R>()
}

fn refusal(given: Value) -> (i32, String) {
    let failure = data::<Sample>(given).unwrap_err();
    (failure.code().number(), format!("{failure:?}"))
}

#[test]
fn the_id_is_echoed_as_a_whole_number() {
    for (id, echoed) in [
        (json!(7), 7),
        (json!("123456"), 123_456),
        (json!(-3), -3),
        (json!("-3"), -3),
        (json!(5.0), 5),
        (json!(i64::MAX), i64::MAX),
        (json!("abc"), -1),
        (json!(""), -1),
        (json!("1.5"), -1),
        (json!(1.5), -1),
        (json!(1e300), -1),
        (json!(u64::MAX), -1),
        (json!(null), -1),
        (json!(true), -1),
        (json!([1]), -1),
        (json!({}), -1),
    ] {
        let (got, call) = call(&json!({"id": id, "status": 0, "type": "a", "subtype": "b", "data": {}}));
        assert_eq!(got, echoed, "{id}");
        if echoed == -1 {
            assert_eq!(call.unwrap_err(), Failure::at(Code::JsonKey, "id"), "{id}");
        } else {
            call.unwrap();
        }
    }
}

#[test]
fn a_missing_key_is_named() {
    let whole = json!({"id": "9", "status": 0, "type": "a", "subtype": "b", "data": {}});
    for key in ["status", "type", "subtype", "data"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(key);
        assert_eq!(call(&body), (9, Err(Failure::at(Code::JsonKey, key))));
    }
    for text in ["", "{", "[]", "1", "null", "\"a\"", "{} x", &"[".repeat(100_000)] {
        assert_eq!(parse(text.as_bytes()), (-1, Err(Failure::at(Code::JsonKey, "body"))), "{text:.20}");
    }
    assert_eq!(parse(b"{\"id\":\"\xff\"}").1.unwrap_err().code(), Code::JsonKey);
}

#[test]
fn type_and_subtype_choose_the_operation() {
    let of = |kind: Value, subkind: Value| {
        let body = json!({"id": 1, "status": 0, "type": kind, "subtype": subkind, "data": 1});
        SampleCall::of(&call(&body).1.unwrap())
    };
    assert_eq!(of(json!("sample"), json!("make")), Ok(SampleCall::Make));
    assert_eq!(of(json!("sample"), json!("rest")), Ok(SampleCall::Rest));
    let unknown = |field| Err(Failure::at(Code::JsonValue, field));
    for bad in [json!("Make"), json!(""), json!(1), json!(null), json!(["make"])] {
        assert_eq!(of(json!("sample"), bad.clone()), unknown("subtype"));
        assert_eq!(of(bad, json!("make")), unknown("type"));
    }
}

#[test]
fn the_rules_are_described() {
    let asks = serde_json::to_value(SampleAsks::schema()).unwrap();
    let data = &asks["oneOf"][0]["properties"]["data"];
    assert_eq!(data["required"], json!(["a", "b"]));
    assert_eq!(data["properties"]["a"]["maxLength"], json!(5));
    assert_eq!(data["properties"]["d"]["description"], json!("d (可缺省，可为空)"));
    assert_eq!(asks["oneOf"][1]["properties"]["subtype"]["enum"], json!(["rest"]));
    assert_eq!(serde_json::to_value(SampleAnswers::schema()).unwrap()["oneOf"].as_array().unwrap().len(), 2);
}

#[test]
fn keys_then_emptiness_then_types_then_values() {
    for (given, number, field) in [
        (json!({}), -3, "\"a\""),
        (json!({"a": "", "c": []}), -3, "\"b\""),
        (json!({"a": "", "b": [], "c": []}), -201, "\"a\""),
        (json!({"a": null, "b": [], "c": []}), -201, "\"a\""),
        (json!({"a": "too long", "b": [], "c": null}), -201, "\"c\""),
        (json!({"a": "too long", "b": [], "c": 1}), -203, "\"b\""),
        (json!({"a": "too long", "b": 10, "c": 1}), -204, "\"a\""),
        (json!({"a": "a\u{0}", "b": 1}), -204, "\"a\""),
        (json!({"a": "a", "b": 10}), -204, "\"b\""),
        (json!({"a": "a", "b": 1.5}), -203, "\"b\""),
        (json!({"a": "a", "b": 1, "d": 1}), -203, "\"d\""),
        (json!({"a": "a", "b": 1, "d": "2019-02-30 00:00:00"}), -204, "\"d\""),
        (json!({"a": "a", "b": 1, "e": -1}), -204, "\"e\""),
        (json!({"a": "a", "b": 1, "e": 1_u64 << 53}), -204, "\"e\""),
    ] {
        let (got, told) = refusal(given.clone());
        assert_eq!(got, number, "{given}");
        assert!(told.contains(field), "{given}: {told}");
    }
    for given in [json!([]), json!(null), json!("{}"), json!(1)] {
        assert_eq!(data::<Sample>(given).unwrap_err(), Failure::at(Code::Type, "data"));
    }
    data::<Bare>(json!({"unknown": 1})).unwrap();
}

#[test]
fn what_may_be_missing_or_empty_is_told_apart() {
    let sample = data::<Sample>(json!({"a": "a", "b": ""})).unwrap();
    assert_eq!((sample.a.as_str(), sample.b, sample.c, sample.d), ("a", None, None, Given::Missing));
    let sample = data::<Sample>(json!({"a": "a", "b": "7", "c": 0.5, "d": null, "e": "3"})).unwrap();
    assert_eq!((sample.b, sample.c.unwrap().fen(), sample.d), (Some(7), 50, Given::Empty));
    assert_eq!(sample.e.unwrap().get(), 3);
    let sample = data::<Sample>(json!({"a": "a", "b": null, "d": "2019-04-22 16:17:42"})).unwrap();
    assert!(matches!(sample.d, Given::Value(at) if at.shanghai() == "2019-04-22 16:17:42"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9.-]{0,12}".prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-e]|id|status|type|subtype|data", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_comes_is_a_call_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), body in any_json()) {
        for text in [bytes.clone(), body.to_string().into_bytes()] {
            let (id, call) = parse(&text);
            match call {
                Ok(call) => drop(SampleCall::of(&call)),
                Err(failure) => prop_assert!(failure.code() == Code::JsonKey && (id == -1 || text.len() > 6)),
            }
        }
    }

    #[test]
    fn whatever_data_comes_is_within_the_rules_or_refused(given in any_json()) {
        match data::<Sample>(given) {
            Ok(sample) => {
                prop_assert!((1..=5).contains(&sample.a.chars().count()));
                prop_assert!(sample.b.is_none_or(|b| (1..=9).contains(&b)));
                prop_assert!(sample.c.is_none_or(kernel::Money::is_positive));
            }
            Err(failure) => prop_assert!([-3, -201, -203, -204].contains(&failure.code().number())),
        }
    }
}

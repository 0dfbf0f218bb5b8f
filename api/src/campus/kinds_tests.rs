//! Values: what each kind takes, to the last digit.

use kernel::Money;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Kind as _, Moment, Price, Whole, Wrong, Yuan};

fn price(value: Value) -> Result<i64, Wrong> {
    Price::read(&value).map(Money::fen)
}

#[test]
fn a_moment_is_written_in_one_way() {
    let moment = |text: &str| Moment::read(&json!(text)).map(kernel::Timestamp::shanghai);
    for text in ["2019-04-22 16:17:42", "0000-01-01 00:00:00", "9999-12-31 23:59:59", "2020-02-29 00:00:00"] {
        assert_eq!(moment(text).as_deref(), Ok(text));
    }
    for text in [
        "2019-4-22 1:2:3",
        "2019-04-22 16:17:60",
        "2019-04-22  16:17:42",
        "2019-04-2216:17:42",
        "2019-04-22 16:17:42 ",
        "2019-04-22T16:17:42",
        "2019-02-29 00:00:00",
        "2019-04-22 24:00:00",
        "+12345-01-01 00:00:00",
        "-0001-01-01 00:00:00",
        "２019-04-22 16:17:42",
        "2019-04-22",
    ] {
        assert_eq!(moment(text), Err(Wrong::Value), "{text}");
    }
    assert_eq!(Moment::read(&json!(1_555_921_062)), Err(Wrong::Type));
}

#[test]
fn prices_are_read_as_decimals() {
    for (given, fen) in [
        (json!(101.5), 10_150),
        (json!("100.5"), 10_050),
        (json!(100), 10_000),
        (json!(0.01), 1),
        (json!("0.010"), 1),
        (json!(59.970_000_000_000_006), 5_997),
        (json!(19.99 * 3.0), 5_997),
        (json!(0.1 + 0.2), 30),
        (json!("59.970000000000006"), 5_997),
        (json!(1e2), 10_000),
        (json!(0.009_999_5), 1),
    ] {
        assert_eq!(price(given.clone()), Ok(fen), "{given}");
    }
    for (given, wrong) in [
        (json!(0), Wrong::Value),
        (json!(-1), Wrong::Value),
        (json!("-0.01"), Wrong::Value),
        (json!(0.005), Wrong::Value),
        (json!(1.001), Wrong::Value),
        (json!("1.00001"), Wrong::Value),
        (json!(0.000_000_5), Wrong::Value),
        (json!(1e-9), Wrong::Value),
        (json!(1e30), Wrong::Value),
        (json!(1e300), Wrong::Value),
        (json!("99999999999999999999"), Wrong::Value),
        (json!("90071992547409.92"), Wrong::Value),
        (json!("92233720368547758.07"), Wrong::Value),
        (json!("1e2"), Wrong::Type),
        (json!("1,5"), Wrong::Type),
        (json!("."), Wrong::Type),
        (json!(".5"), Wrong::Type),
        (json!("5."), Wrong::Type),
        (json!("1.2.3"), Wrong::Type),
        (json!(" 1"), Wrong::Type),
        (json!("+1"), Wrong::Type),
        (json!("１"), Wrong::Type),
        (json!("NaN"), Wrong::Type),
        (json!(true), Wrong::Type),
        (json!([1]), Wrong::Type),
        (json!({}), Wrong::Type),
    ] {
        assert_eq!(price(given.clone()), Err(wrong), "{given}");
    }
}

#[test]
fn whole_numbers_come_as_numbers_or_digits() {
    type Few = Whole<0, 100>;
    for (given, read) in [
        (json!(7), Ok(7)),
        (json!("7"), Ok(7)),
        (json!("007"), Ok(7)),
        (json!(7.0), Ok(7)),
        (json!(1e2), Ok(100)),
        (json!(101), Err(Wrong::Value)),
        (json!(-1), Err(Wrong::Value)),
        (json!("-1"), Err(Wrong::Value)),
        (json!("99999999999999999999"), Err(Wrong::Value)),
        (json!(u64::MAX), Err(Wrong::Value)),
        (json!(1e300), Err(Wrong::Value)),
        (json!(7.5), Err(Wrong::Type)),
        (json!("7.0"), Err(Wrong::Type)),
        (json!("-"), Err(Wrong::Type)),
        (json!("+7"), Err(Wrong::Type)),
        (json!(" 7"), Err(Wrong::Type)),
        (json!("seven"), Err(Wrong::Type)),
        (json!(false), Err(Wrong::Type)),
    ] {
        assert_eq!(Few::read(&given), read, "{given}");
    }
}

#[test]
fn money_is_answered_as_a_number_of_yuan() {
    for (fen, text) in [
        (10_150, "101.5"),
        (1, "0.01"),
        (5_997, "59.97"),
        (-354, "-3.54"),
        (10_000, "100.0"),
        (9_007_199_254_740_991, "90071992547409.91"),
    ] {
        assert_eq!(serde_json::to_string(&Yuan(Money::from_fen(fen))).unwrap(), text);
    }
}

proptest! {
    #[test]
    fn every_price_comes_back(fen in 1_i64..=1_000_000_000_000) {
        let written = serde_json::to_string(&Yuan(Money::from_fen(fen))).unwrap();
        let read: Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(price(read), Ok(fen));
        prop_assert_eq!(price(json!(Money::from_fen(fen).to_string())), Ok(fen));
    }
}

//! What the compact reader gives is what `serde_json` gives; what it does not give, that one judges.

use proptest::prelude::*;
use proptest::sample::Index;
use serde::{Deserialize, Serialize};

use super::read_compact as read;
use crate::{AccountId, Money};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
enum Happened {
    Nothing {},
    Something {
        by: AccountId,
        amount: Money,
        pieces: u32,
        name: String,
        note: Option<String>,
        is_done: bool,
        pictures: Vec<String>,
        why: Why,
    },
    Opened(i8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Why {
    Sold { to: AccountId, at: Option<Money> },
    Given,
}

fn texts() -> impl Strategy<Value = String> {
    let name = prop_oneof!["[a-z绿茶 ]{0,6}", "\\PC{0,4}", any::<String>()];
    let amount = prop_oneof![any::<i64>(), -2_i64..=2, Just(i64::MIN), Just(i64::MAX)];
    let why = prop_oneof![
        Just(Why::Given),
        (0_u64..1 << 53, proptest::option::of(amount.clone()))
            .prop_map(|(to, at)| Why::Sold { to: to.try_into().unwrap(), at: at.map(Money::from_fen) }),
    ];
    let something =
        (0_u64..1 << 53, amount, any::<u32>(), any::<bool>(), proptest::collection::vec(name, 1..4), why)
            .prop_map(|(by, amount, pieces, is_done, pictures, why)| Happened::Something {
                by: by.try_into().unwrap(),
                amount: Money::from_fen(amount),
                pieces,
                name: pictures[0].clone(),
                note: pictures.get(1).cloned(),
                is_done,
                pictures,
                why,
            });
    let happened = prop_oneof![
        8 => something,
        1 => Just(Happened::Nothing {}),
        1 => any::<i8>().prop_map(Happened::Opened),
    ];
    happened.prop_map(|happened| serde_json::to_string(&happened).unwrap())
}

/// What may be put somewhere into a text, or take the place of something.
fn pieces() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "",
        "0",
        "-",
        "-0",
        "00",
        "1",
        "9007199254740992",
        "18446744073709551616",
        ".0",
        "e1",
        " ",
        "\n",
        "\"",
        "\\",
        "\\u0041",
        "{",
        "}",
        "{}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "true",
        "tru",
        "\"by\":1,",
        "\"is_done\"",
        "Given",
        "é",
        "\u{1}",
        "\u{7f}",
    ])
}

/// Wherever the end of a string stands, and whatever stands before it.
#[test]
fn a_string_ends_at_its_first_quote() {
    for before in 0..20 {
        for filler in ['a', '\u{7f}', 'é', '!', '#', '[', ']'] {
            let string: String = std::iter::repeat_n(filler, before).collect();
            for after in ["", "\"", "\\", "\u{1}", "\"\"\"\"\"\"\"\"\"", "aaaaaaaaaaaaaaa"] {
                let text = format!("\"{string}\"{after}");
                let expected = after.is_empty().then(|| string.clone());
                assert_eq!(read::<String>(&text), expected, "{text:?}");
            }
            assert_eq!(read::<String>(&format!("\"{string}\\n\"")), None);
            assert_eq!(read::<String>(&format!("\"{string}\u{1f}aaaaaaaa\"")), None);
        }
    }
}

#[test]
fn numbers_of_any_length() {
    for number in ["1234567890123456789", "9223372036854775807", "-9223372036854775808"] {
        assert_eq!(read(number), number.parse::<i64>().ok(), "{number}");
    }
    assert_eq!(read::<u64>("99999999999999999999"), None);
    assert_eq!(read::<u64>("100000000000000000000000000000000000001"), None);
    assert_eq!(read::<i64>("-9223372036854775809"), None);
    assert_eq!(read::<i64>("9223372036854775808"), None);
}

/// Both readers agree on a text if the compact one reads it.
fn agree(text: &str) -> bool {
    read::<Happened>(text).is_none_or(|own| serde_json::from_str::<Happened>(text).is_ok_and(|it| it == own))
}

proptest! {
    #[test]
    fn what_is_written_without_escapes_is_read(text in texts()) {
        let own = read::<Happened>(&text);
        prop_assert_eq!(own.is_some(), !text.contains('\\'), "{}", text);
        prop_assert!(agree(&text));
    }

    #[test]
    fn nothing_is_read_otherwise_than_by_all(
        text in texts(),
        changes in proptest::collection::vec((any::<Index>(), 0_usize..3, pieces()), 1..4),
    ) {
        let mut letters: Vec<String> = text.chars().map(String::from).collect();
        for (place, gone, piece) in changes {
            let at = place.index(letters.len() + 1);
            let end = (at + gone).min(letters.len());
            letters.splice(at..end, [piece.to_owned()]);
        }
        let text = letters.concat();
        prop_assert!(agree(&text), "{}", text);
    }
}

#[test]
fn other_json_is_left_to_the_general_reader() {
    for other in [
        "",
        "{}",
        r#"{"Opened":-0}"#,
        r#"{"Opened":01}"#,
        r#"{"Opened":128}"#,
        r#"{"Opened":1}}"#,
        r#"{"Opened":1,}"#,
        r#"{"Opened": 1}"#,
        r#"{"Opened":1} "#,
        r#"{"Nothing":{,}}"#,
        r#"{"Nothing":{"a":1}}"#,
        r#"{"Nothing":[]}"#,
        r#"{"N\u006fthing":{}}"#,
        r#""Nothing""#,
    ] {
        assert_eq!(read::<Happened>(other), None, "{other}");
    }
    assert_eq!(read(r#"{"Opened":-128}"#), Some(Happened::Opened(-128)));
    assert_eq!(read(r#"{"Nothing":{}}"#), Some(Happened::Nothing {}));
    assert_eq!(read::<Vec<u8>>("[1,2]"), Some(vec![1, 2]));
    assert_eq!(read::<Vec<u8>>("[1,]"), None);
}

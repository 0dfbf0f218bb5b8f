//! Whole requests, spoiled in a few places: whatever comes of them is a call within its rules or a documented refusal, and
//! nothing panics. `SUANPAN_PROPTEST_CASES` makes it as long as one likes.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::laws;

const SEEDS: [&str; 4] = [
    r#"{"id":"123456","status":0,"type":"property","subtype":"add","data":{"type":1,"state":"0","title":"测试","occurrence_time":"2019-04-22 16:17:42","user_phone":"1"}}"#,
    r#"{"id":-7,"status":null,"type":"property","subtype":"add","data":{"type":"2","title":"a\u0062\\","occurrence_time":""}}"#,
    r#" {"data":{"title":"t","type":2.0,"occurrence_time":null,"state":-32768},"id":9007199254740993,"subtype":"add","type":"property","status":[]}"#,
    r#"{"id":1e3,"status":0,"type":"x","subtype":"","data":{"":{"":[[{}]]}},"data":{"type":1,"title":"twice","occurrence_time":""}}"#,
];

/// What parsers and readers of numbers, texts and times stumble over.
const PIECES: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udc00\\ud800",
    "null",
    "true",
    "-",
    "-0",
    "0.1",
    "1e999",
    "1e-999",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "00",
    "e",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "\"id\":",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

#[derive(Clone, Debug)]
enum Spoiling {
    Set(Index, u8),
    Insert(Index, &'static str),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
}

fn spoiling() -> impl Strategy<Value = Spoiling> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Spoiling::Set(at, byte)),
        (any::<Index>(), select(&PIECES[..])).prop_map(|(at, piece)| Spoiling::Insert(at, piece)),
        (any::<Index>(), 1..12_usize).prop_map(|(at, length)| Spoiling::Remove(at, length)),
        (any::<Index>(), 1..20_usize, 1..40_usize)
            .prop_map(|(at, length, times)| Spoiling::Repeat(at, length, times)),
    ]
}

fn mutant() -> impl Strategy<Value = Vec<u8>> {
    (select(&SEEDS[..]), prop::collection::vec(spoiling(), 0..5)).prop_map(|(seed, spoilings)| {
        let mut text = seed.as_bytes().to_vec();
        for spoiling in spoilings {
            let spot = |at: Index| at.index(text.len() + 1);
            match spoiling {
                Spoiling::Set(at, byte) if !text.is_empty() => {
                    let at = at.index(text.len());
                    text[at] = byte;
                }
                Spoiling::Set(..) => {}
                Spoiling::Insert(at, piece) => {
                    let at = spot(at);
                    text.splice(at..at, piece.bytes());
                }
                Spoiling::Remove(at, length) => {
                    let at = spot(at);
                    let end = text.len().min(at + length);
                    text.drain(at..end);
                }
                Spoiling::Repeat(at, length, times) => {
                    let at = spot(at);
                    let end = text.len().min(at + length);
                    let part = text[at..end].repeat(times);
                    text.splice(end..end, part);
                }
            }
        }
        text
    })
}

/// Words and signs of the language, and some that are not.
fn order() -> impl Strategy<Value = String> {
    const WORDS: [&str; 18] = [
        "shop_id",
        "shop_name",
        "creat_time",
        "pic_url",
        "ASC",
        "desc",
        "AND",
        "Or",
        ",",
        "(",
        ")",
        " ",
        "\t",
        ";",
        "'",
        "shop_id ASC",
        "--",
        "\u{a0}",
    ];
    prop::collection::vec(select(&WORDS[..]), 0..12).prop_map(|words| words.join(" "))
}

fn config() -> ProptestConfig {
    let cases = std::env::var("SUANPAN_PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(2_000), failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn seeds_are_whole() {
    for seed in SEEDS {
        assert_eq!(laws::of_request(seed.as_bytes()), Ok(()), "{seed}");
        assert!(laws::is_whole(seed.as_bytes()), "{seed}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_spoiled_request_is_a_call_within_its_rules_or_refused(text in mutant()) {
        prop_assert_eq!(laws::of_request(&text), Ok(()));
    }

    #[test]
    fn an_order_that_is_read_has_a_meaning(text in order()) {
        prop_assert_eq!(laws::of_order(&text), Ok(()));
    }
}

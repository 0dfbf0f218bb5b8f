//! The order language: what it means, what it refuses, and that nothing else gets through.

use projections::{Direction, Order};
use proptest::prelude::*;

use super::{BLANKS, BYTES_MAX, DEPTH_MAX, OrderError, read};

const FIELDS: [(&str, u8); 4] = [("shop_id", 0), ("shop_name", 1), ("creat_time", 2), ("pic_url", 3)];

fn keys(text: &str) -> Result<Vec<(u8, bool)>, OrderError> {
    let order = read(text, &FIELDS)?;
    Ok(order.keys().iter().map(|key| (key.field, key.direction == Direction::Ascending)).collect())
}

/// The plainest text of an order.
fn print(order: &Order<u8>) -> String {
    let key = |(field, is_ascending): (u8, bool)| {
        format!("{} {}", FIELDS[usize::from(field)].0, if is_ascending { "ASC" } else { "DESC" })
    };
    let keys = order.keys().iter().map(|key| (key.field, key.direction == Direction::Ascending));
    keys.map(key).collect::<Vec<_>>().join(", ")
}

#[test]
fn reads_what_is_documented() {
    assert_eq!(keys("creat_time DESC"), Ok(vec![(2, false)]));
    assert_eq!(keys("shop_id DESC"), Ok(vec![(0, false)]));
    for join in [" AND ", " OR ", ",", " , ", " and ", "\tor\n"] {
        let text = format!("shop_name ASC{join}creat_time DESC");
        assert_eq!(keys(&text), Ok(vec![(1, true), (2, false)]), "{text}");
    }
    assert_eq!(keys("(shop_id asc)AND(creat_time DESC)"), Ok(vec![(0, true), (2, false)]));
    let nested = "((shop_id ASC OR (shop_name DESC)), creat_time ASC) AND pic_url DESC";
    assert_eq!(keys(nested), Ok(vec![(0, true), (1, false), (2, true), (3, false)]));
    assert_eq!(keys(""), Ok(vec![]));
    assert_eq!(keys(" \t\r\n"), Ok(vec![]));
}

#[test]
fn refuses_everything_else() {
    use OrderError::{Direction, Field, Join, Repeated, Unclosed};
    for (text, error) in [
        ("shop_id", Direction),
        ("shop_id DESCENDING", Direction),
        ("shop_id,", Direction),
        ("shop_id ASCcreat_time DESC", Direction),
        ("DESC", Field),
        ("SHOP_ID ASC", Field),
        ("shop_id2 ASC", Field),
        ("shops.shop_id ASC", Field),
        ("1 ASC", Field),
        ("()", Field),
        ("(", Field),
        (")", Field),
        ("shop_id ASC AND", Field),
        ("shop_id ASC,,creat_time ASC", Field),
        ("shop_id ASC AND AND creat_time ASC", Field),
        (", shop_id ASC", Field),
        ("shop_id ASC creat_time DESC", Join),
        ("shop_id ASC; DROP", Join),
        ("shop_id ASC -- x", Join),
        ("shop_id ASC)", Join),
        ("shop_id ASC(creat_time DESC)", Join),
        ("(shop_id ASC", Unclosed),
        ("shop_id ASC, shop_id DESC", Repeated),
        ("shop_id ASC\0", Join),
        ("shop_id\u{a0}ASC", Direction),
        ("ｓhop_id ASC", Field),
        ("商品 ASC", Field),
    ] {
        assert_eq!(keys(text), Err(error), "{text:?}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    let deep = |depth: u32| {
        let depth = usize::try_from(depth).unwrap();
        format!("{}shop_id ASC{}", "(".repeat(depth), ")".repeat(depth))
    };
    assert_eq!(keys(&deep(DEPTH_MAX)), Ok(vec![(0, true)]));
    assert_eq!(keys(&deep(DEPTH_MAX + 1)), Err(OrderError::TooDeep));
    let long = |bytes: usize| format!("shop_id ASC{}", " ".repeat(bytes - "shop_id ASC".len()));
    assert_eq!(keys(&long(BYTES_MAX)), Ok(vec![(0, true)]));
    assert_eq!(keys(&long(BYTES_MAX + 1)), Err(OrderError::TooLong));
    assert_eq!(keys(&"(".repeat(1 << 20)), Err(OrderError::TooLong));
    let longest: usize = FIELDS.iter().map(|(name, _)| name.len() + " DESC AND ".len()).sum();
    assert!(2 * longest < BYTES_MAX);
}

/// An order with its keys in any sequence.
fn orders() -> impl Strategy<Value = Order<u8>> {
    let fields = Just((0..4_u8).collect::<Vec<_>>()).prop_shuffle();
    (fields, 1..=4_usize, any::<[bool; 4]>()).prop_map(|(fields, count, ascending)| {
        let mut order = Order::default();
        for (field, is_ascending) in fields.into_iter().zip(ascending).take(count) {
            let direction = if is_ascending { Direction::Ascending } else { Direction::Descending };
            assert!(order.then_by(field, direction));
        }
        order
    })
}

/// Texts made of the language's own pieces, legal or not.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "shop_id",
        "shop_name",
        "creat_time",
        "pic_url",
        "ASC",
        "DESC",
        "asc",
        "AND",
        "or",
        ",",
        "(",
        ")",
        " ",
        "x",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

/// What the keys of a text are for whoever only looks for them: the fields in it, each with the word behind.
fn plainly(text: &str) -> Vec<(u8, bool)> {
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    let pairs = words.windows(2).filter_map(|pair| {
        let field = FIELDS.iter().find(|(name, _)| *name == pair[0])?.1;
        Some((field, pair[1].eq_ignore_ascii_case("asc")))
    });
    pairs.collect()
}

/// Holds of every text: it means the keys that stand in it, with its parentheses paired, or it is refused.
fn holds(text: &str) -> Result<(), TestCaseError> {
    let Ok(order) = read(text, &FIELDS) else { return Ok(()) };
    prop_assert_eq!(keys(text).unwrap(), plainly(text));
    prop_assert_eq!(read(&print(&order), &FIELDS), Ok(order.clone()));
    prop_assert_eq!(text.matches('(').count(), text.matches(')').count());
    let is_known = |c: char| BLANKS.contains(&c) || "(),_".contains(c) || c.is_ascii_alphanumeric();
    prop_assert!(text.chars().all(is_known));
    prop_assert!(order.keys().len() <= FIELDS.len());
    prop_assert!(order.keys().is_empty() == text.chars().all(|c| BLANKS.contains(&c)));
    Ok(())
}

proptest! {
    #[test]
    fn prints_back_to_the_same(order in orders()) {
        prop_assert_eq!(read(&print(&order), &FIELDS), Ok(order));
    }

    #[test]
    fn any_way_to_write_it_means_the_same(
        order in orders(),
        joins in prop::collection::vec(prop::sample::select(vec![" AND ", " or ", ",", "\n,\t"]), 3),
        wrapped in prop::collection::vec(0..4_usize, 4),
    ) {
        let plain = print(&order);
        let keys = plain.split(", ").zip(wrapped);
        let keys: Vec<String> =
            keys.map(|(key, depth)| format!("{}{key}{}", "(".repeat(depth), ")".repeat(depth))).collect();
        let mut text = String::new();
        for (index, key) in keys.iter().enumerate() {
            if index > 0 {
                text.push_str(joins[index - 1]);
            }
            text.push_str(key);
        }
        prop_assert_eq!(read(&text, &FIELDS), Ok(order.clone()));
        prop_assert_eq!(read(&format!("({text})"), &FIELDS), Ok(order));
    }

    #[test]
    fn any_text_is_refused_or_means_its_keys(text in "\\PC*") {
        holds(&text)?;
    }

    #[test]
    fn any_heap_of_pieces_is_refused_or_means_its_keys(text in pieces()) {
        holds(&text)?;
    }

    #[test]
    fn one_wrong_character_is_never_let_through(
        order in orders(),
        at in any::<prop::sample::Index>(),
        wrong in any::<char>(),
    ) {
        let mut text = print(&order);
        text.insert(at.index(text.len() + 1), wrong);
        holds(&text)?;
    }
}

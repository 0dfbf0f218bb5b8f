//! A cart: what it decides, what it refuses, and the bytes it is stored as.

use cqrs_es::Aggregate;
use kernel::Decide;
use proptest::prelude::*;

use super::{Cart, CartCommand, CartError, CartEvent, CartLine, LINES_MAX, PIECES_MAX, RemovalReason};
use crate::testing::{check, check_refusals, check_stored, fold, id};

fn add(line: u64, product: u64, num: u32) -> CartCommand {
    CartCommand::Add { line: id(line), product: id(product), num }
}

fn added(line: u64, product: u64, num: u32) -> CartEvent {
    CartEvent::CartLineAdded { line: id(line), product: id(product), num }
}

fn increased(line: u64, product: u64, num: u32) -> CartEvent {
    CartEvent::CartLineIncreased { line: id(line), product: id(product), num }
}

fn removed(line: u64, product: u64, reason: RemovalReason) -> CartEvent {
    CartEvent::CartLineRemoved { line: id(line), product: id(product), reason }
}

fn settled() -> RemovalReason {
    RemovalReason::Settled { purchase: id(9) }
}

fn full() -> Vec<CartEvent> {
    (1..=LINES_MAX as u64).map(|number| added(number, number, 1)).collect()
}

#[test]
fn adds_lines_and_pieces() {
    check::<Cart>(vec![], add(51, 4, 1), vec![added(51, 4, 1)]);
    check::<Cart>(vec![added(51, 4, 1)], add(52, 5, 2), vec![added(52, 5, 2)]);
    check::<Cart>(vec![added(51, 4, 1)], add(52, 4, 2), vec![increased(51, 4, 3)]);
    check::<Cart>(vec![], add(51, 4, PIECES_MAX), vec![added(51, 4, PIECES_MAX)]);
    check::<Cart>(full(), add(999, 7, 1), vec![increased(7, 7, 2)]);
}

#[test]
fn lines_leave_bought_or_unbought() {
    let two = || vec![added(51, 4, 1), added(52, 5, 2)];
    let settle = CartCommand::Settle { line: id(51), purchase: id(9) };
    check::<Cart>(two(), settle, vec![removed(51, 4, settled())]);
    let remove = CartCommand::Remove { line: id(52) };
    check::<Cart>(two(), remove, vec![removed(52, 5, RemovalReason::Removed)]);
    let after = [two(), vec![removed(51, 4, settled())]].concat();
    check::<Cart>(after, add(53, 4, 1), vec![added(53, 4, 1)]);
}

#[test]
fn lines_stand_in_the_order_of_adding() {
    let events = vec![added(53, 6, 1), added(51, 4, 1), added(52, 5, 1), increased(53, 6, 4)];
    let line = |line, product, num| CartLine { line: id(line), product: id(product), num };
    assert_eq!(fold::<Cart>(events).lines, [line(53, 6, 4), line(51, 4, 1), line(52, 5, 1)]);
}

#[test]
fn refuses() {
    let unknown = |line| CartError::LineUnknown { line: id(line) };
    let settle = CartCommand::Settle { line: id(51), purchase: id(9) };
    let remove = CartCommand::Remove { line: id(51) };
    check_refusals::<Cart>(
        include_str!("error.rs"),
        vec![
            (full(), add(999, 999, 0), CartError::InvalidNumber),
            (full(), add(999, 999, 1), CartError::CartFull),
            (vec![], add(51, 4, PIECES_MAX + 1), CartError::CartFull),
            (vec![added(51, 4, PIECES_MAX)], add(52, 4, 1), CartError::CartFull),
            (vec![added(51, 4, 1)], add(52, 4, u32::MAX), CartError::CartFull),
            (vec![], settle, unknown(51)),
            (vec![], remove, unknown(51)),
            (vec![added(51, 4, 1), removed(51, 4, settled())], settle, unknown(51)),
        ],
    );
    assert_eq!(unknown(51).to_string(), "no line 51 in the cart");
}

#[test]
fn stored_bytes_keep_their_meaning() {
    check_stored(vec![
        ("1.0", r#"{"CartLineAdded":{"line":51,"product":4,"num":1}}"#, added(51, 4, 1)),
        ("1.0", r#"{"CartLineIncreased":{"line":51,"product":4,"num":3}}"#, increased(51, 4, 3)),
        (
            "1.0",
            r#"{"CartLineRemoved":{"line":51,"product":4,"reason":{"settled":{"purchase":9}}}}"#,
            removed(51, 4, settled()),
        ),
        (
            "1.0",
            r#"{"CartLineRemoved":{"line":52,"product":5,"reason":"removed"}}"#,
            removed(52, 5, RemovalReason::Removed),
        ),
    ]);
}

proptest! {
    #[test]
    fn holds_what_was_added_less_what_left(
        steps in prop::collection::vec((0_u64..6, 0_u32..6_000, any::<bool>()), 0..60),
    ) {
        let mut cart = Cart::default();
        let mut model: Vec<(u64, u32)> = vec![];
        for (number, (product, num, adds)) in (1_u64..).zip(steps) {
            let held = model.iter().position(|(held, _)| *held == product);
            let line = held.map_or(id(number), |at| cart.lines[at].line);
            let command = if adds { add(number, product, num) } else { CartCommand::Remove { line } };
            let pieces = held.map_or(0, |at| model[at].1) + num;
            let fits = if adds { num > 0 && pieces <= PIECES_MAX } else { held.is_some() };
            let decided = cart.decide(command);
            prop_assert_eq!(decided.is_ok(), fits);
            decided.unwrap_or_default().into_iter().for_each(|event| cart.apply(event));
            match (fits, adds, held) {
                (false, _, _) => {}
                (true, true, Some(at)) => model[at].1 = pieces,
                (true, true, None) => model.push((product, num)),
                (true, false, _) => model.retain(|(held, _)| *held != product),
            }
            let lines: Vec<_> = cart.lines.iter().map(|line| (line.product.get(), line.num)).collect();
            prop_assert_eq!(&lines, &model);
        }
    }
}

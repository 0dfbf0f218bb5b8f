//! Tests of which projections write together.

use super::{Step, together};
use crate::changes::Write;
use crate::checkpoint::Checkpoint;
use crate::ledger::EntryRow;
use crate::table::Table;

/// Steps with so many rows each, in statements of two at the most.
fn steps(rows: &[usize]) -> Vec<Step> {
    let write = |count| Write { sql: EntryRow::SCHEMA.put, count, columns: Vec::new() };
    let step = |rows: &usize| Step {
        lane: 0,
        to: Checkpoint::START,
        stopped: None,
        writes: (0..*rows).step_by(2).map(|from| write((rows - from).min(2))).collect(),
    };
    rows.iter().map(step).collect()
}

#[test]
fn as_many_as_their_rows_allow() {
    assert_eq!(together(&steps(&[3, 0, 4, 3, 0]), 10), 5, "all of them");
    assert_eq!(together(&steps(&[3, 0, 4, 4, 0]), 10), 3, "not one row too many");
    assert_eq!(together(&steps(&[0, 11]), 10), 1);
}

#[test]
fn one_at_the_least() {
    assert_eq!(together(&steps(&[11, 0]), 10), 1);
    assert_eq!(together(&steps(&[1, 1]), 0), 1);
}

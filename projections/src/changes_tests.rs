//! Tests of how changes of one row add up: however events are cut into batches, the rows come out the same.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Change, Rows};
use crate::statements::{PostgresRows, SIZES};
use crate::table::{Column, Table, table};

table! {
    /// A row to test with.
    TestRow, TestPatch, "test_rows";
    key { a: int, b: text }
    c: int, d: text, e: maybe_int, f: maybe_text;
}

table! {
    /// A row that is only added.
    AddedRow, AddedPatch, "added_rows" append;
    key { a: int }
    b: text;
}

type Key = (i64, String);
type Held = BTreeMap<Key, TestRow>;

#[derive(Clone, Debug)]
enum Step {
    Put(TestRow),
    Patch(Key, Option<i64>, Option<String>, Option<i64>, Option<String>),
    Delete(Key),
}

fn key() -> impl Strategy<Value = Key> {
    (0..2_i64, "[xy]")
}

fn step() -> impl Strategy<Value = Step> {
    let value = || (0..9_i64, "[p-r]", proptest::option::of(0..9_i64), proptest::option::of("[p-r]"));
    let patch = (
        key(),
        proptest::option::of(0..9_i64),
        proptest::option::of("[p-r]"),
        proptest::option::of(0..9_i64),
        proptest::option::of("[p-r]"),
    );
    prop_oneof![
        (key(), value()).prop_map(|((a, b), (c, d, e, f))| Step::Put(TestRow { a, b, c, d, e, f })),
        patch.prop_map(|(key, c, d, e, f)| Step::Patch(key, c, d, e, f)),
        key().prop_map(Step::Delete),
    ]
}

fn fold(rows: &mut Rows<TestRow>, step: &Step) {
    match step.clone() {
        Step::Put(row) => rows.put(row),
        Step::Patch(key, c, d, e, f) => rows.patch(key, |patch| {
            patch.c = c;
            patch.d = d;
            patch.e = e;
            patch.f = f;
        }),
        Step::Delete(key) => rows.delete(key),
    }
}

/// What the three statements do in a database.
fn write(held: &mut Held, rows: Rows<TestRow>) {
    for (key, change) in rows.changes {
        match change {
            Change::Put(row) => {
                held.insert(key, row);
            }
            Change::Patch(patch) => {
                if let Some(row) = held.get_mut(&key) {
                    row.change(patch);
                }
            }
            Change::Delete => {
                held.remove(&key);
            }
        }
    }
}

/// The same steps without any batches.
fn model(steps: &[Step]) -> Held {
    let mut held = Held::new();
    for step in steps.iter().cloned() {
        match step {
            Step::Put(row) => {
                held.insert(row.key(), row);
            }
            Step::Patch(key, c, d, e, f) => {
                if let Some(row) = held.get_mut(&key) {
                    row.c = c.unwrap_or(row.c);
                    row.d = d.unwrap_or_else(|| row.d.clone());
                    row.e = e.or(row.e);
                    row.f = f.or_else(|| row.f.clone());
                }
            }
            Step::Delete(key) => {
                held.remove(&key);
            }
        }
    }
    held
}

proptest! {
    #[test]
    fn batches_do_not_matter(steps in proptest::collection::vec(step(), 0..40), size in 1..40_usize) {
        let mut held = Held::new();
        for batch in steps.chunks(size) {
            let mut rows = Rows::default();
            batch.iter().for_each(|step| fold(&mut rows, step));
            write(&mut held, rows);
        }
        prop_assert_eq!(held, model(&steps));
    }

    #[test]
    fn batches_that_gather_do_not_matter(
        steps in proptest::collection::vec(step(), 0..40), size in 1..10_usize, batches in 1..6_usize,
    ) {
        let mut held = Held::new();
        for gathering in steps.chunks(size * batches) {
            let mut gathered = Rows::default();
            for batch in gathering.chunks(size) {
                let mut rows = Rows::default();
                batch.iter().for_each(|step| fold(&mut rows, step));
                gathered.absorb(rows);
            }
            write(&mut held, gathered);
        }
        prop_assert_eq!(held, model(&steps));
    }
}

#[test]
fn a_change_names_its_key_and_nothing_that_stays() {
    let mut rows = Rows::<TestRow>::default();
    rows.patch((7, "x".to_owned()), |patch| patch.c = Some(1));
    rows.delete((8, "y".to_owned()));
    let mut writes = Vec::new();
    rows.writes(&mut writes);
    let columns: Vec<_> = writes.into_iter().map(|write| (write.count, write.columns)).collect();
    let text = |text: &str| Column::from(vec![text.to_owned()]);
    let nothing = || Column::from(vec![None::<String>]);
    let patched = vec![
        Column::from(vec![7]),
        text("x"),
        Column::from(vec![Some(1)]),
        nothing(),
        Column::from(vec![None::<i64>]),
        nothing(),
    ];
    assert_eq!(columns, [(1, patched), (1, vec![Column::from(vec![8]), text("y")])]);
}

#[test]
fn statements_are_made_for_the_rows_they_take() {
    let schema = TestRow::SCHEMA;
    let [most, some, one] = schema.put.sqlite;
    let insert = "INSERT OR FAIL INTO test_rows (a, b, c, d, e, f) VALUES (?, ?, ?, ?, ?, ?)";
    let conflict =
        " ON CONFLICT (a, b) DO UPDATE SET c = excluded.c, d = excluded.d, e = excluded.e, f = excluded.f";
    assert_eq!(one, format!("{insert}{conflict}"));
    for (text, rows) in [(most, SIZES[0]), (some, SIZES[1])] {
        assert_eq!(text, format!("{insert}{}{conflict}", ",(?, ?, ?, ?, ?, ?)".repeat(rows - 1)));
    }
    let PostgresRows::Bound(put) = schema.put.postgres else { panic!("its rows change") };
    assert_eq!(
        put,
        format!(
            "INSERT INTO test_rows (a, b, c, d, e, f) SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bigint[], \
             $4::text[], $5::bigint[], $6::text[]){conflict}"
        )
    );
    assert_eq!(schema.delete.sqlite[2], "DELETE FROM test_rows WHERE (a, b) IN (VALUES (?, ?))");
    assert_eq!(
        schema.delete.postgres,
        PostgresRows::Bound(
            "DELETE FROM test_rows USING UNNEST($1::bigint[], $2::text[]) AS p (a, b) \
             WHERE test_rows.a = p.a AND test_rows.b = p.b"
        )
    );
    let added = AddedRow::SCHEMA;
    assert_eq!(added.put.sqlite[2], "INSERT OR FAIL INTO added_rows (a, b) VALUES (?, ?)");
    assert_eq!(added.put.postgres, PostgresRows::Copied("COPY added_rows (a, b) FROM STDIN (FORMAT binary)"));
}

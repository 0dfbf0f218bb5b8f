//! What events that are written together change: at most one change a row, so that the order of statements cannot matter.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use crate::statements::RowsSql;
use crate::table::{Column, Schema, Table};

/// A statement and the rows it is for.
#[derive(Clone, Debug)]
pub struct Write {
    pub(crate) sql: RowsSql,
    /// How many rows.
    pub(crate) count: usize,
    /// Their values, column by column.
    pub(crate) columns: Vec<Column>,
}

/// Everything that events change in the tables of one projection.
pub trait Changes: Default + Send + Sync {
    /// The tables.
    const TABLES: &'static [&'static Schema];

    /// Adds what later events change.
    fn absorb(&mut self, later: Self);

    /// The statements that make the changes.
    fn writes(self) -> Vec<Write>;
}

/// What becomes of one row.
enum Change<T: Table> {
    /// It is this, whatever it was.
    Put(T),
    /// These columns change, if the row is there.
    Patch(T::Patch),
    /// It goes.
    Delete,
}

/// What becomes of the rows of one table.
pub(crate) struct Rows<T: Table> {
    // In the order of the key: neighbours are written together.
    changes: BTreeMap<T::Key, Change<T>>,
}

impl<T: Table> Default for Rows<T> {
    fn default() -> Self {
        Self { changes: BTreeMap::new() }
    }
}

impl<T: Table> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} changes of {}", self.changes.len(), T::SCHEMA.name)
    }
}

impl<T: Table> Rows<T> {
    /// The row is `row` from now on, whether it was there or not.
    pub(crate) fn put(&mut self, row: T) {
        self.changes.insert(row.key(), Change::Put(row));
    }

    /// Changes columns of the row, if it is there.
    pub(crate) fn patch(&mut self, key: T::Key, describe: impl FnOnce(&mut T::Patch)) {
        let mut patch = T::patch(key.clone());
        describe(&mut patch);
        self.add_patch(key, patch);
    }

    fn add_patch(&mut self, key: T::Key, patch: T::Patch) {
        match self.changes.entry(key) {
            Entry::Vacant(none) => {
                none.insert(Change::Patch(patch));
            }
            Entry::Occupied(mut earlier) => match earlier.get_mut() {
                Change::Put(row) => row.change(patch),
                Change::Patch(first) => T::merge(first, patch),
                Change::Delete => {}
            },
        }
    }

    /// The row goes.
    pub(crate) fn delete(&mut self, key: T::Key) {
        self.changes.insert(key, Change::Delete);
    }

    /// Adds what later events change.
    pub(crate) fn absorb(&mut self, later: Self) {
        if self.changes.is_empty() {
            *self = later;
            return;
        }
        for (key, change) in later.changes {
            match change {
                Change::Put(_) | Change::Delete => {
                    self.changes.insert(key, change);
                }
                Change::Patch(patch) => self.add_patch(key, patch),
            }
        }
    }

    /// Adds the statements that make the changes.
    pub(crate) fn writes(self, writes: &mut Vec<Write>) {
        let (mut puts, mut patches, mut deletes) = (Vec::new(), Vec::new(), Vec::new());
        for (key, change) in self.changes {
            match change {
                Change::Put(row) => puts.push(row),
                Change::Patch(patch) => patches.push(patch),
                Change::Delete => deletes.push(key),
            }
        }
        push(writes, T::SCHEMA.put, puts, T::columns);
        push(writes, T::SCHEMA.patch, patches, T::patch_columns);
        push(writes, T::SCHEMA.delete, deletes, T::key_columns);
    }
}

fn push<R>(writes: &mut Vec<Write>, sql: RowsSql, rows: Vec<R>, columns: impl FnOnce(Vec<R>) -> Vec<Column>) {
    if !rows.is_empty() {
        writes.push(Write { sql, count: rows.len(), columns: columns(rows) });
    }
}

/// Declares the changes of a projection, a field for each of its tables.
macro_rules! changes {
    ($(#[$doc:meta])* $name:ident { $($table:ident: $row:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub struct $name {
            $($table: $crate::changes::Rows<$row>,)+
        }

        impl $crate::changes::Changes for $name {
            const TABLES: &'static [&'static $crate::table::Schema] =
                &[$(<$row as $crate::table::Table>::SCHEMA),+];

            fn absorb(&mut self, later: Self) {
                $(self.$table.absorb(later.$table);)+
            }

            fn writes(self) -> Vec<$crate::changes::Write> {
                let mut writes = Vec::new();
                $(self.$table.writes(&mut writes);)+
                writes
            }
        }
    };
}

pub(crate) use changes;

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;

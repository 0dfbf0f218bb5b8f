//! Tables of the views: from one declaration come the row, the partial row and every statement on the table.

use crate::statements::{RowsSql, Sql};

/// A table and its statements.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Its name.
    pub name: &'static str,
    /// The columns that tell rows apart.
    pub key: &'static [&'static str],
    /// All columns, the key first.
    pub columns: &'static [&'static str],
    pub(crate) create: Sql,
    pub(crate) indexes: &'static [&'static str],
    pub(crate) drop: Sql,
    pub(crate) put: RowsSql,
    pub(crate) patch: RowsSql,
    pub(crate) delete: RowsSql,
    /// All rows in the order of their keys, each as a JSON array of its columns.
    pub(crate) list: Sql,
    /// SQLite: takes over the rows of the attached database `rebuild`.
    pub(crate) copy: &'static str,
    /// PostgreSQL: puts the table of the schema `views_rebuild` in the place of the live one.
    pub(crate) replace: [&'static str; 2],
}

/// The values of one column, one for each row of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// Numbers.
    Int(Vec<i64>),
    /// Texts.
    Text(Vec<String>),
    /// Numbers, or nothing.
    MaybeInt(Vec<Option<i64>>),
    /// Texts, or nothing.
    MaybeText(Vec<Option<String>>),
}

impl From<Vec<i64>> for Column {
    fn from(values: Vec<i64>) -> Self {
        Self::Int(values)
    }
}

impl From<Vec<String>> for Column {
    fn from(values: Vec<String>) -> Self {
        Self::Text(values)
    }
}

impl From<Vec<Option<i64>>> for Column {
    fn from(values: Vec<Option<i64>>) -> Self {
        Self::MaybeInt(values)
    }
}

impl From<Vec<Option<String>>> for Column {
    fn from(values: Vec<Option<String>>) -> Self {
        Self::MaybeText(values)
    }
}

/// A row of a table, whole or in part.
pub(crate) trait Table: Send + Sync + Sized + 'static {
    /// What tells rows apart.
    type Key: Ord + Clone + Send + Sync;
    /// A row's key and the columns that change.
    type Patch: Send + Sync;
    /// The table.
    const SCHEMA: &'static Schema;

    /// This row's key.
    fn key(&self) -> Self::Key;
    /// A change of nothing yet.
    fn patch(key: Self::Key) -> Self::Patch;
    /// Changes the columns that `patch` names.
    fn change(&mut self, patch: Self::Patch);
    /// Adds a later change to an earlier one.
    fn merge(patch: &mut Self::Patch, later: Self::Patch);

    /// Whole rows, column by column as in [`Schema::columns`].
    fn columns(rows: Vec<Self>) -> Vec<Column>;
    /// Partial rows, column by column as in [`Schema::columns`]; what stays is nothing.
    fn patch_columns(patches: Vec<Self::Patch>) -> Vec<Column>;
    /// Keys, column by column as in [`Schema::key`].
    fn key_columns(keys: Vec<Self::Key>) -> Vec<Column>;
}

/// The Rust type of a column.
macro_rules! column_type {
    (int) => { i64 };
    (text) => { String };
    (maybe_int) => { Option<i64> };
    (maybe_text) => { Option<String> };
}

/// The Rust type of a column's new value.
macro_rules! value_type {
    (int) => {
        i64
    };
    (text) => {
        String
    };
    (maybe_int) => {
        i64
    };
    (maybe_text) => {
        String
    };
}

/// A column's new value as the column holds it.
macro_rules! column_value {
    (int, $value:expr) => {
        $value
    };
    (text, $value:expr) => {
        $value
    };
    (maybe_int, $value:expr) => {
        Some($value)
    };
    (maybe_text, $value:expr) => {
        Some($value)
    };
}

/// Turns rows into columns. Each column goes over the rows once: what it takes from them is moved, not copied.
macro_rules! transpose {
    ($rows:ident, $($column:ident),+) => {{
        let mut rows = $rows;
        vec![
            $($crate::table::Column::from(
                rows.iter_mut().map(|row| std::mem::take(&mut row.$column)).collect::<Vec<_>>()
            )),+
        ]
    }};
}

/// Declares a table: `table! { Row, Patch, "name" [hot|append]; key { a: int, b: text } c: int, d: maybe_text; "CREATE INDEX ..." }`.
/// The rows of a `hot` table change all the time. Into one to `append` to, each key is put once only.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $row:ident, $patch:ident, $name:literal $($storage:ident)?;
        key { $k0:ident: $kt0:ident $(, $k:ident: $kt:ident)* }
        $c0:ident: $t0:ident $(, $c:ident: $t:ident)*;
        $($index:literal)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $row {
            pub(crate) $k0: $crate::table::column_type!($kt0),
            $(pub(crate) $k: $crate::table::column_type!($kt),)*
            pub(crate) $c0: $crate::table::column_type!($t0),
            $(pub(crate) $c: $crate::table::column_type!($t),)*
        }

        /// The columns of a row that change; what is `None` stays.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $patch {
            pub(crate) $k0: $crate::table::column_type!($kt0),
            $(pub(crate) $k: $crate::table::column_type!($kt),)*
            pub(crate) $c0: Option<$crate::table::value_type!($t0)>,
            $(pub(crate) $c: Option<$crate::table::value_type!($t)>,)*
        }

        impl $crate::table::Table for $row {
            type Key = ($crate::table::column_type!($kt0), $($crate::table::column_type!($kt),)*);
            type Patch = $patch;
            const SCHEMA: &'static $crate::table::Schema = &$crate::table::Schema {
                name: $name,
                key: &[stringify!($k0), $(stringify!($k),)*],
                columns: &[
                    stringify!($k0), $(stringify!($k),)* stringify!($c0), $(stringify!($c),)*
                ],
                create: $crate::statements::create!(
                    $name, ($($storage)?), ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)
                ),
                indexes: &[$($index),*],
                drop: $crate::statements::Sql {
                    sqlite: concat!("DROP TABLE IF EXISTS main.", $name),
                    postgres: concat!("DROP TABLE IF EXISTS ", $name),
                },
                put: $crate::statements::put!(
                    $name, ($($storage)?), ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)
                ),
                patch: $crate::statements::patch!(
                    $name, ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)
                ),
                delete: $crate::statements::delete!($name, ($k0: $kt0 $(, $k: $kt)*)),
                list: $crate::statements::list!($name, ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)),
                copy: concat!("INSERT INTO main.", $name, " SELECT * FROM rebuild.", $name),
                replace: [
                    concat!("DROP TABLE IF EXISTS views.", $name),
                    concat!("ALTER TABLE views_rebuild.", $name, " SET SCHEMA views"),
                ],
            };

            fn key(&self) -> Self::Key {
                (self.$k0.clone(), $(self.$k.clone(),)*)
            }

            fn patch(($k0, $($k,)*): Self::Key) -> $patch {
                $patch { $k0, $($k,)* $c0: None, $($c: None,)* }
            }

            fn change(&mut self, patch: $patch) {
                if let Some(value) = patch.$c0 {
                    self.$c0 = $crate::table::column_value!($t0, value);
                }
                $(if let Some(value) = patch.$c {
                    self.$c = $crate::table::column_value!($t, value);
                })*
            }

            fn merge(patch: &mut $patch, later: $patch) {
                if later.$c0.is_some() {
                    patch.$c0 = later.$c0;
                }
                $(if later.$c.is_some() {
                    patch.$c = later.$c;
                })*
            }

            fn columns(rows: Vec<Self>) -> Vec<$crate::table::Column> {
                $crate::table::transpose!(rows, $k0 $(, $k)*, $c0 $(, $c)*)
            }

            fn patch_columns(patches: Vec<$patch>) -> Vec<$crate::table::Column> {
                $crate::table::transpose!(patches, $k0 $(, $k)*, $c0 $(, $c)*)
            }

            fn key_columns(keys: Vec<Self::Key>) -> Vec<$crate::table::Column> {
                let patches: Vec<_> = keys.into_iter().map(<Self as $crate::table::Table>::patch).collect();
                $crate::table::transpose!(patches, $k0 $(, $k)*)
            }
        }
    };
}

pub(crate) use {column_type, column_value, table, transpose, value_type};

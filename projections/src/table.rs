//! Tables of the views: from one declaration come the row, the partial row and every statement on the table, as static text.
//!
//! Rows travel as one JSON array, so a batch costs one statement a table however many rows it has.

use serde::Serialize;

/// A statement in both dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sql {
    /// As SQLite reads it.
    pub(crate) sqlite: &'static str,
    /// As PostgreSQL reads it.
    pub(crate) postgres: &'static str,
}

impl Sql {
    /// A statement that both read alike.
    pub(crate) const fn same(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

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
    pub(crate) upsert: Sql,
    pub(crate) update: Sql,
    pub(crate) delete: Sql,
    /// All rows in the order of their keys, each as a JSON array of its columns.
    pub(crate) list: Sql,
    /// SQLite: takes over the rows of the attached database `rebuild`.
    pub(crate) copy: &'static str,
    /// PostgreSQL: puts the table of the schema `views_rebuild` in the place of the live one.
    pub(crate) replace: [&'static str; 2],
}

/// A row of a table, whole or in part.
pub(crate) trait Table: Serialize + Send + Sized + 'static {
    /// What tells rows apart.
    type Key: Ord + Clone + Send;
    /// A row's key and the columns that change.
    type Patch: Serialize + Send;
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

/// The type of a column in a table.
macro_rules! sql_type {
    (sqlite int) => {
        " INTEGER NOT NULL"
    };
    (sqlite text) => {
        " TEXT NOT NULL"
    };
    (sqlite maybe_int) => {
        " INTEGER"
    };
    (sqlite maybe_text) => {
        " TEXT"
    };
    (postgres int) => {
        " bigint NOT NULL"
    };
    (postgres text) => {
        " text NOT NULL"
    };
    (postgres maybe_int) => {
        " bigint"
    };
    (postgres maybe_text) => {
        " text"
    };
    (json int) => {
        " bigint"
    };
    (json text) => {
        " text"
    };
    (json maybe_int) => {
        " bigint"
    };
    (json maybe_text) => {
        " text"
    };
}

/// SQLite keeps a row under a single integer key by that number; other keys make the table its own index.
macro_rules! sqlite_storage {
    (int) => {
        "STRICT"
    };
    ($($kind:ident)+) => {
        "STRICT, WITHOUT ROWID"
    };
}

/// PostgreSQL leaves room in the pages of rows that change all the time, so that they change in place.
macro_rules! postgres_storage {
    () => {
        ""
    };
    (hot) => {
        " WITH (fillfactor = 50)"
    };
}

/// Declares a table: `table! { Row, Patch, "name" [hot]; key { a: int, b: text } c: int, d: maybe_text; "CREATE INDEX ..." }`.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $row:ident, $patch:ident, $name:literal $($storage:ident)?;
        key { $k0:ident: $kt0:ident $(, $k:ident: $kt:ident)* }
        $c0:ident: $t0:ident $(, $c:ident: $t:ident)*;
        $($index:literal)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        pub(crate) struct $row {
            pub(crate) $k0: $crate::table::column_type!($kt0),
            $(pub(crate) $k: $crate::table::column_type!($kt),)*
            pub(crate) $c0: $crate::table::column_type!($t0),
            $(pub(crate) $c: $crate::table::column_type!($t),)*
        }

        /// The columns of a row that change; what is `None` stays.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        pub(crate) struct $patch {
            pub(crate) $k0: $crate::table::column_type!($kt0),
            $(pub(crate) $k: $crate::table::column_type!($kt),)*
            #[serde(skip_serializing_if = "Option::is_none")]
            pub(crate) $c0: Option<$crate::table::value_type!($t0)>,
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(crate) $c: Option<$crate::table::value_type!($t)>,
            )*
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
                create: $crate::table::create!(
                    $name, ($($storage)?), ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)
                ),
                indexes: &[$($index),*],
                drop: $crate::table::Sql {
                    sqlite: concat!("DROP TABLE IF EXISTS main.", $name),
                    postgres: concat!("DROP TABLE IF EXISTS ", $name),
                },
                upsert: $crate::table::upsert!($name, ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)),
                update: $crate::table::update!($name, ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)),
                delete: $crate::table::delete!($name, ($k0: $kt0 $(, $k: $kt)*)),
                list: $crate::table::list!($name, ($k0: $kt0 $(, $k: $kt)*), ($c0: $t0 $(, $c: $t)*)),
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
        }
    };
}

/// `CREATE TABLE`, in the database's own file or schema.
macro_rules! create {
    ($name:literal, ($($storage:ident)?), ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($($c:ident: $t:ident),+)) => {
        $crate::table::Sql {
            sqlite: concat!(
                "CREATE TABLE IF NOT EXISTS main.", $name, " (",
                stringify!($k0), $crate::table::sql_type!(sqlite $kt0),
                $(", ", stringify!($k), $crate::table::sql_type!(sqlite $kt),)*
                $(", ", stringify!($c), $crate::table::sql_type!(sqlite $t),)+
                ", PRIMARY KEY (", stringify!($k0), $(", ", stringify!($k),)* ")) ",
                $crate::table::sqlite_storage!($kt0 $($kt)*)
            ),
            postgres: concat!(
                "CREATE TABLE IF NOT EXISTS ", $name, " (",
                stringify!($k0), $crate::table::sql_type!(postgres $kt0),
                $(", ", stringify!($k), $crate::table::sql_type!(postgres $kt),)*
                $(", ", stringify!($c), $crate::table::sql_type!(postgres $t),)+
                ", PRIMARY KEY (", stringify!($k0), $(", ", stringify!($k),)* "))",
                $crate::table::postgres_storage!($($storage)?)
            ),
        }
    };
}

/// Inserts whole rows, each in the place of the one with its key.
macro_rules! upsert {
    ($name:literal, ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($c0:ident: $t0:ident $(, $c:ident: $t:ident)*)) => {
        $crate::table::Sql {
            sqlite: concat!(
                "INSERT INTO ", $name, " (", stringify!($k0), $(", ", stringify!($k),)*
                ", ", stringify!($c0), $(", ", stringify!($c),)*
                ") SELECT value->>'$.", stringify!($k0), "'", $(", value->>'$.", stringify!($k), "'",)*
                ", value->>'$.", stringify!($c0), "'", $(", value->>'$.", stringify!($c), "'",)*
                " FROM json_each($1) WHERE true ON CONFLICT (", stringify!($k0), $(", ", stringify!($k),)*
                ") DO UPDATE SET ", stringify!($c0), " = excluded.", stringify!($c0),
                $(", ", stringify!($c), " = excluded.", stringify!($c),)*
            ),
            postgres: concat!(
                "INSERT INTO ", $name, " (", stringify!($k0), $(", ", stringify!($k),)*
                ", ", stringify!($c0), $(", ", stringify!($c),)*
                ") SELECT ", stringify!($k0), $(", ", stringify!($k),)*
                ", ", stringify!($c0), $(", ", stringify!($c),)*
                " FROM json_to_recordset($1::json) AS r(",
                stringify!($k0), $crate::table::sql_type!(json $kt0),
                $(", ", stringify!($k), $crate::table::sql_type!(json $kt),)*
                ", ", stringify!($c0), $crate::table::sql_type!(json $t0),
                $(", ", stringify!($c), $crate::table::sql_type!(json $t),)*
                ") ON CONFLICT (", stringify!($k0), $(", ", stringify!($k),)*
                ") DO UPDATE SET ", stringify!($c0), " = excluded.", stringify!($c0),
                $(", ", stringify!($c), " = excluded.", stringify!($c),)*
            ),
        }
    };
}

/// Changes the columns that a partial row names; a row that is not there stays away.
macro_rules! update {
    ($name:literal, ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($c0:ident: $t0:ident $(, $c:ident: $t:ident)*)) => {
        $crate::table::Sql {
            sqlite: concat!(
                "UPDATE ", $name, " SET ",
                stringify!($c0), " = COALESCE(p.", stringify!($c0), ", ", $name, ".", stringify!($c0), ")",
                $(", ", stringify!($c), " = COALESCE(p.", stringify!($c), ", ", $name, ".", stringify!($c), ")",)*
                " FROM (SELECT value->>'$.", stringify!($k0), "' AS ", stringify!($k0),
                $(", value->>'$.", stringify!($k), "' AS ", stringify!($k),)*
                ", value->>'$.", stringify!($c0), "' AS ", stringify!($c0),
                $(", value->>'$.", stringify!($c), "' AS ", stringify!($c),)*
                " FROM json_each($1)) AS p WHERE ", $name, ".", stringify!($k0), " = p.", stringify!($k0),
                $(" AND ", $name, ".", stringify!($k), " = p.", stringify!($k),)*
            ),
            postgres: concat!(
                "UPDATE ", $name, " SET ",
                stringify!($c0), " = COALESCE(p.", stringify!($c0), ", ", $name, ".", stringify!($c0), ")",
                $(", ", stringify!($c), " = COALESCE(p.", stringify!($c), ", ", $name, ".", stringify!($c), ")",)*
                " FROM json_to_recordset($1::json) AS p(",
                stringify!($k0), $crate::table::sql_type!(json $kt0),
                $(", ", stringify!($k), $crate::table::sql_type!(json $kt),)*
                ", ", stringify!($c0), $crate::table::sql_type!(json $t0),
                $(", ", stringify!($c), $crate::table::sql_type!(json $t),)*
                ") WHERE ", $name, ".", stringify!($k0), " = p.", stringify!($k0),
                $(" AND ", $name, ".", stringify!($k), " = p.", stringify!($k),)*
            ),
        }
    };
}

/// Removes the rows with the given keys.
macro_rules! delete {
    ($name:literal, ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*)) => {
        $crate::table::Sql {
            sqlite: concat!(
                "DELETE FROM ", $name, " WHERE (", stringify!($k0), $(", ", stringify!($k),)*
                ") IN (SELECT value->>'$.", stringify!($k0), "'", $(", value->>'$.", stringify!($k), "'",)*
                " FROM json_each($1))"
            ),
            postgres: concat!(
                "DELETE FROM ", $name, " USING json_to_recordset($1::json) AS p(",
                stringify!($k0), $crate::table::sql_type!(json $kt0),
                $(", ", stringify!($k), $crate::table::sql_type!(json $kt),)*
                ") WHERE ", $name, ".", stringify!($k0), " = p.", stringify!($k0),
                $(" AND ", $name, ".", stringify!($k), " = p.", stringify!($k),)*
            ),
        }
    };
}

/// How PostgreSQL orders a column of a key: as SQLite does.
macro_rules! postgres_order {
    (int) => {
        ""
    };
    (text) => {
        " COLLATE \"C\""
    };
}

/// Reads all rows in the order of their keys.
macro_rules! list {
    ($name:literal, ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($c0:ident: $t0:ident $(, $c:ident: $t:ident)*)) => {
        $crate::table::Sql {
            sqlite: concat!(
                "SELECT json_array(", stringify!($k0), $(", ", stringify!($k),)*
                ", ", stringify!($c0), $(", ", stringify!($c),)*
                ") FROM ", $name, " ORDER BY ", stringify!($k0), $(", ", stringify!($k),)*
            ),
            postgres: concat!(
                "SELECT CAST(json_build_array(", stringify!($k0), $(", ", stringify!($k),)*
                ", ", stringify!($c0), $(", ", stringify!($c),)*
                ") AS TEXT) FROM ", $name, " ORDER BY ", stringify!($k0), $crate::table::postgres_order!($kt0)
                $(, ", ", stringify!($k), $crate::table::postgres_order!($kt))*
            ),
        }
    };
}

pub(crate) use {
    column_type, column_value, create, delete, list, postgres_order, postgres_storage, sql_type,
    sqlite_storage, table, update, upsert, value_type,
};

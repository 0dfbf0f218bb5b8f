//! The statements on a table of the views, as static text made from its declaration.
//!
//! Rows travel as bound values. On PostgreSQL each column is one array, so a batch costs one statement a table however many
//! rows it has, and rows that are only added are copied. SQLite has no arrays: there a statement exists for [`SIZES`] rows, and
//! a batch is cut into those.

/// For how many rows at once a statement on SQLite exists, the most first.
pub(crate) const SIZES: [usize; 3] = [128, 16, 1];

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

/// A statement for rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowsSql {
    /// As SQLite reads it, for each of [`SIZES`]: its parameters are the values of the first row, then those of the next.
    pub(crate) sqlite: [&'static str; 3],
    /// As PostgreSQL reads it, for any number of rows.
    pub(crate) postgres: PostgresRows,
}

/// How rows come to a statement on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PostgresRows {
    /// Its parameters are the columns, each an array.
    Bound(&'static str),
    /// `COPY`, which reads the rows in its binary format.
    Copied(&'static str),
}

/// The length of `head`, `row` so many times with commas between, and `tail`.
pub(crate) const fn repeated_len(head: &str, row: &str, times: usize, tail: &str) -> usize {
    head.len() + times * (row.len() + 1) - 1 + tail.len()
}

/// `head`, `row` so many times with commas between, and `tail`.
pub(crate) const fn repeated<const LEN: usize>(head: &str, row: &str, times: usize, tail: &str) -> [u8; LEN] {
    let mut text = [b','; LEN];
    let mut at = copy(&mut text, 0, head);
    let mut done = 0;
    while done < times {
        if done > 0 {
            at += 1;
        }
        at = copy(&mut text, at, row);
        done += 1;
    }
    copy(&mut text, at, tail);
    text
}

const fn copy(to: &mut [u8], at: usize, from: &str) -> usize {
    let from = from.as_bytes();
    let mut done = 0;
    while done < from.len() {
        to[at + done] = from[done];
        done += 1;
    }
    at + done
}

/// Bytes that were copied from text.
pub(crate) const fn as_text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// A statement for each of [`SIZES`].
macro_rules! for_sizes {
    ($head:expr, $row:expr, $tail:expr) => {{
        const HEAD: &str = $head;
        const ROW: &str = $row;
        const TAIL: &str = $tail;
        [$crate::statements::for_size!(0), $crate::statements::for_size!(1), $crate::statements::for_size!(2)]
    }};
}

/// A statement for one of [`SIZES`].
macro_rules! for_size {
    ($index:literal) => {{
        const TIMES: usize = $crate::statements::SIZES[$index];
        const LEN: usize = $crate::statements::repeated_len(HEAD, ROW, TIMES, TAIL);
        const BYTES: [u8; LEN] = $crate::statements::repeated(HEAD, ROW, TIMES, TAIL);
        $crate::statements::as_text(&BYTES)
    }};
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
}

/// The type of a parameter that is a column.
macro_rules! array_type {
    (int) => {
        "::bigint[]"
    };
    (text) => {
        "::text[]"
    };
    (maybe_int) => {
        "::bigint[]"
    };
    (maybe_text) => {
        "::text[]"
    };
}

/// A parameter for a value of one row.
macro_rules! mark {
    ($column:ident) => {
        ", ?"
    };
}

/// PostgreSQL: the columns of rows of these types as a table.
macro_rules! unnest {
    ($kind:ident $($kinds:ident)*) => {
        $crate::statements::unnest!(
            @ ("UNNEST($1", $crate::statements::array_type!($kind),) (2 3 4 5 6 7 8 9 10 11 12 13 14 15 16) $($kinds)*
        )
    };
    (@ ($($text:tt)*) ($number:literal $($numbers:literal)*) $kind:ident $($kinds:ident)*) => {
        $crate::statements::unnest!(
            @ ($($text)* ", $", $number, $crate::statements::array_type!($kind),) ($($numbers)*) $($kinds)*
        )
    };
    (@ ($($text:tt)*) ($($numbers:literal)*)) => {
        concat!($($text)* ")")
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
    (append) => {
        ""
    };
    (hot) => {
        " WITH (fillfactor = 50)"
    };
}

/// `CREATE TABLE`, in the database's own file or schema.
macro_rules! create {
    ($name:literal, ($($storage:ident)?), ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($($c:ident: $t:ident),+)) => {
        $crate::statements::Sql {
            sqlite: concat!(
                "CREATE TABLE IF NOT EXISTS main.", $name, " (",
                stringify!($k0), $crate::statements::sql_type!(sqlite $kt0),
                $(", ", stringify!($k), $crate::statements::sql_type!(sqlite $kt),)*
                $(", ", stringify!($c), $crate::statements::sql_type!(sqlite $t),)+
                ", PRIMARY KEY (", stringify!($k0), $(", ", stringify!($k),)* ")) ",
                $crate::statements::sqlite_storage!($kt0 $($kt)*)
            ),
            postgres: concat!(
                "CREATE TABLE IF NOT EXISTS ", $name, " (",
                stringify!($k0), $crate::statements::sql_type!(postgres $kt0),
                $(", ", stringify!($k), $crate::statements::sql_type!(postgres $kt),)*
                $(", ", stringify!($c), $crate::statements::sql_type!(postgres $t),)+
                ", PRIMARY KEY (", stringify!($k0), $(", ", stringify!($k),)* "))",
                $crate::statements::postgres_storage!($($storage)?)
            ),
        }
    };
}

/// What becomes of a row whose key is there.
macro_rules! conflict {
    ((append), $($columns:tt)*) => {
        ""
    };
    ($storage:tt, ($k0:ident $(, $k:ident)*), ($c0:ident $(, $c:ident)*)) => {
        concat!(
            " ON CONFLICT (", stringify!($k0), $(", ", stringify!($k),)*
            ") DO UPDATE SET ", stringify!($c0), " = excluded.", stringify!($c0),
            $(", ", stringify!($c), " = excluded.", stringify!($c),)*
        )
    };
}

/// Inserts whole rows, each in the place of the one with its key; into a table whose rows are only added, without asking for it.
/// On SQLite a row that is refused fails and does not abort: else every statement would first copy each page that it changes,
/// to undo the rows before, though whoever is refused gives the transaction up anyway.
macro_rules! put {
    (
        $name:literal, $storage:tt,
        ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($($c:ident: $t:ident),+)
    ) => {
        $crate::statements::RowsSql {
            sqlite: $crate::statements::for_sizes!(
                concat!(
                    "INSERT OR FAIL INTO ", $name, " (", stringify!($k0), $(", ", stringify!($k),)*
                    $(", ", stringify!($c),)+ ") VALUES "
                ),
                concat!("(?", $($crate::statements::mark!($k),)* $($crate::statements::mark!($c),)+ ")"),
                $crate::statements::conflict!($storage, ($k0 $(, $k)*), ($($c),+))
            ),
            postgres: $crate::statements::postgres_put!(
                $name, $storage, ($k0: $kt0 $(, $k: $kt)*), ($($c: $t),+)
            ),
        }
    };
}

/// PostgreSQL: inserts whole rows as [`put`] says; those that are only added by `COPY`, which puts many rows into a page at once.
macro_rules! postgres_put {
    ($name:literal, (append), ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($($c:ident: $t:ident),+)) => {
        $crate::statements::PostgresRows::Copied(concat!(
            "COPY ", $name, " (", stringify!($k0), $(", ", stringify!($k),)* $(", ", stringify!($c),)+
            ") FROM STDIN (FORMAT binary)"
        ))
    };
    ($name:literal, $storage:tt, ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($($c:ident: $t:ident),+)) => {
        $crate::statements::PostgresRows::Bound(concat!(
            "INSERT INTO ", $name, " (", stringify!($k0), $(", ", stringify!($k),)*
            $(", ", stringify!($c),)+ ") SELECT * FROM ",
            $crate::statements::unnest!($kt0 $($kt)* $($t)+),
            $crate::statements::conflict!($storage, ($k0 $(, $k)*), ($($c),+))
        ))
    };
}

/// Changes the columns that a partial row names; a row that is not there stays away.
macro_rules! patch {
    ($name:literal, ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*), ($c0:ident: $t0:ident $(, $c:ident: $t:ident)*)) => {
        $crate::statements::RowsSql {
            sqlite: $crate::statements::for_sizes!(
                concat!(
                    "WITH p (", stringify!($k0), $(", ", stringify!($k),)* ", ", stringify!($c0), $(", ", stringify!($c),)*
                    ") AS (VALUES "
                ),
                concat!("(?", $($crate::statements::mark!($k),)* ", ?", $($crate::statements::mark!($c),)* ")"),
                concat!(
                    ") UPDATE OR FAIL ", $name, $crate::statements::set!($name, $c0 $(, $c)*),
                    " FROM p WHERE ", $crate::statements::same_key!($name, $k0 $(, $k)*)
                )
            ),
            postgres: $crate::statements::PostgresRows::Bound(concat!(
                "UPDATE ", $name, $crate::statements::set!($name, $c0 $(, $c)*), " FROM ",
                $crate::statements::unnest!($kt0 $($kt)* $t0 $($t)*),
                " AS p (", stringify!($k0), $(", ", stringify!($k),)* ", ", stringify!($c0), $(", ", stringify!($c),)*
                ") WHERE ", $crate::statements::same_key!($name, $k0 $(, $k)*)
            )),
        }
    };
}

/// Every column takes its new value, if there is one.
macro_rules! set {
    ($name:literal, $c0:ident $(, $c:ident)*) => {
        concat!(
            " SET ", stringify!($c0), " = COALESCE(p.", stringify!($c0), ", ", $name, ".", stringify!($c0), ")",
            $(", ", stringify!($c), " = COALESCE(p.", stringify!($c), ", ", $name, ".", stringify!($c), ")",)*
        )
    };
}

/// The row of the table that a row `p` is about.
macro_rules! same_key {
    ($name:literal, $k0:ident $(, $k:ident)*) => {
        concat!(
            $name, ".", stringify!($k0), " = p.", stringify!($k0),
            $(" AND ", $name, ".", stringify!($k), " = p.", stringify!($k),)*
        )
    };
}

/// Removes the rows with the given keys.
macro_rules! delete {
    ($name:literal, ($k0:ident: $kt0:ident $(, $k:ident: $kt:ident)*)) => {
        $crate::statements::RowsSql {
            sqlite: $crate::statements::for_sizes!(
                concat!("DELETE FROM ", $name, " WHERE (", stringify!($k0), $(", ", stringify!($k),)* ") IN (VALUES "),
                concat!("(?", $($crate::statements::mark!($k),)* ")"),
                ")"
            ),
            postgres: $crate::statements::PostgresRows::Bound(concat!(
                "DELETE FROM ", $name, " USING ", $crate::statements::unnest!($kt0 $($kt)*),
                " AS p (", stringify!($k0), $(", ", stringify!($k),)* ") WHERE ",
                $crate::statements::same_key!($name, $k0 $(, $k)*)
            )),
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
        $crate::statements::Sql {
            sqlite: concat!(
                "SELECT json_array(", stringify!($k0), $(", ", stringify!($k),)*
                ", ", stringify!($c0), $(", ", stringify!($c),)*
                ") FROM ", $name, " ORDER BY ", stringify!($k0), $(", ", stringify!($k),)*
            ),
            postgres: concat!(
                "SELECT CAST(json_build_array(", stringify!($k0), $(", ", stringify!($k),)*
                ", ", stringify!($c0), $(", ", stringify!($c),)*
                ") AS TEXT) FROM ", $name, " ORDER BY ", stringify!($k0), $crate::statements::postgres_order!($kt0)
                $(, ", ", stringify!($k), $crate::statements::postgres_order!($kt))*
            ),
        }
    };
}

pub(crate) use {
    array_type, conflict, create, delete, for_size, for_sizes, list, mark, patch, postgres_order,
    postgres_put, postgres_storage, put, same_key, set, sql_type, sqlite_storage, unnest,
};

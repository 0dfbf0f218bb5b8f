//! Rows of live views beside rows that were made anew from the log: the first that is not the same.

use std::cmp::Ordering;

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use serde_json::Value;

use crate::figures::Figures;
use crate::projection::Projections;
use crate::table::Schema;
use crate::views::QueryError;

/// A row that is not as the log makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The row's table.
    pub table: &'static str,
    /// The columns that tell rows apart, such as `account 5`.
    pub key: String,
    /// What the log makes.
    pub expected: String,
    /// What there is.
    pub found: String,
}

type Rows<'a> = BoxStream<'a, Result<(String,), sqlx::Error>>;
type Row = Vec<Value>;

impl Figures {
    /// The first row of all tables, one table after another, that is not the same in `anew`, or not there.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn first_difference(
        &mut self,
        anew: &mut Self,
        projections: &Projections,
    ) -> Result<Option<Difference>, QueryError> {
        for schema in projections.iter().flat_map(|projection| projection.tables()) {
            let found = compare(schema, anew.rows(schema.list), self.rows(schema.list)).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

async fn compare(
    schema: &Schema,
    mut anew: Rows<'_>,
    mut live: Rows<'_>,
) -> Result<Option<Difference>, QueryError> {
    loop {
        let (made, found) = (next(schema, &mut anew).await?, next(schema, &mut live).await?);
        if made == found {
            if made.is_none() {
                return Ok(None);
            }
            continue;
        }
        let keys = made.as_ref().zip(found.as_ref()).map(|(made, found)| order(schema, made, found));
        let told = match (made, found, keys) {
            (Some(made), Some(found), Some(Ordering::Equal)) => other(schema, &made, &found),
            (Some(made), _, None | Some(Ordering::Less)) => Some(told(schema, &made, "a row", "none")),
            (_, Some(found), _) => Some(told(schema, &found, "none", "a row")),
            _ => None,
        };
        return Ok(told);
    }
}

async fn next(schema: &Schema, rows: &mut Rows<'_>) -> Result<Option<Row>, QueryError> {
    let Some((text,)) = rows.try_next().await? else { return Ok(None) };
    let damaged = |_| QueryError::Damaged { table: schema.name, column: "a row" };
    serde_json::from_str(&text).map(Some).map_err(damaged)
}

/// Which of two rows comes first.
fn order(schema: &Schema, one: &Row, other: &Row) -> Ordering {
    let mut columns = one.iter().zip(other).take(schema.key.len());
    let unlike = columns.find(|(one, other)| one != other);
    unlike.map_or(Ordering::Equal, |(one, other)| match (one.as_i64(), other.as_i64()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.as_str().cmp(&other.as_str()),
    })
}

/// The first column in which two rows of one key differ.
fn other(schema: &Schema, made: &Row, found: &Row) -> Option<Difference> {
    let mut columns = schema.columns.iter().zip(made.iter().zip(found));
    let (column, (expected, actual)) = columns.find(|(_, (expected, actual))| expected != actual)?;
    Some(told(schema, made, &format!("{column} {expected}"), &format!("{column} {actual}")))
}

fn told(schema: &Schema, row: &Row, expected: &str, found: &str) -> Difference {
    let key: Vec<_> = schema.key.iter().zip(row).map(|(column, value)| format!("{column} {value}")).collect();
    Difference {
        table: schema.name,
        key: key.join(", "),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

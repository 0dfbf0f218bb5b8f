//! The rows of all projections: as they were folded while things happened, and as they are rebuilt from nothing.

use std::sync::Arc;
use std::time::Duration;

use event_store::sql::Db;
use event_store::{EventStore, Stores};
use projections::{Views, all, rebuild};

use super::history::Verdict;

/// How long the views may lag when nobody writes any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// A table and its rows as JSON text, in the order of the key.
pub(crate) type Rows = Vec<(&'static str, Vec<String>)>;

/// Every row of every projection.
pub(crate) async fn rows(db: &Db) -> Rows {
    let projections = all();
    let names: Vec<_> = projections.names().collect();
    let mut rows = Vec::new();
    for table in names.iter().flat_map(|name| projections.tables(name)) {
        let (columns, key) = (table.columns.join(", "), table.key.join(", "));
        let array = db.pick("json_array", "json_build_array");
        let statement = format!("SELECT CAST({array}({columns}) AS TEXT) FROM {} ORDER BY {key}", table.name);
        let texts: Vec<(String,)> = match db {
            Db::Sqlite { read, .. } => sqlx::query_as(&statement).fetch_all(read).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(&statement).fetch_all(pool).await.unwrap(),
        };
        rows.push((table.name, texts.into_iter().map(|(text,)| text).collect()));
    }
    rows
}

/// Waits for the views, rebuilds all of them from nothing in their place, and compares row for row.
pub(crate) async fn are_what_rebuilding_says(stores: &Stores, views: &Views) -> Verdict {
    views.caught_up(PATIENCE).await.map_err(|error| format!("{error}: {:?}", views.status()))?;
    let live = rows(&stores.views).await;
    rebuilt_equals(&stores.views, &stores.log, live).await
}

/// Rebuilds all views and compares them with these.
pub(crate) async fn rebuilt_equals(db: &Db, log: &Arc<dyn EventStore>, live: Rows) -> Verdict {
    rebuild(db, log, &all(), None, |_, _| {}).await.map_err(|error| error.to_string())?;
    compare(&live, &rows(db).await)
}

/// The rows of before a rebuild against those of after.
pub(crate) fn compare(live: &Rows, rebuilt: &Rows) -> Verdict {
    for ((table, live), (_, rebuilt)) in live.iter().zip(rebuilt) {
        for (number, row) in live.iter().enumerate() {
            if rebuilt.get(number) != Some(row) {
                let other = rebuilt.get(number);
                return Err(format!("{table}, row {number}: live it is {row}, rebuilt {other:?}"));
            }
        }
        if rebuilt.len() != live.len() {
            return Err(format!("{table} has {} rows, rebuilt {}", live.len(), rebuilt.len()));
        }
    }
    Ok(())
}

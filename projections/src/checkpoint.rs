//! How far each projection has come: a row of `checkpoints`, moved in the same transaction as the projection's rows.

use std::sync::Arc;

use event_store::sql::Db;
use event_store::{EventStore, GENESIS, Hash, Position, StoreError, fetch_all, in_time};
use serde::Serialize;

use crate::board::{Board, Mark};
use crate::projection::{Fold, Projections};
use crate::statements::Sql;
use crate::writer::{Tx, Writer};

const CREATE: Sql = Sql {
    sqlite: "CREATE TABLE IF NOT EXISTS main.checkpoints (name TEXT PRIMARY KEY, version INTEGER NOT NULL,
        position INTEGER NOT NULL, hash TEXT NOT NULL, stopped TEXT NOT NULL) STRICT, WITHOUT ROWID",
    postgres: "CREATE TABLE IF NOT EXISTS checkpoints (name text PRIMARY KEY, version bigint NOT NULL,
        position bigint NOT NULL, hash text NOT NULL, stopped text NOT NULL) WITH (fillfactor = 10)",
};
const LOAD: &str = "SELECT name, version, position, hash, stopped FROM checkpoints";
/// Moves checkpoints that still stand where the writer believes them to be.
const MOVE: Sql = Sql {
    sqlite: "UPDATE checkpoints SET position = m.position, hash = m.hash, stopped = m.stopped
        FROM (SELECT value->>'$.name' AS name, value->>'$.version' AS version,
            value->>'$.from_position' AS from_position, value->>'$.from_hash' AS from_hash,
            value->>'$.position' AS position, value->>'$.hash' AS hash, value->>'$.stopped' AS stopped
            FROM json_each($1)) AS m
        WHERE checkpoints.name = m.name AND checkpoints.version = m.version AND checkpoints.stopped = ''
            AND checkpoints.position = m.from_position AND checkpoints.hash = m.from_hash",
    postgres: "UPDATE checkpoints SET position = m.position, hash = m.hash, stopped = m.stopped
        FROM json_to_recordset($1::json) AS m(name text, version bigint, from_position bigint, from_hash text,
            position bigint, hash text, stopped text)
        WHERE checkpoints.name = m.name AND checkpoints.version = m.version AND checkpoints.stopped = ''
            AND checkpoints.position = m.from_position AND checkpoints.hash = m.from_hash",
};
const PUT: Sql = Sql {
    sqlite: "INSERT INTO main.checkpoints (name, version, position, hash, stopped)
        SELECT value->>'$.name', value->>'$.version', value->>'$.position', value->>'$.hash', value->>'$.stopped'
        FROM json_each($1) WHERE true ON CONFLICT (name) DO UPDATE SET version = excluded.version,
        position = excluded.position, hash = excluded.hash, stopped = excluded.stopped",
    postgres: "INSERT INTO checkpoints (name, version, position, hash, stopped)
        SELECT name, version, position, hash, stopped FROM json_to_recordset($1::json)
        AS p(name text, version bigint, position bigint, hash text, stopped text)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version,
        position = excluded.position, hash = excluded.hash, stopped = excluded.stopped",
};
const LIVE_PUT: Sql = Sql {
    sqlite: PUT.sqlite,
    postgres: "INSERT INTO views.checkpoints (name, version, position, hash, stopped)
        SELECT name, version, position, hash, stopped FROM json_to_recordset($1::json)
        AS p(name text, version bigint, position bigint, hash text, stopped text)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version,
        position = excluded.position, hash = excluded.hash, stopped = excluded.stopped",
};
/// The version of rows that are about to be emptied: no program's.
pub(crate) const NO_VERSION: i64 = 0;
const DISOWN: Sql = Sql {
    sqlite: "UPDATE checkpoints SET version = 0 WHERE name IN (SELECT value FROM json_each($1))",
    postgres: "UPDATE checkpoints SET version = 0 WHERE name IN (SELECT json_array_elements_text($1::json))",
};
/// Holds the row, so that nobody puts another in its place before the rest is done.
const STILL_DISOWNED: Sql = Sql {
    sqlite: "UPDATE checkpoints SET version = 0 WHERE version = 0 AND name IN (SELECT value FROM json_each($1))",
    postgres: "UPDATE checkpoints SET version = 0
        WHERE version = 0 AND name IN (SELECT json_array_elements_text($1::json))",
};
const RESUME: Sql = Sql::same("UPDATE checkpoints SET stopped = '' WHERE stopped <> ''");

/// The last event that a projection has folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) position: Position,
    pub(crate) hash: Hash,
}

impl Checkpoint {
    /// Nothing was folded yet.
    pub(crate) const START: Self = Self { position: Position::START, hash: GENESIS };
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) version: i64,
    pub(crate) at: Checkpoint,
    /// Why the projection stopped; empty while it runs.
    pub(crate) stopped: String,
}

/// A checkpoint on its way from one place to the next.
#[derive(Debug, Serialize)]
struct Move<'a> {
    name: &'a str,
    version: u32,
    from_position: u64,
    from_hash: String,
    position: u64,
    hash: String,
    stopped: &'a str,
}

/// The checkpoint of one projection moves from where it is believed to be; `stopped` says why it goes no further.
pub(crate) struct Step<'a> {
    pub(crate) projection: &'a dyn Fold,
    pub(crate) from: Checkpoint,
    pub(crate) to: Checkpoint,
    pub(crate) stopped: &'a str,
}

/// Moves checkpoints; `false` if one of them stands elsewhere: then the transaction must be given up.
pub(crate) async fn advance(tx: &mut Tx<'_>, steps: &[Step<'_>]) -> Result<bool, sqlx::Error> {
    let moves: Vec<Move<'_>> = steps
        .iter()
        .map(|step| Move {
            name: step.projection.name(),
            version: step.projection.version(),
            from_position: step.from.position.number(),
            from_hash: step.from.hash.to_string(),
            position: step.to.position.number(),
            hash: step.to.hash.to_string(),
            stopped: step.stopped,
        })
        .collect();
    let moved = tx.run_json(MOVE, &encode(&moves)?).await?;
    Ok(moved == moves.len() as u64)
}

/// Sets a checkpoint, wherever it was.
pub(crate) async fn put(tx: &mut Tx<'_>, projection: &dyn Fold, at: Checkpoint) -> Result<(), sqlx::Error> {
    put_as(tx, PUT, projection, at).await
}

/// Sets a checkpoint of the live views from the connection that rebuilds beside them.
pub(crate) async fn put_live(
    tx: &mut Tx<'_>,
    projection: &dyn Fold,
    at: Checkpoint,
) -> Result<(), sqlx::Error> {
    put_as(tx, LIVE_PUT, projection, at).await
}

async fn put_as(tx: &mut Tx<'_>, sql: Sql, projection: &dyn Fold, at: Checkpoint) -> Result<(), sqlx::Error> {
    let row = Move {
        name: projection.name(),
        version: projection.version(),
        from_position: 0,
        from_hash: String::new(),
        position: at.position.number(),
        hash: at.hash.to_string(),
        stopped: "",
    };
    tx.run_json(sql, &encode(&[row])?).await?;
    Ok(())
}

fn encode<T: Serialize>(rows: &[T]) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// All checkpoints. A hash that does not read counts as another log's.
pub(crate) async fn load(db: &Db) -> Result<Vec<Stored>, StoreError> {
    let rows = in_time(async { Ok(fetch_all!(db, (String, i64, i64, String, String), LOAD)?) }).await?;
    let read = |(name, version, position, hash, stopped): (String, i64, i64, String, String)| Stored {
        name,
        version,
        at: Checkpoint {
            position: Position::from_number(position.cast_unsigned()),
            hash: hash.parse().unwrap_or(GENESIS),
        },
        stopped,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// All checkpoints, as whoever does not fold believes them: one whose event the log does not hold stands nowhere.
pub(crate) async fn load_believed(db: &Db, log: &Arc<dyn EventStore>) -> Result<Vec<Stored>, StoreError> {
    let mut stored = load(db).await?;
    let mut known = Vec::new();
    for row in &mut stored {
        if known.contains(&row.at) {
            continue;
        }
        if is_in(log, row.at).await? {
            known.push(row.at);
        } else {
            row.at = Checkpoint::START;
        }
    }
    Ok(stored)
}

/// What checkpoints tell readers. While one is not of this version, there is nothing to be read.
pub(crate) fn board(projections: &Projections, stored: &[Stored], head: Position) -> Board {
    let found = |name: &str| stored.iter().find(|row| row.name == name);
    let is_ours = |version: u32, row: &Stored| row.version == i64::from(version);
    let ready = projections
        .iter()
        .all(|projection| found(projection.name()).is_some_and(|row| is_ours(projection.version(), row)));
    let mark = |name: &'static str| Mark {
        name,
        position: found(name).map_or(Position::START, |row| row.at.position),
        stopped: found(name).filter(|row| !row.stopped.is_empty()).map(|row| row.stopped.clone()),
    };
    let marks = projections.names().map(mark).collect();
    Board { ready, folding: false, head, marks, trouble: None }
}

/// Whether the log holds the event that `at` names.
pub(crate) async fn is_in(log: &Arc<dyn EventStore>, at: Checkpoint) -> Result<bool, StoreError> {
    let Some(before) = at.position.number().checked_sub(1) else { return Ok(at.hash == GENESIS) };
    let event = log.read_all(Position::from_number(before), 1).await?;
    Ok(event.first().is_some_and(|event| event.position == at.position && event.hash == at.hash))
}

/// Creates the table of checkpoints, and the tables of projections that have no checkpoint yet.
pub(crate) async fn create_missing(
    db: &Db,
    writer: &mut Writer,
    projections: &Projections,
) -> Result<(), StoreError> {
    let mut tx = writer.begin().await?;
    tx.lock_tables().await?;
    tx.run(CREATE).await?;
    tx.commit().await?;
    let known = load(db).await?;
    for projection in projections.iter() {
        if known.iter().any(|stored| stored.name == projection.name()) {
            continue;
        }
        let mut tx = writer.begin().await?;
        tx.lock_tables().await?;
        for table in projection.tables() {
            tx.run(table.create).await?;
            for index in table.indexes {
                tx.run(Sql::same(index)).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Tells everybody that reads the checkpoints that the rows of these projections cannot be used, before they are emptied.
pub(crate) async fn disown(writer: &mut Writer, names: &[&str]) -> Result<(), sqlx::Error> {
    let mut tx = writer.begin().await?;
    tx.run_json(DISOWN, &encode(names)?).await?;
    tx.commit().await
}

/// Empties the projection's tables, in the form that this program knows, and sets its checkpoint to the start.
pub(crate) async fn reset(writer: &mut Writer, projection: &dyn Fold) -> Result<(), sqlx::Error> {
    let mut tx = writer.begin().await?;
    tx.lock_tables().await?;
    empty(&mut tx, projection).await?;
    tx.commit().await
}

/// The same of one that was disowned; `false` if somebody has rebuilt it meanwhile, and nothing is done.
pub(crate) async fn reset_disowned(writer: &mut Writer, projection: &dyn Fold) -> Result<bool, sqlx::Error> {
    let mut tx = writer.begin().await?;
    tx.lock_tables().await?;
    if tx.run_json(STILL_DISOWNED, &encode(&[projection.name()])?).await? == 0 {
        return Ok(false);
    }
    empty(&mut tx, projection).await?;
    tx.commit().await?;
    Ok(true)
}

async fn empty(tx: &mut Tx<'_>, projection: &dyn Fold) -> Result<(), sqlx::Error> {
    tx.run(CREATE).await?;
    for table in projection.tables() {
        tx.run(table.drop).await?;
        tx.run(table.create).await?;
        for index in table.indexes {
            tx.run(Sql::same(index)).await?;
        }
    }
    put(tx, projection, Checkpoint::START).await
}

/// Lets projections that stopped try again.
pub(crate) async fn resume(writer: &mut Writer) -> Result<(), sqlx::Error> {
    let mut tx = writer.begin().await?;
    tx.run(RESUME).await?;
    tx.commit().await
}

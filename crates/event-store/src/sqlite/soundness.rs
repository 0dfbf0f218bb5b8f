//! Whether `log.db` is as it was made around its events, and whether its indexes lead to what is there and to nothing else.

use rusqlite::{Connection, Row};

use super::read_only::{SqliteReader, fingerprints};
use super::shown::make_fingerprints;
use crate::error::StoreError;
use crate::open::SQLITE_LOG;
use crate::soundness::{Flaw, Part, compare, gone};

/// Tables that somebody added hold nothing of the log; triggers would change what is written to it.
const PARTS: &str = "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master
    WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_sqlx_migrations'
    AND (type = 'trigger' OR name IN ('events', 'head', 'answers', 'stream_index', 'answer_index', 'indexed')
        OR tbl_name IN ('events', 'head', 'answers', 'stream_index', 'answer_index', 'indexed'))
    ORDER BY type, name";
const COLUMNS: &str = "SELECT part, 'there' FROM (
    SELECT 0 AS kind, 'table ' || name AS part FROM sqlite_master WHERE type = 'table'
    AND name IN ('events', 'head', 'answers', 'stream_index', 'answer_index', 'indexed')
    UNION ALL SELECT 1, 'column ' || tables.name || '.' || columns.name
    FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
    WHERE tables.name IN ('events', 'head', 'answers', 'stream_index', 'answer_index', 'indexed')
    ) ORDER BY kind, part";
const MAIN_TABLES: &str =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('events', 'head', 'answers')";
const VERSIONS: &str =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
const VERSION: &str = "SELECT max(version) FROM _sqlx_migrations";
/// All of it in one statement, so that it is of one moment. An index may hold more than it reaches.
const INDEXES: &str = "SELECT indexed.position, indexed.answer,
    (SELECT position FROM head WHERE id = 1),
    (SELECT coalesce(max(number), 0) FROM answers),
    (SELECT count(*) FROM answers),
    (SELECT count(*) FROM stream_index),
    (SELECT count(*) FROM events JOIN stream_index USING (aggregate_type, aggregate_id, sequence)
        WHERE events.position > indexed.position),
    (SELECT count(*) FROM answer_index),
    (SELECT count(*) FROM answers JOIN answer_index ON answer_index.number = answers.number
        AND fingerprint = answer_fingerprint(account_id, answers.key) WHERE answers.number > indexed.answer),
    (SELECT min(answers.number) FROM answers LEFT JOIN answer_index ON answer_index.number = answers.number
        AND fingerprint = answer_fingerprint(account_id, answers.key)
        WHERE answer_index.number IS NULL AND answers.number <= indexed.answer),
    (SELECT min(later.number)
        FROM (SELECT fingerprint FROM answer_index GROUP BY fingerprint HAVING count(*) > 1) AS repeated
        JOIN answer_index AS one ON one.fingerprint = repeated.fingerprint
        JOIN answer_index AS two ON two.fingerprint = repeated.fingerprint AND two.number > one.number
        JOIN answers AS earlier ON earlier.number = one.number
        JOIN answers AS later ON later.number = two.number
            AND later.account_id = earlier.account_id AND later.key = earlier.key),
    (SELECT min(later.number) FROM answers AS later
        JOIN answer_index ON fingerprint = answer_fingerprint(later.account_id, later.key)
            AND answer_index.number < later.number
        JOIN answers AS earlier ON earlier.number = answer_index.number
            AND earlier.account_id = later.account_id AND earlier.key = later.key
        WHERE later.number > indexed.answer)
    FROM (SELECT 1) LEFT JOIN indexed ON indexed.id = 1";

/// What the indexes come to.
struct Indexes {
    reach: Option<(i64, i64)>,
    head: Option<i64>,
    last_answer: i64,
    answers: i64,
    stream_rows: i64,
    stream_rows_beyond: i64,
    answer_rows: i64,
    answer_rows_beyond: i64,
    misplaced_answer: Option<i64>,
    repeated_answer: Option<i64>,
    repeated_answer_beyond: Option<i64>,
}

/// Which version made a log, or what is gone from it.
pub(super) enum Whole {
    Version(i64),
    Gone(Flaw),
    /// It is no log.
    Foreign,
}

/// Looks whether everything is there without which a log cannot be read.
pub(super) fn whole(connection: &Connection) -> Result<Whole, StoreError> {
    let has_versions = connection.query_row(VERSIONS, [], |row| row.get::<_, i64>(0))? == 1;
    let version = || connection.query_row(VERSION, [], |row| row.get::<_, Option<i64>>(0));
    let version = has_versions.then(version).transpose()?.flatten();
    if let Some(version) = version
        && main_tables(connection)? == 3
    {
        return Ok(Whole::Version(version));
    }
    let gone = gone(&parts(&as_made()?, COLUMNS)?, &parts(connection, COLUMNS)?, version.is_some());
    Ok(gone.map_or(Whole::Foreign, Whole::Gone))
}

fn main_tables(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row(MAIN_TABLES, [], |row| row.get(0))
}

impl SqliteReader {
    /// The first table or column that is missing.
    pub(crate) async fn missing(&self) -> Result<Option<Flaw>, StoreError> {
        self.read(|connection| {
            let (made, found) = (parts(&as_made()?, COLUMNS)?, parts(connection, COLUMNS)?);
            let found: Vec<Part> = found.into_iter().filter(|part| made.contains(part)).collect();
            Ok(compare(&made, &found))
        })
        .await
    }

    /// The first part that is not as it was made, else the first that is wrong with the indexes.
    pub(crate) async fn flaw(&self) -> Result<Option<Flaw>, StoreError> {
        self.read(|connection| {
            if let Some(flaw) = compare(&parts(&as_made()?, PARTS)?, &parts(connection, PARTS)?) {
                return Ok(Some(flaw));
            }
            make_fingerprints(connection, fingerprints(connection)?)?;
            Ok(connection.query_row(INDEXES, [], read)?.flaw())
        })
        .await
    }
}

/// A log as this program makes it.
fn as_made() -> Result<Connection, StoreError> {
    let made = Connection::open_in_memory()?;
    SQLITE_LOG.iter().try_for_each(|(_, text)| made.execute_batch(text))?;
    Ok(made)
}

fn parts(connection: &Connection, sql: &str) -> Result<Vec<Part>, StoreError> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> Result<Indexes, rusqlite::Error> {
    let (position, answer): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
    Ok(Indexes {
        reach: position.zip(answer),
        head: row.get(2)?,
        last_answer: row.get(3)?,
        answers: row.get(4)?,
        stream_rows: row.get(5)?,
        stream_rows_beyond: row.get(6)?,
        answer_rows: row.get(7)?,
        answer_rows_beyond: row.get(8)?,
        misplaced_answer: row.get(9)?,
        repeated_answer: row.get(10)?,
        repeated_answer_beyond: row.get(11)?,
    })
}

impl Indexes {
    fn flaw(&self) -> Option<Flaw> {
        let told = |of: &str, rule, expected: String, found: String| {
            Some(Flaw { of: format!("table {of}"), rule, expected, found })
        };
        let Some((position, answer)) = self.reach else {
            let rule = "the indexes say how far they reach";
            return told("indexed", rule, "one row".to_owned(), "none".to_owned());
        };
        let head = self.head.unwrap_or_default();
        let reach = "the indexes reach no further than the log";
        if !(0..=head).contains(&position) {
            return told("indexed", reach, format!("position 0 to {head}"), position.to_string());
        }
        if !(0..=self.last_answer).contains(&answer) {
            return told("indexed", reach, format!("answer 0 to {}", self.last_answer), answer.to_string());
        }
        if self.answers != self.last_answer {
            let rule = "kept answers are numbered without a gap";
            return told("answers", rule, format!("{} rows", self.last_answer), self.answers.to_string());
        }
        if let Some(number) = self.misplaced_answer {
            let rule = "every kept answer is found under its key";
            return told("answer_index", rule, format!("answer {number}"), "another, or none".to_owned());
        }
        if let Some(number) = self.repeated_answer.or(self.repeated_answer_beyond) {
            let rule = "a key has one answer";
            return told("answers", rule, "one".to_owned(), format!("answer {number} beside another"));
        }
        let rule = "the indexes hold nothing but what is there";
        let events = position.saturating_add(self.stream_rows_beyond);
        if self.stream_rows != events {
            return told("stream_index", rule, format!("{events} rows"), self.stream_rows.to_string());
        }
        let answers = answer.saturating_add(self.answer_rows_beyond);
        (self.answer_rows != answers).then_some(())?;
        told("answer_index", rule, format!("{answers} rows"), self.answer_rows.to_string())
    }
}

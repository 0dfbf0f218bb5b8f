//! Whether the schema `log` is as it was made around its events: columns, constraints, guards, and nothing that would change
//! or hide what is written.

use super::PostgresLog;
use crate::error::StoreError;
use crate::soundness::{Flaw, Part, compare, gone};

const PARTS: &str = "WITH tables AS (
        SELECT oid, relname, relrowsecurity FROM pg_class
        WHERE relnamespace = 'log'::regnamespace AND relname IN ('events', 'head', 'answers')
    )
    SELECT part, made FROM (
        SELECT 'column ' || relname || '.' || attname AS part,
            concat(format_type(atttypid, atttypmod), ' COLLATE ' || collname,
                CASE WHEN attnotnull THEN ' NOT NULL' END) AS made
        FROM tables JOIN pg_attribute ON attrelid = tables.oid
            LEFT JOIN pg_collation ON pg_collation.oid = attcollation AND collname <> 'default'
        WHERE attnum > 0 AND NOT attisdropped
        UNION ALL SELECT 'constraint ' || relname || '.' || conname, pg_get_constraintdef(pg_constraint.oid)
        FROM tables JOIN pg_constraint ON conrelid = tables.oid WHERE contype IN ('p', 'u', 'c')
        UNION ALL SELECT 'trigger ' || relname || '.' || tgname, concat(tgtype, ' ', tgenabled, ' ', proname,
            CASE WHEN tgqual IS NOT NULL OR length(tgattr::text) > 0 THEN ' sometimes' END)
        FROM tables JOIN pg_trigger ON tgrelid = tables.oid JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE NOT tgisinternal
        UNION ALL SELECT 'rule ' || relname || '.' || rulename, 'one'
        FROM tables JOIN pg_rewrite ON ev_class = tables.oid
        UNION ALL SELECT 'row security of ' || relname, 'on' FROM tables WHERE relrowsecurity
        UNION ALL SELECT 'heir of ' || tables.relname, heirs.relname::text
        FROM tables JOIN pg_inherits ON inhparent = tables.oid JOIN pg_class AS heirs ON heirs.oid = inhrelid
        UNION ALL SELECT 'function ' || proname, btrim(prosrc, E' \\n') FROM pg_proc
        WHERE pronamespace = 'log'::regnamespace AND proname = 'refuse_change'
    ) AS parts ORDER BY part COLLATE \"C\"";

/// `to_regnamespace` asks nobody for permission.
const SCHEMA: &str = "SELECT to_regnamespace('log') IS NOT NULL, EXISTS (SELECT 1 FROM pg_class
    WHERE relnamespace = to_regnamespace('log') AND relname = '_sqlx_migrations')";

/// The function by which the guards refuse.
const REFUSE: &str = "BEGIN\n    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;\nEND";

/// What the migrations make. The number of a trigger says when it fires: before a statement (2) that deletes (8), updates
/// (16) or truncates (32).
const MADE: [(&str, &str); 34] = [
    ("column answers.account_id", "bigint NOT NULL"),
    ("column answers.body", "bytea NOT NULL"),
    ("column answers.commit_id", "uuid NOT NULL"),
    ("column answers.key", "text COLLATE C NOT NULL"),
    ("column answers.recorded_at", "bigint NOT NULL"),
    ("column answers.request_hash", "bytea NOT NULL"),
    ("column events.aggregate_id", "text COLLATE C NOT NULL"),
    ("column events.aggregate_type", "text COLLATE C NOT NULL"),
    ("column events.commit_id", "uuid NOT NULL"),
    ("column events.event_type", "text NOT NULL"),
    ("column events.event_version", "text NOT NULL"),
    ("column events.hash", "bytea NOT NULL"),
    ("column events.metadata", "json NOT NULL"),
    ("column events.payload", "json NOT NULL"),
    ("column events.position", "bigint NOT NULL"),
    ("column events.recorded_at", "bigint NOT NULL"),
    ("column events.sequence", "bigint NOT NULL"),
    ("column head.epoch", "bigint NOT NULL"),
    ("column head.hash", "bytea NOT NULL"),
    ("column head.id", "integer NOT NULL"),
    ("column head.position", "bigint NOT NULL"),
    ("constraint answers.answers_key", "PRIMARY KEY (account_id, key)"),
    ("constraint answers.answers_request_hash_check", "CHECK ((length(request_hash) = 32))"),
    ("constraint events.events_hash_check", "CHECK ((length(hash) = 32))"),
    ("constraint events.events_position", "UNIQUE (\"position\")"),
    ("constraint events.events_position_check", "CHECK ((\"position\" >= 1))"),
    ("constraint events.events_sequence_check", "CHECK ((sequence >= 1))"),
    ("constraint events.events_stream", "PRIMARY KEY (aggregate_id, aggregate_type, sequence)"),
    ("constraint head.head_hash_check", "CHECK ((length(hash) = 32))"),
    ("constraint head.head_id_check", "CHECK ((id = 1))"),
    ("constraint head.head_pkey", "PRIMARY KEY (id)"),
    ("trigger answers.answers_immutable", "58 O refuse_change"),
    ("trigger events.events_immutable", "58 O refuse_change"),
    ("trigger head.head_kept", "42 O refuse_change"),
];

impl PostgresLog {
    /// The first column that is missing.
    pub(crate) async fn missing(&self) -> Result<Option<Flaw>, StoreError> {
        let (made, found) = (columns(&made()), columns(&self.parts().await?));
        let found: Vec<Part> = found.into_iter().filter(|part| made.contains(part)).collect();
        Ok(compare(&made, &found))
    }

    /// What is gone from a log that lacks a table; `None` if it is no log of ours, or nothing is gone and it is only not shown.
    pub(crate) async fn gone(&self) -> Result<Option<Flaw>, StoreError> {
        let (has_schema, has_versions): (bool, bool) = sqlx::query_as(SCHEMA).fetch_one(&self.read).await?;
        if !has_schema {
            return Ok(None);
        }
        Ok(gone(&columns(&made()), &columns(&self.parts().await?), has_versions))
    }

    /// The first part that is not as it was made.
    pub(crate) async fn flaw(&self) -> Result<Option<Flaw>, StoreError> {
        Ok(compare(&made(), &self.parts().await?))
    }

    async fn parts(&self) -> Result<Vec<Part>, StoreError> {
        Ok(sqlx::query_as(PARTS).fetch_all(&self.read).await?)
    }
}

/// The columns among the parts, by their tables.
fn columns(parts: &[Part]) -> Vec<Part> {
    let there = |part: &Part| (part.0.clone(), "there".to_owned());
    parts.iter().filter(|part| part.0.starts_with("column ")).map(there).collect()
}

fn made() -> Vec<Part> {
    let mut made: Vec<Part> = MADE.map(|(part, text)| (part.to_owned(), text.to_owned())).into();
    made.push(("function refuse_change".to_owned(), REFUSE.to_owned()));
    made
}

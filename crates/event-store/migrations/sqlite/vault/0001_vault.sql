-- Secrets that must be durable and erasable. Deleted bytes are overwritten (secure_delete).
CREATE TABLE passwords (
    account_id INTEGER PRIMARY KEY,
    hash       TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    account_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE data_keys (
    account_id INTEGER PRIMARY KEY,
    key        BLOB NOT NULL CHECK (length(key) = 32),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE house_keys (
    name TEXT PRIMARY KEY,
    key  BLOB NOT NULL
) STRICT;

CREATE TABLE attempts (
    subject      TEXT PRIMARY KEY,
    failures     INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    last_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_age ON attempts (last_at);

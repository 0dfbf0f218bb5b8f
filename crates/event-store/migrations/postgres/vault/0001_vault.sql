-- Secrets that must be durable and erasable.
CREATE TABLE passwords (
    account_id bigint PRIMARY KEY,
    hash       text NOT NULL,
    changed_at bigint NOT NULL
);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    account_id bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE data_keys (
    account_id bigint PRIMARY KEY,
    key        bytea NOT NULL CHECK (length(key) = 32),
    created_at bigint NOT NULL
);

CREATE TABLE house_keys (
    name text PRIMARY KEY,
    key  bytea NOT NULL
);

CREATE TABLE attempts (
    subject      text PRIMARY KEY,
    failures     bigint NOT NULL,
    locked_until bigint NOT NULL,
    last_at      bigint NOT NULL
);
CREATE INDEX attempts_age ON attempts (last_at);

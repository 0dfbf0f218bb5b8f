-- Codes that work once, until they expire or are used: what a picture shows, what a phone got.
CREATE TABLE codes (
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    code       TEXT NOT NULL,
    rand       TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX codes_expiry ON codes (expires_at);

-- When something was last sent to somebody, five times back: the sixth must wait until the fifth-last is long enough ago.
CREATE TABLE sendings (
    subject TEXT PRIMARY KEY,
    last    INTEGER NOT NULL,
    second  INTEGER NOT NULL,
    third   INTEGER NOT NULL,
    fourth  INTEGER NOT NULL,
    fifth   INTEGER NOT NULL
) STRICT;
CREATE INDEX sendings_age ON sendings (last);

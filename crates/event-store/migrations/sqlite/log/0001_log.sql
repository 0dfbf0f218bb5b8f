-- The log. The first seven columns are those of cqrs-es repositories, by their names and types.
CREATE TABLE events (
    aggregate_type TEXT NOT NULL,
    aggregate_id   TEXT NOT NULL,
    sequence       INTEGER NOT NULL CHECK (sequence >= 1),
    event_type     TEXT NOT NULL,
    event_version  TEXT NOT NULL,
    payload        TEXT NOT NULL,
    metadata       TEXT NOT NULL,
    position       INTEGER PRIMARY KEY CHECK (position >= 1),
    commit_id      BLOB NOT NULL CHECK (length(commit_id) = 16),
    recorded_at    INTEGER NOT NULL,
    hash           BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE UNIQUE INDEX events_stream ON events (aggregate_type, aggregate_id, sequence);

CREATE TABLE head (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    epoch    INTEGER NOT NULL
) STRICT;
INSERT INTO head (id, position, hash, epoch) VALUES (1, 0, zeroblob(32), 1);

CREATE TABLE answers (
    account_id   INTEGER NOT NULL,
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    body         BLOB NOT NULL,
    commit_id    BLOB NOT NULL CHECK (length(commit_id) = 16),
    recorded_at  INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;

-- REPLACE removes rows without asking the triggers on DELETE.
CREATE TRIGGER events_no_replace BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
        OR EXISTS (SELECT 1 FROM events WHERE aggregate_type = NEW.aggregate_type
            AND aggregate_id = NEW.aggregate_id AND sequence = NEW.sequence)
    BEGIN SELECT RAISE(ABORT, 'events are immutable'); END;
CREATE TRIGGER answers_no_replace BEFORE INSERT ON answers
    WHEN EXISTS (SELECT 1 FROM answers WHERE account_id = NEW.account_id AND key = NEW.key)
    BEGIN SELECT RAISE(ABORT, 'answers are immutable'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are immutable'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are immutable'); END;
CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers are immutable'); END;
CREATE TRIGGER answers_no_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers are immutable'); END;
CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'the head cannot be removed'); END;

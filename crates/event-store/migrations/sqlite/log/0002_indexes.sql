-- Streams and answers are found by indexes that follow the log a little way behind: an index kept with each event takes
-- a page of its own for nearly every event, and those pages, not the events, were what a commit wrote.
DROP TRIGGER events_no_replace;
DROP INDEX events_stream;
CREATE TABLE stream_index (
    aggregate_type TEXT NOT NULL,
    aggregate_id   TEXT NOT NULL,
    sequence       INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO stream_index SELECT aggregate_type, aggregate_id, sequence, position FROM events
    ORDER BY aggregate_type, aggregate_id, sequence;

ALTER TABLE answers RENAME TO answers_by_key;
CREATE TABLE answers (
    number       INTEGER PRIMARY KEY,
    account_id   INTEGER NOT NULL,
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    body         BLOB NOT NULL,
    commit_id    BLOB NOT NULL CHECK (length(commit_id) = 16),
    recorded_at  INTEGER NOT NULL
) STRICT;
INSERT INTO answers (account_id, key, request_hash, body, commit_id, recorded_at)
    SELECT account_id, key, request_hash, body, commit_id, recorded_at FROM answers_by_key
    ORDER BY recorded_at, account_id, key;
DROP TABLE answers_by_key;
CREATE TABLE answer_index (
    account_id INTEGER NOT NULL,
    key        TEXT NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO answer_index SELECT account_id, key, number FROM answers ORDER BY account_id, key;

-- The last event and the last answer that the indexes hold; later ones may be in them, too.
CREATE TABLE indexed (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    answer   INTEGER NOT NULL
) STRICT;
INSERT INTO indexed (id, position, answer) SELECT 1,
    COALESCE((SELECT max(position) FROM events), 0), COALESCE((SELECT max(number) FROM answers), 0);

-- REPLACE removes rows without asking the triggers on DELETE. A refusal that fails, and does not abort, spares the
-- writer a copy of every page it touches.
CREATE TRIGGER events_no_replace BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
    BEGIN SELECT RAISE(FAIL, 'events are immutable'); END;
CREATE TRIGGER answers_no_replace BEFORE INSERT ON answers
    WHEN EXISTS (SELECT 1 FROM answers WHERE number = NEW.number)
    BEGIN SELECT RAISE(FAIL, 'answers are immutable'); END;
CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers are immutable'); END;
CREATE TRIGGER answers_no_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers are immutable'); END;
CREATE TRIGGER stream_index_no_update BEFORE UPDATE ON stream_index
    BEGIN SELECT RAISE(ABORT, 'the index of streams is immutable'); END;
CREATE TRIGGER stream_index_no_delete BEFORE DELETE ON stream_index
    BEGIN SELECT RAISE(ABORT, 'the index of streams is immutable'); END;
CREATE TRIGGER answer_index_no_update BEFORE UPDATE ON answer_index
    BEGIN SELECT RAISE(ABORT, 'the index of answers is immutable'); END;
CREATE TRIGGER answer_index_no_delete BEFORE DELETE ON answer_index
    BEGIN SELECT RAISE(ABORT, 'the index of answers is immutable'); END;

-- A check that calls a function may abort, and beside a trigger that made SQLite ready to undo every row alone: it copied the page that the
-- row went to. Whoever reads a hash or an id compares its length. This is SQLite's own way to take a CHECK from a table that is there.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ' CHECK (length(commit_id) = 16)', ''),
    ' CHECK (length(hash) = 32)', ''), ' CHECK (length(request_hash) = 32)', '')
    WHERE type = 'table' AND name IN ('events', 'answers');
PRAGMA writable_schema = RESET;

-- The index knows the keys of answers by fingerprints: so many more wait in memory and join it together, and more of them share a page.
-- The program fills it again when it opens the log.
DROP TABLE answer_index;
CREATE TABLE answer_index (
    fingerprint INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER answer_index_no_update BEFORE UPDATE ON answer_index
    BEGIN SELECT RAISE(ABORT, 'the index of answers is immutable'); END;
CREATE TRIGGER answer_index_no_delete BEFORE DELETE ON answer_index
    BEGIN SELECT RAISE(ABORT, 'the index of answers is immutable'); END;

-- The last event and the last answer that the indexes hold; later ones may be in them, too. Fingerprints are made with the key.
CREATE TABLE indexed_by_key (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    position INTEGER NOT NULL,
    answer   INTEGER NOT NULL,
    key      BLOB NOT NULL CHECK (length(key) = 16)
) STRICT;
INSERT INTO indexed_by_key (id, position, answer, key) SELECT id, position, 0, randomblob(16) FROM indexed;
DROP TABLE indexed;
ALTER TABLE indexed_by_key RENAME TO indexed;

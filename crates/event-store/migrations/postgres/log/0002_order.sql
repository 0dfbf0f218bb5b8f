-- Texts that name a stream or a key are told apart and put in order by their bytes, whatever the database's locale is, as on
-- SQLite: nobody needs another order, and by a locale each comparison costs more. A stream's id comes first in its key, for
-- it tells nearly any two streams apart at once.
ALTER TABLE events DROP CONSTRAINT events_stream;
ALTER TABLE events
    ALTER COLUMN aggregate_type TYPE text COLLATE "C",
    ALTER COLUMN aggregate_id TYPE text COLLATE "C";
ALTER TABLE events ADD CONSTRAINT events_stream PRIMARY KEY (aggregate_id, aggregate_type, sequence);
ALTER TABLE answers ALTER COLUMN key TYPE text COLLATE "C";

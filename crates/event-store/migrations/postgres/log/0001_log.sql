-- The log. The first seven columns are those of cqrs-es repositories, by their names and types.
-- `json`, not `jsonb`: the bytes stay as written, and the hash is over them.
CREATE TABLE events (
    aggregate_type text NOT NULL,
    aggregate_id   text NOT NULL,
    sequence       bigint NOT NULL CHECK (sequence >= 1),
    event_type     text NOT NULL,
    event_version  text NOT NULL,
    payload        json NOT NULL,
    metadata       json NOT NULL,
    position       bigint NOT NULL CHECK (position >= 1),
    commit_id      uuid NOT NULL,
    recorded_at    bigint NOT NULL,
    hash           bytea NOT NULL CHECK (length(hash) = 32),
    CONSTRAINT events_stream PRIMARY KEY (aggregate_type, aggregate_id, sequence),
    CONSTRAINT events_position UNIQUE (position)
);

CREATE TABLE head (
    id       integer PRIMARY KEY CHECK (id = 1),
    position bigint NOT NULL,
    hash     bytea NOT NULL CHECK (length(hash) = 32),
    epoch    bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO head (id, position, hash, epoch) VALUES (1, 0, decode(repeat('00', 32), 'hex'), 1);

CREATE TABLE answers (
    account_id   bigint NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
    body         bytea NOT NULL,
    commit_id    uuid NOT NULL,
    recorded_at  bigint NOT NULL,
    CONSTRAINT answers_key PRIMARY KEY (account_id, key)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER events_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER answers_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON answers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER head_kept BEFORE DELETE OR TRUNCATE ON head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Codes that work once, until they expire or are used: what a picture shows, what a phone got.
CREATE TABLE codes (
    kind       text NOT NULL,
    subject    text NOT NULL,
    code       text NOT NULL,
    rand       text NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (kind, subject)
);
CREATE INDEX codes_expiry ON codes (expires_at);

-- When something was last sent to somebody, five times back: the sixth must wait until the fifth-last is long enough ago.
CREATE TABLE sendings (
    subject text PRIMARY KEY,
    last    bigint NOT NULL,
    second  bigint NOT NULL,
    third   bigint NOT NULL,
    fourth  bigint NOT NULL,
    fifth   bigint NOT NULL
);
CREATE INDEX sendings_age ON sendings (last);

-- +goose NO TRANSACTION
-- +goose Up

-- Sign-in; what the tables are for is said in store/sqlite. What an interrupted try has made is there already.

CREATE TABLE IF NOT EXISTS attempt (
    root       BIGINT NOT NULL,
    hash       BYTEA NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    expires    BIGINT NOT NULL,
    body       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (root, hash)
);
CREATE INDEX IF NOT EXISTS attempt_expires ON attempt(root, expires);

CREATE TABLE IF NOT EXISTS replay (
    root       BIGINT NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    hash       BYTEA NOT NULL,
    until      BIGINT NOT NULL,
    PRIMARY KEY (root, connection, hash)
);
CREATE INDEX IF NOT EXISTS replay_until ON replay(root, until);

CREATE TABLE IF NOT EXISTS link (
    root       BIGINT NOT NULL,
    connection TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    key        BYTEA NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    body       TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    PRIMARY KEY (root, connection, kind, key)
);
CREATE INDEX IF NOT EXISTS link_subject ON link(root, subject);

CREATE TABLE IF NOT EXISTS session (
    root        BIGINT NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    hash        BYTEA NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    workspace   TEXT COLLATE "C" NOT NULL,
    home        TEXT COLLATE "C" NOT NULL,
    connection  TEXT COLLATE "C" NOT NULL,
    identity    BYTEA NOT NULL,
    idp_session TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    closing     BIGINT NOT NULL,
    seen        BIGINT NOT NULL,
    ends        BIGINT NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    body        TEXT COLLATE "C" NOT NULL,
    version     BIGINT NOT NULL,
    PRIMARY KEY (root, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS session_hash ON session(root, hash);
CREATE INDEX IF NOT EXISTS session_subject ON session(root, subject);
CREATE INDEX IF NOT EXISTS session_workspace ON session(root, workspace);
CREATE INDEX IF NOT EXISTS session_home ON session(root, home);
CREATE INDEX IF NOT EXISTS session_connection ON session(root, connection);
CREATE INDEX IF NOT EXISTS session_ends ON session(root, ends);
CREATE INDEX IF NOT EXISTS session_closing ON session(root, ends) WHERE closing = 1;

CREATE TABLE IF NOT EXISTS app (
    root    BIGINT NOT NULL,
    id      TEXT COLLATE "C" NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (root, id)
);

CREATE TABLE IF NOT EXISTS authz (
    root    BIGINT NOT NULL,
    hash    BYTEA NOT NULL,
    expires BIGINT NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (root, hash)
);
CREATE INDEX IF NOT EXISTS authz_expires ON authz(root, expires);

CREATE TABLE IF NOT EXISTS app_grant (
    root    BIGINT NOT NULL,
    hash    BYTEA NOT NULL,
    family  TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,
    app     TEXT COLLATE "C" NOT NULL,
    expires BIGINT NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (root, hash)
);
CREATE INDEX IF NOT EXISTS app_grant_family ON app_grant(root, family);
CREATE INDEX IF NOT EXISTS app_grant_session ON app_grant(root, session);
CREATE INDEX IF NOT EXISTS app_grant_expires ON app_grant(root, expires);

CREATE TABLE IF NOT EXISTS signing_key (
    root    BIGINT NOT NULL,
    id      TEXT COLLATE "C" NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (root, id)
);

CREATE TABLE IF NOT EXISTS factor (
    root    BIGINT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    body    TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (root, subject)
);

CREATE TABLE IF NOT EXISTS throttle (
    root     BIGINT NOT NULL,
    key      TEXT COLLATE "C" NOT NULL,
    failures BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (root, key)
);
CREATE INDEX IF NOT EXISTS throttle_until ON throttle(root, until);

CREATE TABLE IF NOT EXISTS message (
    root      BIGINT NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    receiver  TEXT COLLATE "C" NOT NULL,
    subject   TEXT COLLATE "C" NOT NULL,
    next_at   BIGINT NOT NULL,
    abandoned BIGINT NOT NULL,
    body      TEXT COLLATE "C" NOT NULL,
    version   BIGINT NOT NULL,
    PRIMARY KEY (root, id)
);
CREATE INDEX IF NOT EXISTS message_due ON message(root, kind, next_at) WHERE abandoned = 0;
CREATE INDEX IF NOT EXISTS message_receiver ON message(root, receiver, kind, id) WHERE abandoned = 0;
CREATE INDEX IF NOT EXISTS message_subject ON message(root, subject) WHERE subject <> '';
CREATE INDEX IF NOT EXISTS message_abandoned ON message(root, abandoned) WHERE abandoned <> 0;

-- A login knows the connection alone.
CREATE INDEX IF NOT EXISTS connection_id ON connection(id);

-- Whom a sweep removes, and ephemeral people who have gone, by age. The indexes are made while others write; what an
-- interrupted try has left is of no use.
DROP INDEX IF EXISTS membership_due;
CREATE INDEX CONCURRENTLY membership_due ON membership(root, delete_after) WHERE delete_after <> 0;
DROP INDEX IF EXISTS tombstone_gone;
CREATE INDEX CONCURRENTLY tombstone_gone ON tombstone(root, created) WHERE kind IN ('ephemeral', 'vanished');

INSERT INTO schema_floor(version, oldest) VALUES (6, 4) ON CONFLICT DO NOTHING;

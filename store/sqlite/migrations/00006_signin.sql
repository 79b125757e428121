-- +goose Up

-- Sign-in: attempts, links, sessions, and what apps hold of them. An index that is to find few rows of a root does not
-- begin with it: see sqlstore.Dialect.beside.

-- A login that was begun: hash is that of the state. body is the row as JSON, here and below.
CREATE TABLE attempt (
    root       INTEGER NOT NULL,
    hash       BLOB NOT NULL,
    connection TEXT NOT NULL,
    expires    INTEGER NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (root, hash)
) WITHOUT ROWID;
CREATE INDEX attempt_expires ON attempt(root, expires);

-- Assertions and tokens of identity providers that were taken.
CREATE TABLE replay (
    root       INTEGER NOT NULL,
    connection TEXT NOT NULL,
    hash       BLOB NOT NULL,
    until      INTEGER NOT NULL,
    PRIMARY KEY (root, connection, hash)
) WITHOUT ROWID;
CREATE INDEX replay_until ON replay(root, until);

-- What a connection's identity provider calls a person: key is a hash of that.
CREATE TABLE link (
    root       INTEGER NOT NULL,
    connection TEXT NOT NULL,
    kind       TEXT NOT NULL,
    key        BLOB NOT NULL,
    subject    TEXT NOT NULL,
    body       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (root, connection, kind, key)
) WITHOUT ROWID;
CREATE INDEX link_subject ON link(subject);

-- ends is when the session is over as things stand; closing says that something follows from it.
CREATE TABLE session (
    root        INTEGER NOT NULL,
    id          TEXT NOT NULL,
    hash        BLOB NOT NULL,
    subject     TEXT NOT NULL,
    workspace   TEXT NOT NULL,
    home        TEXT NOT NULL,
    connection  TEXT NOT NULL,
    identity    BLOB NOT NULL,
    idp_session TEXT NOT NULL,
    state       TEXT NOT NULL,
    closing     INTEGER NOT NULL,
    seen        INTEGER NOT NULL,
    ends        INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    body        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX session_hash ON session(root, hash);
CREATE INDEX session_subject ON session(subject);
CREATE INDEX session_workspace ON session(workspace);
CREATE INDEX session_home ON session(home);
CREATE INDEX session_connection ON session(connection);
CREATE INDEX session_ends ON session(root, ends);
CREATE INDEX session_closing ON session(ends) WHERE closing = 1;

-- Clients of the OpenID Provider; root of an app of the installation is the number of ''.
CREATE TABLE app (
    root    INTEGER NOT NULL,
    id      TEXT NOT NULL,
    body    TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;

-- Requests of apps that wait for somebody to sign in.
CREATE TABLE authz (
    root    INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    expires INTEGER NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (root, hash)
) WITHOUT ROWID;
CREATE INDEX authz_expires ON authz(root, expires);

-- Codes and refresh tokens. A family is what follows from one code.
CREATE TABLE app_grant (
    root    INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    family  TEXT NOT NULL,
    session TEXT NOT NULL,
    app     TEXT NOT NULL,
    expires INTEGER NOT NULL,
    body    TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (root, hash)
) WITHOUT ROWID;
CREATE INDEX app_grant_family ON app_grant(family);
CREATE INDEX app_grant_session ON app_grant(session);
CREATE INDEX app_grant_expires ON app_grant(root, expires);

-- Of the installation: root is the number of ''.
CREATE TABLE signing_key (
    root    INTEGER NOT NULL,
    id      TEXT NOT NULL,
    body    TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;

-- Second factors. They outlive the subject's row.
CREATE TABLE factor (
    root    INTEGER NOT NULL,
    subject TEXT NOT NULL,
    body    TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (root, subject)
) WITHOUT ROWID;

-- Counts of wrong codes, by person and by address.
CREATE TABLE throttle (
    root     INTEGER NOT NULL,
    key      TEXT NOT NULL,
    failures INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    PRIMARY KEY (root, key)
) WITHOUT ROWID;
CREATE INDEX throttle_until ON throttle(root, until);

-- What is to be said to somebody outside; abandoned is 0 as long as it is tried.
CREATE TABLE message (
    root      INTEGER NOT NULL,
    id        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    receiver  TEXT NOT NULL,
    subject   TEXT NOT NULL,
    next_at   INTEGER NOT NULL,
    abandoned INTEGER NOT NULL,
    body      TEXT NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;
CREATE INDEX message_due ON message(kind, next_at) WHERE abandoned = 0;
CREATE INDEX message_receiver ON message(receiver, kind, id) WHERE abandoned = 0;
CREATE INDEX message_subject ON message(subject) WHERE subject <> '';
CREATE INDEX message_abandoned ON message(root, abandoned) WHERE abandoned <> 0;

-- A login knows the connection alone.
CREATE INDEX connection_id ON connection(id);

-- Whom a sweep removes.
CREATE INDEX membership_due ON membership(delete_after) WHERE delete_after <> 0;

-- Ephemeral people who have gone, by age.
CREATE INDEX tombstone_gone ON tombstone(root, created) WHERE kind IN ('ephemeral', 'vanished');

INSERT INTO schema_floor(version, oldest) VALUES (6, 4);

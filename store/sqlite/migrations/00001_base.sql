-- +goose Up

-- Numbers for texts that stand in many keys: root ids, scopes ("root/connection/User"), attribute names.
-- Append-only: a number is never changed and never given twice.
CREATE TABLE symbol (
    no   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

-- For each schema version the oldest one whose binary can still work on it.
CREATE TABLE schema_floor (
    version INTEGER PRIMARY KEY,
    oldest  INTEGER NOT NULL
);
INSERT INTO schema_floor(version, oldest) VALUES (1, 1);

CREATE TABLE workspace (
    root         INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    key          TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    default_role TEXT    NOT NULL,
    created      INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;

CREATE TABLE role (
    root        INTEGER NOT NULL,
    workspace   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    permissions TEXT    NOT NULL,
    PRIMARY KEY (root, workspace, name)
) WITHOUT ROWID;

CREATE TABLE secret (
    root   INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    sealed BLOB    NOT NULL,
    PRIMARY KEY (root, name)
) WITHOUT ROWID;

CREATE TABLE connection (
    root          INTEGER NOT NULL,
    id            TEXT    NOT NULL,
    workspace     TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    profile       TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    state_by      TEXT    NOT NULL,
    state_at      INTEGER NOT NULL,
    first_contact INTEGER NOT NULL,
    last_contact  INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    PRIMARY KEY (root, id),
    UNIQUE (root, workspace, name)
) WITHOUT ROWID;

CREATE TABLE token (
    root       INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    connection TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    revoked    INTEGER NOT NULL,
    last_used  INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (root, id),
    UNIQUE (root, hash)
) WITHOUT ROWID;
CREATE INDEX token_connection ON token(root, connection);

CREATE TABLE subject (
    root    INTEGER NOT NULL,
    id      TEXT    NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;

-- Users and Groups. AUTOINCREMENT: a sequence number is never given twice, so that a reader who remembers the last
-- one it saw misses nothing. links is a User's number of groups, or a Group's number of members; ord is the last
-- number that a Group gave to a member.
CREATE TABLE resource (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    root        INTEGER NOT NULL,
    scope       INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    name_key    TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    active      INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL,
    links       INTEGER NOT NULL,
    ord         INTEGER NOT NULL,
    body        BLOB    NOT NULL
);
CREATE UNIQUE INDEX resource_id ON resource(root, id);
CREATE UNIQUE INDEX resource_name ON resource(root, scope, name_key);
CREATE INDEX resource_seq ON resource(root, scope, seq);
CREATE INDEX resource_external ON resource(root, scope, external_id) WHERE external_id <> '';

CREATE TABLE member (
    root    INTEGER NOT NULL,
    grp     INTEGER NOT NULL, -- the group's seq
    ord     INTEGER NOT NULL,
    id      TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    display TEXT    NOT NULL,
    PRIMARY KEY (root, grp, ord)
) WITHOUT ROWID;
CREATE UNIQUE INDEX member_of ON member(root, id, grp);

CREATE TABLE attribute (
    root  INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    attr  INTEGER NOT NULL,
    value TEXT    NOT NULL,
    elem  INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (root, scope, attr, value, elem, seq)
) WITHOUT ROWID;

CREATE TABLE counter (
    root  INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    block INTEGER NOT NULL,
    slot  INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (root, scope, block, slot)
) WITHOUT ROWID;

CREATE TABLE membership (
    root          INTEGER NOT NULL,
    workspace     TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    role_source   TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    status_source TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    modified      INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    PRIMARY KEY (root, workspace, subject)
) WITHOUT ROWID;

CREATE TABLE tombstone (
    root       INTEGER NOT NULL,
    connection TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    subject    TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    PRIMARY KEY (root, connection, kind, hash)
) WITHOUT ROWID;

-- segment and chain are the sealer's; detail may be erased, its digest stays.
CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    root        INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    time        INTEGER NOT NULL,
    workspace   TEXT    NOT NULL,
    connection  TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    target_type TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    request_id  TEXT    NOT NULL,
    address     TEXT    NOT NULL,
    detail      TEXT,
    salt        BLOB    NOT NULL,
    digest      BLOB    NOT NULL,
    segment     INTEGER,
    chain       BLOB
);
CREATE INDEX audit_root ON audit(root, seq);

-- position is the sequencer's: the place in the feed.
CREATE TABLE event (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    root       INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    time       INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    workspace  TEXT    NOT NULL,
    connection TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    data       TEXT    NOT NULL,
    position   INTEGER
);
CREATE INDEX event_root ON event(root, seq);

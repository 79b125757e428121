-- +goose Up

-- Workspaces form trees. settings is a JSON object; config, which only the root's row uses, rises with each change of
-- what plans rest on: workspaces, roles, and the settings of connections.
ALTER TABLE workspace ADD COLUMN parent TEXT NOT NULL DEFAULT '';
ALTER TABLE workspace ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE workspace ADD COLUMN config INTEGER NOT NULL DEFAULT 1;

ALTER TABLE role ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE role ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE TABLE team (
    root        INTEGER NOT NULL,
    workspace   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (root, workspace, name)
) WITHOUT ROWID;

-- settings is a JSON object; origin names the configuration file that declares the connection.
ALTER TABLE connection ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE connection ADD COLUMN origin TEXT NOT NULL DEFAULT '';
-- Until now a role was a text like others. What is synced already goes on.
UPDATE connection SET settings = '{"mapping":{"unknown_roles":"default"}}';

-- profile is the JSON object that the app sees; name and email stand beside it, with their folded forms, to be searched.
ALTER TABLE subject ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE subject ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE subject ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE subject ADD COLUMN email_key TEXT NOT NULL DEFAULT '';
ALTER TABLE subject ADD COLUMN profile TEXT NOT NULL DEFAULT '';
ALTER TABLE subject ADD COLUMN modified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subject ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX subject_email ON subject(root, email_key) WHERE email_key <> '';

-- connection is the one whose user grants it, '' by hand; teams is a JSON array; joined is 0 until the person has been
-- active; delete_after is 0 for memberships that last.
ALTER TABLE membership ADD COLUMN connection TEXT NOT NULL DEFAULT '';
ALTER TABLE membership ADD COLUMN teams TEXT NOT NULL DEFAULT '';
ALTER TABLE membership ADD COLUMN teams_source TEXT NOT NULL DEFAULT '';
ALTER TABLE membership ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE membership ADD COLUMN joined INTEGER NOT NULL DEFAULT 0;
ALTER TABLE membership ADD COLUMN delete_after INTEGER NOT NULL DEFAULT 0;
CREATE INDEX membership_subject ON membership(root, subject);
-- Who left, for the brake: written when somebody leaves and not before.
CREATE INDEX membership_left ON membership(root, connection, modified) WHERE status = 'deactivated';
CREATE INDEX resource_subject ON resource(root, subject) WHERE subject <> '';

-- Until now every membership came from the one connection that holds the subject's document. Those of deleted
-- connections are nobody's.
UPDATE membership SET
    joined = CASE WHEN status = 'active' THEN created ELSE 0 END,
    connection = coalesce((
        SELECT substr(s.text, instr(s.text, '/') + 1, length(s.text) - instr(s.text, '/') - length('/User'))
        FROM resource r JOIN symbol s ON s.no = r.scope
        WHERE r.root = membership.root AND r.subject = membership.subject LIMIT 1), '');

-- A membership that was removed, as JSON, to be restored for 30 days.
CREATE TABLE removal (
    root      INTEGER NOT NULL,
    workspace TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    removed   INTEGER NOT NULL,
    body      TEXT    NOT NULL,
    PRIMARY KEY (root, workspace, subject)
) WITHOUT ROWID;
CREATE INDEX removal_subject ON removal(root, subject);
CREATE INDEX removal_time ON removal(root, removed);

-- root of a global key is the number of ''. scopes is a JSON array; workspace '' is the whole root.
CREATE TABLE api_key (
    root      INTEGER NOT NULL,
    id        TEXT    NOT NULL,
    workspace TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    hash      BLOB    NOT NULL,
    scopes    TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    revoked   INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (root, id),
    UNIQUE (root, hash)
) WITHOUT ROWID;

-- One answer to a request with an Idempotency-Key, for a day.
CREATE TABLE idempotency (
    root    INTEGER NOT NULL,
    owner   TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    digest  BLOB    NOT NULL,
    status  INTEGER NOT NULL,
    body    BLOB    NOT NULL,
    created INTEGER NOT NULL,
    subject TEXT    NOT NULL,
    PRIMARY KEY (root, owner, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency(root, created);
CREATE INDEX idempotency_subject ON idempotency(subject) WHERE subject <> '';

CREATE TABLE domain (
    root      INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    challenge TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    verified  INTEGER NOT NULL,
    checked   INTEGER NOT NULL,
    failure   TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (root, name)
) WITHOUT ROWID;
-- A proved domain has one owner in the whole installation.
CREATE UNIQUE INDEX domain_owner ON domain(name) WHERE verified <> 0;

-- What is to be erased is found by the subject.
CREATE INDEX audit_subject ON audit(root, subject) WHERE subject <> '';
CREATE INDEX event_subject ON event(root, subject) WHERE subject <> '';

-- Chained ranges of the audit log: (first, last] by seq. hash covers prev and every entry of the range.
CREATE TABLE audit_segment (
    root      INTEGER NOT NULL,
    no        INTEGER NOT NULL,
    first     INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    entries   INTEGER NOT NULL,
    prev      BLOB    NOT NULL,
    hash      BLOB    NOT NULL,
    sealed    INTEGER NOT NULL,
    signature BLOB    NOT NULL,
    PRIMARY KEY (root, no)
) WITHOUT ROWID;

-- Work that outlives a request and a restart. state is JSON of the kind's own; lease_until is 0 when nobody works on it.
CREATE TABLE job (
    root        INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    workspace   TEXT    NOT NULL,
    connection  TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    done        INTEGER NOT NULL,
    total       INTEGER NOT NULL,
    failure     TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    finished    INTEGER NOT NULL,
    lease_owner TEXT    NOT NULL,
    lease_until INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;
CREATE INDEX job_open ON job(root, created) WHERE finished = 0;

-- position is the seq of the last event that the receiver has taken.
CREATE TABLE webhook (
    root        INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    workspace   TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    types       TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    failures    INTEGER NOT NULL,
    failure     TEXT    NOT NULL,
    next_at     INTEGER NOT NULL,
    disabled    INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;

-- The provisioning log: one row for each request of an identity provider.
CREATE TABLE request (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    root       INTEGER NOT NULL,
    connection TEXT    NOT NULL,
    time       INTEGER NOT NULL,
    request_id TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    status     INTEGER NOT NULL,
    scim_type  TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    asked      TEXT    NOT NULL,
    did        TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    fix        TEXT    NOT NULL,
    body       TEXT    NOT NULL
);
CREATE INDEX request_root ON request(root, seq);
CREATE INDEX request_connection ON request(root, connection, seq);
CREATE INDEX request_subject ON request(root, subject, seq) WHERE subject <> '';

-- How many members were active, by day.
CREATE TABLE licence (
    root       INTEGER NOT NULL,
    day        INTEGER NOT NULL,
    workspace  TEXT    NOT NULL,
    connection TEXT    NOT NULL,
    active     INTEGER NOT NULL,
    PRIMARY KEY (root, day, workspace, connection)
) WITHOUT ROWID;

-- A binary of version 3 would plan without mappings, accounts and settings.
INSERT INTO schema_floor(version, oldest) VALUES (4, 4);

-- +goose Up

-- What a workspace declares: schemas and resource types (RFC 7643 §6, §7). id is the URN or name. since
-- is a JSON object: for each attribute the epoch since which its values have their present form. A binary of version 1
-- does not know declarations and would show what may never be returned, so the first one raises the floor.
CREATE TABLE declaration (
    root      INTEGER NOT NULL,
    workspace TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    since     TEXT    NOT NULL,
    body      TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    modified  INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (root, workspace, kind, id)
) WITHOUT ROWID;

-- epoch rises with each change of what is declared or announced in the workspace.
ALTER TABLE workspace ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;

-- schemas is what the connection announces: '' everything, else a JSON array of URNs, which holds since the epoch
-- announced. Up to the epoch settled its documents have been brought into the form that is declared.
ALTER TABLE connection ADD COLUMN schemas TEXT NOT NULL DEFAULT '';
ALTER TABLE connection ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;

-- The form of the stored document: scim.ResourceType.Stamp.
ALTER TABLE resource ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;

-- Values that only one resource of a scope may have. attr is a symbol, as in attribute.
CREATE TABLE claim (
    root  INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    attr  INTEGER NOT NULL,
    value TEXT    NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (root, scope, attr, value)
) WITHOUT ROWID;
CREATE INDEX claim_of ON claim(root, scope, seq);

INSERT INTO schema_floor(version, oldest) VALUES (2, 1);

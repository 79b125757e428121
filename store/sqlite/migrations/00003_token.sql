-- +goose Up

-- Client secrets stand beside bearer tokens; a token may be bound to a user of its connection; replaces is set while
-- the rotation of that token is open. A binary of version 1 takes no client secret: their texts begin differently.
ALTER TABLE token ADD COLUMN kind TEXT NOT NULL DEFAULT 'bearer';
ALTER TABLE token ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN replaces TEXT NOT NULL DEFAULT '';

INSERT INTO schema_floor(version, oldest) VALUES (3, 1);

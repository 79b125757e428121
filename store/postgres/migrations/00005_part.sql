-- +goose NO TRANSACTION
-- +goose Up

-- Whether an attribute has keys that are cut (scim.MaxKey): where it has none its keys alone tell who has a part of a
-- text. The index is made while others write. What an interrupted try has left is of no use, so it goes first.
DROP INDEX IF EXISTS attribute_cut;
CREATE INDEX CONCURRENTLY attribute_cut ON attribute(root, scope, attr) WHERE octet_length(value) > 160;

INSERT INTO schema_floor(version, oldest) VALUES (5, 4) ON CONFLICT DO NOTHING;

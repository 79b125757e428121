-- +goose Up

-- Whether an attribute has keys that are cut (scim.MaxKey): where it has none its keys alone tell who has a part of a text.
CREATE INDEX attribute_cut ON attribute(root, scope, attr) WHERE octet_length(value) > 160;

INSERT INTO schema_floor(version, oldest) VALUES (5, 4);

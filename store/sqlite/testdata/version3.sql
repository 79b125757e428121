-- A database of schema version 3: a workspace with two connections, the second of which has no users any more; Ada,
-- who is active, and Bob, who is not; Cy, whose connection is deleted.
INSERT INTO symbol(no, text) VALUES (1, 'w'), (2, 'w/c/User'), (3, 'w/c/Group');
INSERT INTO workspace(root, id, key, name, default_role, created, version) VALUES (1, 'w', 'ACME', 'Acme', 'member', 5, 2);
INSERT INTO role(root, workspace, name, permissions) VALUES (1, 'w', 'admin', '["a"]'), (1, 'w', 'guest', 'null');
INSERT INTO connection(root, id, workspace, name, profile, state, state_by, state_at, first_contact, last_contact, created, version)
    VALUES (1, 'c', 'w', 'okta', 'okta', 'enabled', '', 0, 0, 0, 5, 1), (1, 'd', 'w', 'entra', 'entra', 'enabled', '', 0, 0, 0, 5, 1);
INSERT INTO subject(root, id, created) VALUES (1, 'ada', 5), (1, 'bob', 5), (1, 'cy', 5);
INSERT INTO resource(root, scope, id, subject, name, name_key, external_id, active, version, created, modified, links, ord, body)
    VALUES (1, 2, 'u1', 'ada', 'Ada', 'ada', '', 1, 1, 5, 5, 0, 0, '{}'), (1, 2, 'u2', 'bob', 'Bob', 'bob', '', 0, 1, 5, 5, 0, 0, '{}'),
        (1, 3, 'g1', '', 'G', 'g', '', 0, 1, 5, 5, 0, 0, '{}');
INSERT INTO membership(root, workspace, subject, role, role_source, status, status_source, created, modified, version)
    VALUES (1, 'w', 'ada', 'admin', 'scim', 'active', 'scim', 6, 7, 3), (1, 'w', 'bob', 'member', '', 'deactivated', '', 6, 7, 1),
        (1, 'w', 'cy', 'member', 'default', 'deactivated', 'scim', 6, 7, 1);

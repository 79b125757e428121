-- A database of schema version 1, as the first usher wrote it and sqlite3 dumps it: the test users of Okta and Entra came and went;
-- Ada and Bob are there, and who was called gone is deleted; so is a third connection. What that usher answered is in
-- version1.json.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO schema_version VALUES(1,0,1,'2026-11-22 12:35:00');
INSERT INTO schema_version VALUES(2,1,1,'2026-11-22 12:35:00');
CREATE TABLE symbol (
    no   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);
INSERT INTO symbol VALUES(1,'r7e079blc1');
INSERT INTO symbol VALUES(2,'r7e079blc1/v7e6eblt146u/User');
INSERT INTO symbol VALUES(3,'name.familyname');
INSERT INTO symbol VALUES(4,'name.givenname');
INSERT INTO symbol VALUES(5,'displayname');
INSERT INTO symbol VALUES(6,'emails.value');
INSERT INTO symbol VALUES(7,'r7e079blc1/v7e6eblt146u/Group');
INSERT INTO symbol VALUES(8,'r7e079blc1/bb6i5lnbt1be/User');
INSERT INTO symbol VALUES(9,'enterprise:2.0:user:employeenumber');
INSERT INTO symbol VALUES(10,'enterprise:2.0:user:manager.value');
INSERT INTO symbol VALUES(11,'r7e079blc1/bb6i5lnbt1be/Group');
INSERT INTO symbol VALUES(12,'r7e079blc1/t6v4rc07uee7/User');
INSERT INTO symbol VALUES(13,'r7e079blc1/t6v4rc07uee7/Group');
CREATE TABLE schema_floor (
    version INTEGER PRIMARY KEY,
    oldest  INTEGER NOT NULL
);
INSERT INTO schema_floor VALUES(1,1);
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
INSERT INTO workspace VALUES(1,'r7e079blc1','ACC123','Acme','member',1795350900801000000,1);
CREATE TABLE role (
    root        INTEGER NOT NULL,
    workspace   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    permissions TEXT    NOT NULL,
    PRIMARY KEY (root, workspace, name)
) WITHOUT ROWID;
INSERT INTO role VALUES(1,'r7e079blc1','member','null');
CREATE TABLE secret (
    root   INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    sealed BLOB    NOT NULL,
    PRIMARY KEY (root, name)
) WITHOUT ROWID;
INSERT INTO secret VALUES(1,'tombstone-key',X'01f3d48d655023a5a261b52f0b8030e743e8bb75b35a6014c2158e781ab11f407573d37f2ca1f75cfe343ac7ad02fd2c75869d34dd0d9ab6334813f361d708838048a9e8a3');
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
INSERT INTO connection VALUES(1,'bb6i5lnbt1be','r7e079blc1','entra','entra','enabled','',0,1795350905310000000,1795350905310000000,1795350901138000000,1);
INSERT INTO connection VALUES(1,'v7e6eblt146u','r7e079blc1','okta','okta','enabled','',0,1795350905112000000,1795350905112000000,1795350901006000000,1);
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
INSERT INTO token VALUES(1,'66navteo63pks0l5l1vs','v7e6eblt146u',X'379d54c24480d729344e62329743623726348355accaa0090b3dbaa0a1f63494',1795350901505000000,2110710901480000000,0,1795350905112000000,1);
INSERT INTO token VALUES(1,'frtarkmp4dv6vassibqv','v7e6eblt146u',X'b1c1e5ceaf468f274e5aa8bc4f24695bbcde6d87edc3c0aa85bc56118bcaa1dd',1795350901607000000,2110710901592000000,1795350902250000000,0,2);
INSERT INTO token VALUES(1,'mgijr06pbnnd2vro8982','bb6i5lnbt1be',X'440d1942c9943701588a1f68f27b4355d6991c1e3b3b0249039054b5e1c94a80',1795350901543000000,2110710901540000000,0,1795350905310000000,1);
CREATE TABLE subject (
    root    INTEGER NOT NULL,
    id      TEXT    NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (root, id)
) WITHOUT ROWID;
INSERT INTO subject VALUES(1,'06h06g61fkseqn6q37fg05e0',1795350905213000000);
INSERT INTO subject VALUES(1,'06h06g61lt2pm88s2cr210rt',1795350905263000000);
INSERT INTO subject VALUES(1,'06h06g61s3r3pufosr0r1qa1',1795350905312000000);
INSERT INTO subject VALUES(1,'06h06g61soddvvb3khhotufu',1795350905318000000);
INSERT INTO subject VALUES(1,'06h06g61tnupqq8nnkkd2scq',1795350905325000000);
INSERT INTO subject VALUES(1,'06h06g61tr1pqurv2u8edr7i',1795350905326000000);
INSERT INTO subject VALUES(1,'06h06g62h5da0i2854j1ntkb',1795350905481000000);
INSERT INTO subject VALUES(1,'06h06g62p0qvikbihjcmrme0',1795350905544000000);
INSERT INTO subject VALUES(1,'06h06g638ck1fosl4fdijpdc',1795350905667000000);
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
INSERT INTO resource VALUES(1,1,2,'06h06g61fm4j7t2m354mhdq4','06h06g61fkseqn6q37fg05e0','test.user.a8e456c2845dba3a@okta.local','test.user.a8e456c2845dba3a@okta.local','00ua8e456c2845dba3a1',0,6,1795350905213000000,1795350905284000000,0,0,X'7b22757365724e616d65223a22746573742e757365722e61386534353663323834356462613361406f6b74612e6c6f63616c222c226e616d65223a7b22676976656e4e616d65223a22416e6f74686572222c2266616d696c794e616d65223a2255736572227d2c22656d61696c73223a5b7b227072696d617279223a747275652c2276616c7565223a22746573742e757365722e61386534353663323834356462613361406f6b74612e6c6f63616c222c2274797065223a22776f726b222c22646973706c6179223a22746573742e757365722e61386534353663323834356462613361406f6b74612e6c6f63616c227d5d2c22616374697665223a66616c73657d');
INSERT INTO resource VALUES(2,1,2,'06h06g61luf4m5u7qh8jfdeo','06h06g61lt2pm88s2cr210rt','second.user.a8e456c2845dba3a@okta.local','second.user.a8e456c2845dba3a@okta.local','00ua8e456c2845dba3a2',0,4,1795350905263000000,1795350905285000000,0,0,X'7b22757365724e616d65223a227365636f6e642e757365722e61386534353663323834356462613361406f6b74612e6c6f63616c222c226e616d65223a7b22676976656e4e616d65223a225365636f6e64222c2266616d696c794e616d65223a2255736572227d2c22656d61696c73223a5b7b227072696d617279223a747275652c2276616c7565223a227365636f6e642e757365722e61386534353663323834356462613361406f6b74612e6c6f63616c222c2274797065223a22776f726b227d5d2c22646973706c61794e616d65223a225365636f6e642055736572222c226c6f63616c65223a22656e2d5553222c22616374697665223a66616c73657d');
INSERT INTO resource VALUES(9,1,2,'06h06g62h471a13i324e0ju5','06h06g62h5da0i2854j1ntkb','ada@example.com','ada@example.com','00u1',1,2,1795350905481000000,1795350911684000000,2,0,X'7b22757365724e616d65223a22616461406578616d706c652e636f6d222c22616374697665223a747275652c227469746c65223a22456e67696e656572222c226e616d65223a7b22676976656e4e616d65223a22416461222c2266616d696c794e616d65223a224d6f7373227d2c22656d61696c73223a5b7b2276616c7565223a22616461406578616d706c652e636f6d222c2274797065223a22776f726b222c227072696d617279223a747275657d2c7b2276616c7565223a2261646140686f6d652e6578616d706c65222c2274797065223a22686f6d65227d5d2c2275726e3a696574663a706172616d733a7363696d3a736368656d61733a657874656e73696f6e3a656e74657270726973653a322e303a55736572223a7b226465706172746d656e74223a2253616c6573222c22656d706c6f7965654e756d626572223a2237227d7d');
INSERT INTO resource VALUES(10,1,2,'06h06g62p0scg82da53qutgi','06h06g62p0qvikbihjcmrme0','bob@example.com','bob@example.com','00u2',0,1,1795350905544000000,1795350905544000000,1,0,X'7b22757365724e616d65223a22626f62406578616d706c652e636f6d222c22616374697665223a66616c73657d');
INSERT INTO resource VALUES(12,1,7,'06h06g6ehli40744qv7kp750','','Sales','sales','g1',0,2,1795350908557000000,1795350910653135753,2,3,X'7b22646973706c61794e616d65223a2253616c6573227d');
INSERT INTO resource VALUES(13,1,7,'06h06g6gs92tlerv36iqabr3','','Staff','staff','',0,1,1795350909154000000,1795350909154000000,1,1,X'7b22646973706c61794e616d65223a225374616666227d');
CREATE TABLE member (
    root    INTEGER NOT NULL,
    grp     INTEGER NOT NULL, -- the group's seq
    ord     INTEGER NOT NULL,
    id      TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    display TEXT    NOT NULL,
    PRIMARY KEY (root, grp, ord)
) WITHOUT ROWID;
INSERT INTO member VALUES(1,12,1,'06h06g62h471a13i324e0ju5','User','');
INSERT INTO member VALUES(1,12,2,'06h06g62p0scg82da53qutgi','User','');
INSERT INTO member VALUES(1,13,1,'06h06g62h471a13i324e0ju5','User','');
CREATE TABLE attribute (
    root  INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    attr  INTEGER NOT NULL,
    value TEXT    NOT NULL,
    elem  INTEGER NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (root, scope, attr, value, elem, seq)
) WITHOUT ROWID;
INSERT INTO attribute VALUES(1,2,3,'moss',0,9);
INSERT INTO attribute VALUES(1,2,3,'user',0,1);
INSERT INTO attribute VALUES(1,2,3,'user',0,2);
INSERT INTO attribute VALUES(1,2,4,'ada',0,9);
INSERT INTO attribute VALUES(1,2,4,'another',0,1);
INSERT INTO attribute VALUES(1,2,4,'second',0,2);
INSERT INTO attribute VALUES(1,2,5,'second user',0,2);
INSERT INTO attribute VALUES(1,2,6,'ada@example.com',0,9);
INSERT INTO attribute VALUES(1,2,6,'ada@home.example',1,9);
INSERT INTO attribute VALUES(1,2,6,'second.user.a8e456c2845dba3a@okta.local',0,2);
INSERT INTO attribute VALUES(1,2,6,'test.user.a8e456c2845dba3a@okta.local',0,1);
INSERT INTO attribute VALUES(1,2,9,'7',0,9);
CREATE TABLE counter (
    root  INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    block INTEGER NOT NULL,
    slot  INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (root, scope, block, slot)
) WITHOUT ROWID;
INSERT INTO counter VALUES(1,2,0,0,4);
INSERT INTO counter VALUES(1,7,0,0,2);
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
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g61fkseqn6q37fg05e0','member','default','deactivated','scim',1795350905213000000,1795350905284000000,4);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g61lt2pm88s2cr210rt','member','default','deactivated','scim',1795350905263000000,1795350905285000000,4);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g61s3r3pufosr0r1qa1','member','default','deactivated','scim',1795350905312000000,1795350905412000000,8);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g61soddvvb3khhotufu','member','default','deactivated','scim',1795350905318000000,1795350905414000000,2);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g61tnupqq8nnkkd2scq','member','default','deactivated','scim',1795350905325000000,1795350905418000000,2);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g61tr1pqurv2u8edr7i','member','default','deactivated','scim',1795350905326000000,1795350905421000000,2);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g62h5da0i2854j1ntkb','member','default','active','scim',1795350905481000000,1795350905481000000,1);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g62p0qvikbihjcmrme0','member','default','deactivated','scim',1795350905544000000,1795350905544000000,1);
INSERT INTO membership VALUES(1,'r7e079blc1','06h06g638ck1fosl4fdijpdc','member','default','deactivated','scim',1795350905667000000,1795350910652000000,2);
CREATE TABLE tombstone (
    root       INTEGER NOT NULL,
    connection TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    subject    TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    PRIMARY KEY (root, connection, kind, hash)
) WITHOUT ROWID;
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','principal',X'0d7577a4dd26548ebbfbbe4f1129e86fd43be01eca9b4b6490c33bbfe952d278','06h06g61s3r3pufosr0r1qa1',1795350905412000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','principal',X'6f81e411feaee587e03873874e6a542f67510c9aeb8281db8f9eddfcc89d2d56','06h06g61soddvvb3khhotufu',1795350905414000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','principal',X'bb094108ca7a7d3e3bee8b355e2c4a1187e00bb3b5f5c9b1ad2c77e28691ff1a','06h06g61tr1pqurv2u8edr7i',1795350905421000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','principal',X'caddc5092ebc2798a4974a6d404ae58266c4c40971aa7d018b09370b28fd9076','06h06g61tnupqq8nnkkd2scq',1795350905418000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','subject',X'191879ee665fc8b9fe8b3e3db4a11601179ea51982373705cdcaea5e8372712d','06h06g61s3r3pufosr0r1qa1',1795350905412000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','subject',X'5d83631dc71aaf6361544a3c7175b1d86746a2704d9964849ac898b33422b52a','06h06g61tr1pqurv2u8edr7i',1795350905421000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','subject',X'6604e619109dcc8307a6229fae9d32339d3640d24892fc98e23831c18f9103c3','06h06g61soddvvb3khhotufu',1795350905414000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','subject',X'd1130197626f8705d76eafa274a4573eff5b7eb97acdab46e3c50c532652d275','06h06g61tnupqq8nnkkd2scq',1795350905418000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','userName of a principal',X'525785750b9b42a2d234e99854d9fb2deb359f4afa758e105bf1f74abc802680','06h06g61soddvvb3khhotufu',1795350905414000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','userName of a principal',X'91ed2a506b8ee617ca7d764a9f0a5660cc8e25b032eb1759969488705b6e3038','06h06g61tr1pqurv2u8edr7i',1795350905421000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','userName of a principal',X'9f20ad6c233829bc9ccbdd312634bd7c88a6b06d48a0a28abbfda99d2a11576d','06h06g61tnupqq8nnkkd2scq',1795350905418000000);
INSERT INTO tombstone VALUES(1,'bb6i5lnbt1be','userName of a principal',X'a88a97277c42849ec687bfa583266f7bdfa14ee3730378d8f6b07cf4284a3414','06h06g61s3r3pufosr0r1qa1',1795350905412000000);
INSERT INTO tombstone VALUES(1,'v7e6eblt146u','principal',X'85df3b5b2dbab53eb48e151501ca306c0e2bff5bea18bb098a9136db4c0a4487','06h06g638ck1fosl4fdijpdc',1795350910652000000);
INSERT INTO tombstone VALUES(1,'v7e6eblt146u','subject',X'43eaf5d2e61c36d823d2ac907397fc03855a88752f4ee4dd379ec979380f2c9a','06h06g638ck1fosl4fdijpdc',1795350910652000000);
INSERT INTO tombstone VALUES(1,'v7e6eblt146u','userName of a principal',X'6fe43bd69af8bcc0248a4dd36e709faba0bc35a22d948003af297d0f5c637f24','06h06g638ck1fosl4fdijpdc',1795350910652000000);
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
INSERT INTO audit VALUES(1,1,'06h06g5g86vcggjdbi8hc7v0',1795350900801000000,'r7e079blc1','','cli:root','workspace.create','Workspace','r7e079blc1','','','','{"key":"ACC123","name":"Acme","default_role":"member"}',X'547e612a24f71d941b53c5eb9a7fbc01',X'e7731c379f033ff971a10b33cf4591e890dd6bc8628da85338aee337f544c65f',NULL,NULL);
INSERT INTO audit VALUES(2,1,'06h06g5h1ofmbv8ub9hgda0m',1795350901006000000,'r7e079blc1','v7e6eblt146u','cli:root','connection.create','Connection','v7e6eblt146u','','','','{"name":"okta","profile":"okta","state":"enabled"}',X'71037138afe80ab13671e1677469d9f8',X'e4e805b0ab65ae26b02a21ed926a189756e2f15673350742e56fa9064dd2a74e',NULL,NULL);
INSERT INTO audit VALUES(3,1,'06h06g5hi8uhulu2h0t9aaqa',1795350901138000000,'r7e079blc1','bb6i5lnbt1be','cli:root','connection.create','Connection','bb6i5lnbt1be','','','','{"name":"entra","profile":"entra","state":"enabled"}',X'b62bc7c7ff9aa855bf4bc7c004f9d8ff',X'23f83784e0baea91d14387efd90197929c03f799952fa5b8e7a0a02ccde9b986',NULL,NULL);
INSERT INTO audit VALUES(4,1,'06h06g5ikgrbgi00e2eo1ula',1795350901412000000,'r7e079blc1','t6v4rc07uee7','cli:root','connection.create','Connection','t6v4rc07uee7','','','','{"name":"gone","profile":"rfc","state":"enabled"}',X'c11af19c4d285aad7199b2ec1355e09d',X'56b0e6996af9037c58c71d76b938dd419a38fd6111ea7463835f07887dc9dfa0',NULL,NULL);
INSERT INTO audit VALUES(5,1,'06h06g5j046km2heledsldi4',1795350901505000000,'r7e079blc1','v7e6eblt146u','cli:root','token.create','Token','66navteo63pks0l5l1vs','','','','{"expires_at":"2036-11-19T12:35:01.48Z"}',X'239d1d7808490969853a04920c70fd1e',X'd9bf755aa8ba00b5f8a7ddef48e8712f8dff13955ba6af92d22998122cb05abd',NULL,NULL);
INSERT INTO audit VALUES(6,1,'06h06g5j4v710hri210q697k',1795350901543000000,'r7e079blc1','bb6i5lnbt1be','cli:root','token.create','Token','mgijr06pbnnd2vro8982','','','','{"expires_at":"2036-11-19T12:35:01.54Z"}',X'3d8de651faaafce10c5ed5772046e71a',X'9d02720a6eb6c8f2a508d910168fc18f21eeae750d010e304509891804cad2fe',NULL,NULL);
INSERT INTO audit VALUES(7,1,'06h06g5jct2v389gvfmgm5rc',1795350901607000000,'r7e079blc1','v7e6eblt146u','cli:root','token.create','Token','frtarkmp4dv6vassibqv','','','','{"expires_at":"2036-11-19T12:35:01.592Z"}',X'ccf18d00bf7550cbf13eab97f229281f',X'b3cc73799af402d69965b347cee388e26b2c9dd81fdb0f0d49fd232dbfa2162c',NULL,NULL);
INSERT INTO audit VALUES(8,1,'06h06g5lt8099n34ge2088l2',1795350902250000000,'r7e079blc1','v7e6eblt146u','cli:root','token.revoke','Token','frtarkmp4dv6vassibqv','','','','{"expires_at":"2036-11-19T12:35:01.592Z"}',X'0eaa794197dbcd4581b2bc314f2220a9',X'7ff70c76c875a619775af43ce40c2be93201a25ab68d7d2d2a39a64668a0ef02',NULL,NULL);
INSERT INTO audit VALUES(9,1,'06h06g61gv81o5ork3r44ef4',1795350905223000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','connection.activate','Connection','v7e6eblt146u','','5SPB2Z75HOTLP7I3RH4Z5NDYW2','127.0.0.1','{}',X'ee2394ae1de9b7fd94a397bd53f86936',X'20cf0ed71464d726da49b59a3e3ab31c5d2618e20ed8195166cb577e65acfa9b',NULL,NULL);
INSERT INTO audit VALUES(10,1,'06h06g61fm32g5lr9i8vmtih',1795350905213000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.create','User','06h06g61fm4j7t2m354mhdq4','06h06g61fkseqn6q37fg05e0','5LEPZT6UBNQ3UDSI2M76CGZKHL','127.0.0.1','{"user_name":"test.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a1"}',X'0b33c0b7585293032c82bb4eed990fef',X'145bef02cc53211b21c63a5764cacbc26c39a97d8b72649b755436a50c7e63ed',NULL,NULL);
INSERT INTO audit VALUES(11,1,'06h06g61ieer823f1gkvs4ve',1795350905235000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61fm4j7t2m354mhdq4','06h06g61fkseqn6q37fg05e0','4NQH7PORBCWFTJI4NTCT67OUCE','127.0.0.1','{"user_name":"test.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a1","changed":["displayName","emails","locale","name"]}',X'0baf7ea9cf866ab6d604acad74255312',X'4c4d4c24848d4fb513612d603feea41380ccfc521cf05b587a2a38c1cb9d5e2b',NULL,NULL);
INSERT INTO audit VALUES(12,1,'06h06g61jbgacl0jldlmck30',1795350905242000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61fm4j7t2m354mhdq4','06h06g61fkseqn6q37fg05e0','QPEGJJ2AVYAK5LFBZRUQWF3GAN','127.0.0.1','{"user_name":"test.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a1","changed":["name"]}',X'94b192bf56739a89484e8224bfdcebba',X'dd82f2eb2d3b291fa020e6a9e3fe1edd8bbaf51208c536d003b73ac6174e7ae3',NULL,NULL);
INSERT INTO audit VALUES(13,1,'06h06g61l8rtr454bbtlvvbn',1795350905258000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61fm4j7t2m354mhdq4','06h06g61fkseqn6q37fg05e0','UWX72HSSJLVZ75B6JTKOIZTJR6','127.0.0.1','{"user_name":"test.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a1","changed":["active"]}',X'dd9961c9b6e6e739c950591b6ab1832f',X'59af6837705d683916a570202ad7852437245deb745b0fa5553b2919b4b9a29e',NULL,NULL);
INSERT INTO audit VALUES(14,1,'06h06g61lkhl96bnhk2qdcef',1795350905261000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61fm4j7t2m354mhdq4','06h06g61fkseqn6q37fg05e0','Z43VUC2W5NLY63JKUODKAKY3RN','127.0.0.1','{"user_name":"test.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a1","changed":["active"]}',X'7ba1818e1c1eeb956bcb55f523686854',X'f566f3b8ff12510b912c03e9c5c6e26f867d974f82a49c3007d3032eecd7b478',NULL,NULL);
INSERT INTO audit VALUES(15,1,'06h06g61lt4ck5sdls5lm3lo',1795350905263000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.create','User','06h06g61luf4m5u7qh8jfdeo','06h06g61lt2pm88s2cr210rt','TWHSGL5QGMP5SYPGRBPEH5WF74','127.0.0.1','{"user_name":"second.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a2"}',X'eb4d8edbf6c8d23aa1933d1ac9e92692',X'83305cab4151b25addc2d3c50b0c0f362568b3767517a076ed8c1a05caec9cf8',NULL,NULL);
INSERT INTO audit VALUES(16,1,'06h06g61m6d6hj0ja8pluk7j',1795350905265000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61luf4m5u7qh8jfdeo','06h06g61lt2pm88s2cr210rt','3MGHFC6CUXAEX3Z75NTITM6UKF','127.0.0.1','{"user_name":"second.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a2","changed":["active"]}',X'98455a1a3a769c2039fe237008b4fa35',X'947994ab15910b1c453966b7c170a7618ac70c8819524c025eb5f02ef00c1407',NULL,NULL);
INSERT INTO audit VALUES(17,1,'06h06g61n1cme9mbj65b9k32',1795350905272000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61luf4m5u7qh8jfdeo','06h06g61lt2pm88s2cr210rt','LBBYMFOCRQJE65JPOCQR4FUD26','127.0.0.1','{"user_name":"second.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a2","changed":["active"]}',X'4b12c977f82205079b7eaca445b2535a',X'a158093fc7443fc268cddef904e11aece1c36b5042d2a9b7f19f466cfb66125f',NULL,NULL);
INSERT INTO audit VALUES(18,1,'06h06g61n82vmdglvanajiff',1795350905274000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.create','Group','06h06g61n802mavf2ecfb2uc','','EKYWRACKSIVZULIVKASUVHJ5RV','127.0.0.1','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a"}',X'0cb9c10d8efcddd39c12e97dacbeaca8',X'666fd09b9497060c31384d485ee21b6c879b93aa934a93cc6cc1d25d65024040',NULL,NULL);
INSERT INTO audit VALUES(19,1,'06h06g61ni84t5qabhvcapbs',1795350905276000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.update','Group','06h06g61n802mavf2ecfb2uc','','M43LOLFCKTEQCJEQ6OXQIKP25U','127.0.0.1','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a","added":["06h06g61luf4m5u7qh8jfdeo"]}',X'8a56683dfa0fcd1cca38d766da6aef62',X'3afecc1f8afadca9dd3f6b582ac423c6c7930e8c9477370da17ae672f3478c32',NULL,NULL);
INSERT INTO audit VALUES(20,1,'06h06g61nm4m32pnqe5km8bi',1795350905277000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.update','Group','06h06g61n802mavf2ecfb2uc','','KOP73TZOG5C3RUBJTZP3YZ2PUF','127.0.0.1','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a","added":["06h06g61fm4j7t2m354mhdq4"],"removed":["06h06g61luf4m5u7qh8jfdeo"]}',X'4cd3f94b3b1b95ae0f12071e9d4af0b1',X'05bd790b33efd5121a05a7c87f8d401e758fc47a1e878800e6ed99c33e36076d',NULL,NULL);
INSERT INTO audit VALUES(21,1,'06h06g61nsoh866et0ceal96',1795350905279000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.update','Group','06h06g61n802mavf2ecfb2uc','','YUARTGBMOFORKMD73R6JYMFXHR','127.0.0.1','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed","changed":["displayName"]}',X'82a70a0921f81543575ad931f5498e66',X'2fd579f402473404346ffc11ffd92e686b84ecd88dab3ff3bcffda9dab0b85b0',NULL,NULL);
INSERT INTO audit VALUES(22,1,'06h06g61o7fhd1k3odhlu1hq',1795350905281000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.update','Group','06h06g61n802mavf2ecfb2uc','','JR7IIATWN26BMIKJVNN54XLYFR','127.0.0.1','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed","added":["06h06g61luf4m5u7qh8jfdeo"]}',X'e309cefc0ba087ef42af8a6fff55b514',X'10b4828b593e883e13329ecd1314bd634bc1b7db6f8a0c19921cc61cde6566c7',NULL,NULL);
INSERT INTO audit VALUES(23,1,'06h06g61o84g0qc6am56dn6l',1795350905282000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.update','Group','06h06g61n802mavf2ecfb2uc','','5PBZO5VGL7J6QQ2OIY6SP5LZM4','127.0.0.1','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed","removed_all":true}',X'525e4e099d9c529258b6e6abd0f9db99',X'23c1f26f6197dab9d387721250038122bbfeaa9705802f047c79d1e94deef84c',NULL,NULL);
INSERT INTO audit VALUES(24,1,'06h06g61odufqslj0u9v0vlc',1795350905283000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.delete','Group','06h06g61n802mavf2ecfb2uc','','ZSUU3AQFFUQ4ED23CWQW2NCCDX','127.0.0.1','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed"}',X'98cc99920ca6c6355dc33e7b77014a42',X'897da3f3067f1671b9f50e889d3ba46e9c3aa3dd93adbbd80ec401b7a6d946af',NULL,NULL);
INSERT INTO audit VALUES(25,1,'06h06g61ohs655rovkdm598g',1795350905284000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61fm4j7t2m354mhdq4','06h06g61fkseqn6q37fg05e0','OD2UKK23DXMJHTZDPGOCBZ3IQU','127.0.0.1','{"user_name":"test.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a1","changed":["active"]}',X'd2908699a75f797b08f6a1914b666e0f',X'bf6fe0bfccae9d63477ac3e0507d2f94e94d2809d27a6307487d5c799e9e85bf',NULL,NULL);
INSERT INTO audit VALUES(26,1,'06h06g61ok0brag4s8h8r3dv',1795350905285000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g61luf4m5u7qh8jfdeo','06h06g61lt2pm88s2cr210rt','HT7YL6U3Q4DUV5QU2NVI6BSRNM','127.0.0.1','{"user_name":"second.user.a8e456c2845dba3a@okta.local","external_id":"00ua8e456c2845dba3a2","changed":["active"]}',X'b5279f9bf27297e9ce8b7b8b97154ecd',X'13fd0cd2bd87b5b428b4ec1aa70e2abda37d3aac5b86991370a20659e5a1778b',NULL,NULL);
INSERT INTO audit VALUES(27,1,'06h06g61ruc344j3tronk825',1795350905311000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','connection.activate','Connection','bb6i5lnbt1be','','PTFWB2UOT2C7W35YBLGRIFP6GW','127.0.0.1','{}',X'af862358dd41afdd318a3ca0fa2e753b',X'c285597eed333ee20f3b4464fe0dbc833a9a16b9f384adeba9779939cca26899',NULL,NULL);
INSERT INTO audit VALUES(28,1,'06h06g61s0m7rh70una9i43b',1795350905312000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.create','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','SDTSDGDQ7JWCOFJ62PVMI3X6DE','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"5e9c947b-7a06-4131-955e-921cbc7c66f4"}',X'ed29de53e6fef2545c650c235cb36ec9',X'cf0aa6e8e64b6fb1f38c93df6f18516c48e35b2b651b43eb40f74eda480dfdf1',NULL,NULL);
INSERT INTO audit VALUES(29,1,'06h06g61sok5ln3c51ggvqgu',1795350905318000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.create','User','06h06g61sokbasc4loid63o0','06h06g61soddvvb3khhotufu','LSTLM3CO3Q7YZMY56YJRNCAXT2','127.0.0.1','{"user_name":"Test_Manager_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Manager-5e9c947b-7a06-4131-955e-921cbc7c66f4"}',X'edf5afd0eebe7aa9b6479263a3dec106',X'9b0e5c4d8598eaad0cd8e73b977e3f64670b426cfffc26f89b3f9ac2d779379e',NULL,NULL);
INSERT INTO audit VALUES(30,1,'06h06g61tkbjou6tfpr3v8bi',1795350905325000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.create','User','06h06g61tl9lormi16mlp891','06h06g61tnupqq8nnkkd2scq','DD7KLLYA7VAC7CXQRM7UOXCQOC','127.0.0.1','{"user_name":"Test_Colleague_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Colleague-5e9c947b-7a06-4131-955e-921cbc7c66f4"}',X'ecc1138e285f63275d3abf3ace436afa',X'df8df0e22d737583d2c7a9183fd057bce87d862057349d7c68a44165753ad0bc',NULL,NULL);
INSERT INTO audit VALUES(31,1,'06h06g61tpq4evpnb4rnvel2',1795350905326000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.create','User','06h06g61tpctevn1u4ihhf5e','06h06g61tr1pqurv2u8edr7i','WYEQ4KS6BZEV4KX5PK6WJ3U4VQ','127.0.0.1','{"user_name":"jyoung.34c2bcf7c7556896@testuser.com","external_id":"jyoung34c2bcf7c7556896"}',X'1782aa757c76fe3d0b702c08e5ebfca9',X'caf63ed5c8df2ad9084ed371a4683efbf6bd249e0c458e63f81ff786825dcfff',NULL,NULL);
INSERT INTO audit VALUES(32,1,'06h06g61u1dv8ja1v4pej6pd',1795350905328000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','CZCJRW4BJZOXAM7D6PFGXIRJF7','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["displayName","emails","externalId","name","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"]}',X'e2819e224b67d22659349d8c1649fa77',X'fd2f56f0676a9c8b95017ac2db61411684d40d240e5f4c409af414d56e8299a5',NULL,NULL);
INSERT INTO audit VALUES(33,1,'06h06g61uff5u8b6tt140ph5',1795350905331000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','6QCFX3P3G32LV4WM4HOWNTW7UT','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["nickName"]}',X'3d22a70ae166143c659adce4b01ccec4',X'4a78280729b1077e8ec62579720a689bd1a966b2ec90777af8d68476ea35e1e9',NULL,NULL);
INSERT INTO audit VALUES(34,1,'06h06g61uivoh8rk8dq3rj1b',1795350905332000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','WMRDJ6CVUEZBJOLL7FOJZLHXRH','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["addresses","emails","phoneNumbers","preferredLanguage","title","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"]}',X'31d30b9b74657ddea79b95576e2104df',X'ffde2d1be0d9028ff6e2c9df5b2a853ff585728cdf420244ad359b3ba5bf204e',NULL,NULL);
INSERT INTO audit VALUES(35,1,'06h06g61v50omm3l23f6ql3d',1795350905337000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','HNR2XN5VSENVO2JT7ERTLOLP6M','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"]}',X'6db6293e9206ef6aa165fa0afb3ccd02',X'b2239762dde7588ff6641d7469faa20577a04672a9192429c0a9de2f1398e22a',NULL,NULL);
INSERT INTO audit VALUES(36,1,'06h06g61vpm36nbat6kius4v',1795350905342000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','6LSNTNON5ZXSMNPC5C4DBQCGNE','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["active"]}',X'b167046940b3f0df3b19edec8509964b',X'34843408ca4df4fd02c596a203414aa7391a8c921c1bb3a3f0617e5c6f6dbf8f',NULL,NULL);
INSERT INTO audit VALUES(37,1,'06h06g62065b71fln0e6d5h3',1795350905345000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','QCH5RB5BWIH5JW3AED2DIQUTQN','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["active"]}',X'b141b6ba8ac3a80ba2bed8fe61c4787e',X'11ecf3a90afd8c10f70a3737d70f706c6823d298bee43da512d91439a544b931',NULL,NULL);
INSERT INTO audit VALUES(38,1,'06h06g620fomm6qvv69i96it',1795350905347000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','YG7GHFRUHEKDEJOKMOQPTZZMCK','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["active"]}',X'8958552ee8379f4dd5287a527c207898',X'2f5b9d2555549972b540bf7e538eb663a1f254b3845ca7f8c06aa055d42158eb',NULL,NULL);
INSERT INTO audit VALUES(39,1,'06h06g620kd45tgce5mvleha',1795350905349000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','EQBP6NVDGI6PVEZWCG5HBAOKGR','127.0.0.1','{"user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["active"]}',X'ed05b6a3e2e4ce123a0d660776c7e875',X'7d0bad63925c0ef7fd0b0f2abfd32081954dba82472ac1f52e5cb0110778513f',NULL,NULL);
INSERT INTO audit VALUES(40,1,'06h06g620oos6oo7gjhjj2u5',1795350905350000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','SECKKX5NBJIUP7VCPFK2TDFUNS','127.0.0.1','{"user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","user_name_before":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Eqpj34c2bcf7c7556896","changed":["userName"]}',X'98b0dcbd82b2ca8d75d117fa8ee9385a',X'c2d55e18b81ba87fdb1ab05d108c3f6911a0ccd70d0b40d3f80b5f0def33e324',NULL,NULL);
INSERT INTO audit VALUES(41,1,'06h06g621ksjj8v8p4cc8p13',1795350905357000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','group.create','Group','06h06g621kdjs1gcnm62cn4b','','UB2AMPXKHBSITW46YKQD2KRVXE','127.0.0.1','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4"}',X'ddd21d3c014041c74e0fa14ad48cb4a2',X'f3b7cb00c1e359a37cb09401c84d7789ddeabe12f7957a066036c951be3107d4',NULL,NULL);
INSERT INTO audit VALUES(42,1,'06h06g622llr12jgldk3m1pp',1795350905365000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','group.update','Group','06h06g621kdjs1gcnm62cn4b','','QX55BBGC2HSWABPT2MNKXAW2T2','127.0.0.1','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","added":["06h06g61s02f7t6c30hvl9dq"]}',X'bd4970565bbaec5889f0142fd0affc7c',X'4ef2bbe66ac8bd5f82813b6ab9d26102a01f29bb04d1535fd935dd47acd0de68',NULL,NULL);
INSERT INTO audit VALUES(43,1,'06h06g6232qaf97f7tvdta07',1795350905368000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','group.update','Group','06h06g621kdjs1gcnm62cn4b','','AGXLJUPPAHCJLYPO7VFJ67FY5D','127.0.0.1','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","added":["06h06g61sokbasc4loid63o0","06h06g61tl9lormi16mlp891"]}',X'03cad541564c8f826825f7aa2aac9752',X'02d3e49cb8720cf6ca8121306fb959913c2540a55d1c167348354e7bdf8c48d4',NULL,NULL);
INSERT INTO audit VALUES(44,1,'06h06g624g9th1an2ngl4cd0',1795350905380000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','AKPIGREXPMF4SV4RJR3EYX27CT','127.0.0.1','{"user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","external_id":"Eqpj34c2bcf7c7556896","changed":["active"]}',X'231690478d6305eb00b2adcf0047b338',X'b5333d6f382d3584a61a5227047369fca0a30bfc2ef9e4503fc474f254eca66a',NULL,NULL);
INSERT INTO audit VALUES(45,1,'06h06g6250k0ueish4q6htaf',1795350905384000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.update','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','VTVVTWW6POB5F3YE7ZTPE6N5BG','127.0.0.1','{"user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","external_id":"Eqpj34c2bcf7c7556896","changed":["active"]}',X'f1e3b23b4fcdeb91bae7c589e8420004',X'f3240872244ac607408c7c50b858e5788c66d51437dbf3f6438b6f30ed885401',NULL,NULL);
INSERT INTO audit VALUES(46,1,'06h06g62791kcsndanndkprv',1795350905402000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','group.update','Group','06h06g621kdjs1gcnm62cn4b','','EVESYCOSRHALK5HUSLAACTRIQN','127.0.0.1','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","removed":["06h06g61s02f7t6c30hvl9dq"]}',X'9f0d4630f02855884dc8e22bae8c9807',X'2978923e4b4a84b161115b330b4bd1e85632c5f95353dec6c43ac7528e0e75fc',NULL,NULL);
INSERT INTO audit VALUES(47,1,'06h06g627umr3u7ilmg089hb',1795350905407000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','group.update','Group','06h06g621kdjs1gcnm62cn4b','','NS4JARXTGUR5QR3OTGWMUP4QWZ','127.0.0.1','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","removed":["06h06g61tl9lormi16mlp891"]}',X'ea4bcd3f763e28eaf0c656fb2cb355aa',X'a9c82b879668966fdf35cb3c85e34c1a65dfa54bf4f5a1d1fc4117a8e361d461',NULL,NULL);
INSERT INTO audit VALUES(48,1,'06h06g6286ja4eurtdan5ii9',1795350905409000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','group.update','Group','06h06g621kdjs1gcnm62cn4b','','U2QFWXDYMFQ3VYVMVMFVEYFCCG','127.0.0.1','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4updatedDisplayName","changed":["displayName"]}',X'acc192fe80709dd2c2f264cd90602444',X'25c0d878e3781268e010b4c1bf1902cc657e3de0c9d76b29b0ab39762cb95ca3',NULL,NULL);
INSERT INTO audit VALUES(49,1,'06h06g6289r7m13193l96up1',1795350905410000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','group.delete','Group','06h06g621kdjs1gcnm62cn4b','','UHJX6AOQXMBAMGEY22EJDIJ4KE','127.0.0.1','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4updatedDisplayName"}',X'e45a8effe52de3ea799b0de395fcdd12',X'e9338126e4290ea6f6a34818e09676cc6fdaa084af9b671f135ba1a04212d8b3',NULL,NULL);
INSERT INTO audit VALUES(50,1,'06h06g628gi3dl2hbupjkemv',1795350905412000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.delete','User','06h06g61s02f7t6c30hvl9dq','06h06g61s3r3pufosr0r1qa1','AOEQLYAO6AOCRZRPAM4PDJ3JCI','127.0.0.1','{"user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","external_id":"Eqpj34c2bcf7c7556896"}',X'05275c813996fc2faf0b92058bd06cff',X'61c5013212328e0a5a1e9f33f00939616d60d4a5f3778fabe888b15742649ae3',NULL,NULL);
INSERT INTO audit VALUES(51,1,'06h06g628r0pspdrpi6u4r5v',1795350905414000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.delete','User','06h06g61sokbasc4loid63o0','06h06g61soddvvb3khhotufu','KBKXHECMRJTRIFM6UPZUNMDRKL','127.0.0.1','{"user_name":"Test_Manager_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Manager-5e9c947b-7a06-4131-955e-921cbc7c66f4"}',X'230b76db2fda158eab2c5bac6f927aaf',X'721b8f2daff67169e5d7497c3b4d5dd24217e1764432bf63976fce0aa818572e',NULL,NULL);
INSERT INTO audit VALUES(52,1,'06h06g629bs13kejt7opd9t3',1795350905418000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.delete','User','06h06g61tl9lormi16mlp891','06h06g61tnupqq8nnkkd2scq','XUXZYKKYLLGJTP6IRI64K6HACK','127.0.0.1','{"user_name":"Test_Colleague_455050b5-ee13-4780-bea5-6296220d8f96","external_id":"Colleague-5e9c947b-7a06-4131-955e-921cbc7c66f4"}',X'2b03ccb2a6459362bca977bd11190975',X'eec9f25399486bb11e260f744a67f3d140c92d52c415d430b485f08f80be4956',NULL,NULL);
INSERT INTO audit VALUES(53,1,'06h06g629mka5iknutbc0fq9',1795350905421000000,'r7e079blc1','bb6i5lnbt1be','token:mgijr06pbnnd2vro8982','user.delete','User','06h06g61tpctevn1u4ihhf5e','06h06g61tr1pqurv2u8edr7i','6NLH7PATHRRMWTTLQJ3RR4CN3Z','127.0.0.1','{"user_name":"jyoung.34c2bcf7c7556896@testuser.com","external_id":"jyoung34c2bcf7c7556896"}',X'8897e7f7078393b669309d008c47fc8e',X'4201cc5ceaafbd8a6857f7028a24454992e802aa617377401dc7e04b105c3beb',NULL,NULL);
INSERT INTO audit VALUES(54,1,'06h06g62h56c2brj5a3jochr',1795350905481000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.create','User','06h06g62h471a13i324e0ju5','06h06g62h5da0i2854j1ntkb','S2XDWZVA24SEV5P6JNTSNZ5PBJ','127.0.0.1','{"user_name":"ada@example.com","external_id":"00u1"}',X'0dfa7adcea32a9cbe6d24e027f4ffaf5',X'f2d1040d983333a741534fe72d79d0639bd1b02ce3b7c120d6b9b604ac8767c4',NULL,NULL);
INSERT INTO audit VALUES(55,1,'06h06g62p2plmbfdh4t2027k',1795350905544000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.create','User','06h06g62p0scg82da53qutgi','06h06g62p0qvikbihjcmrme0','WI7I4IIXJUZX3SSNABC3GKUCRS','127.0.0.1','{"user_name":"bob@example.com","external_id":"00u2"}',X'faa98d25b4e3184a649381e1d1362ce0',X'984be42bb7ca9adce309f28f76123b8d1cf9cd439237a48341bd3be043d169a8',NULL,NULL);
INSERT INTO audit VALUES(56,1,'06h06g638fma23ptjatok73b',1795350905667000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.create','User','06h06g638cl1hoomtn9r632r','06h06g638ck1fosl4fdijpdc','ZF66V4GIGABNGTICZNECO63YN3','127.0.0.1','{"user_name":"gone@example.com","external_id":"00u3"}',X'f3e293dace39cf9707f58be1378edd1a',X'c730c2dc22f9fde6ab9680fd47c5a08ba28d9ceaeb7f12025d87ab4eac9a1dda',NULL,NULL);
INSERT INTO audit VALUES(57,1,'06h06g6ehko7shgvikp56olu',1795350908557000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.create','Group','06h06g6ehli40744qv7kp750','','Y6QRQG3E5SGCF5YJ6SRMN6SUHU','127.0.0.1','{"group":"06h06g6ehli40744qv7kp750","display_name":"Sales","added":["06h06g62h471a13i324e0ju5","06h06g62p0scg82da53qutgi","06h06g638cl1hoomtn9r632r"]}',X'801e5f47a38a007fbb37631b9af7ba35',X'277371080ec9292f2d48a4c121df50ea6bfea2bcab03c18d05a800b439de941e',NULL,NULL);
INSERT INTO audit VALUES(58,1,'06h06g6gsamearanrpc0t07u',1795350909154000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.create','Group','06h06g6gs92tlerv36iqabr3','','ASCVVD2ZB6LWQ2IJHBWJ3WQATZ','127.0.0.1','{"group":"06h06g6gs92tlerv36iqabr3","display_name":"Staff","added":["06h06g62h471a13i324e0ju5"]}',X'40e7440ac9fe6bf236dc27ebddea8b62',X'bc6a9cd4be2d6d0b1efe1096b5d45d456fe33ba915efaa47cce99f28cefbac72',NULL,NULL);
INSERT INTO audit VALUES(59,1,'06h06g6guf0ss30dgd849575',1795350909171000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.create','Group','06h06g6gudtck7j5sj5susqg','','7DJZNQRNK6VYDAZTGRWOE3RJ2Y','127.0.0.1','{"group":"06h06g6gudtck7j5sj5susqg","display_name":"Empty"}',X'087757f9234d4904f1222c899508d918',X'cd0d9c63efd782ed7cf54a45c7c1940c68b7d8dcece0af099d6382438a19d93e',NULL,NULL);
INSERT INTO audit VALUES(60,1,'06h06g6mng7d2ijkulges61d',1795350910652000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.delete','User','06h06g638cl1hoomtn9r632r','06h06g638ck1fosl4fdijpdc','PYUDH7ILB7DO3WOZSGIQBC6X4V','127.0.0.1','{"user_name":"gone@example.com","external_id":"00u3"}',X'03d45d2a70781aed192477f7d3bce26b',X'a32c90ae7c784d82bb593ebd4d03f74bbc7139bca1cf8d4bb7da87d3a94867db',NULL,NULL);
INSERT INTO audit VALUES(61,1,'06h06g6p690v5lungafr3ivh',1795350911282000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','group.delete','Group','06h06g6gudtck7j5sj5susqg','','Y25FLBOIRZLC5CERCCKYW6MQ2C','127.0.0.1','{"group":"06h06g6gudtck7j5sj5susqg","display_name":"Empty"}',X'85f63d53f4a9135d77b7fceb764a1528',X'93ba128556a4dc5f496924d22e80ebdf5684322f88b52d4b2b02762a08d97099',NULL,NULL);
INSERT INTO audit VALUES(62,1,'06h06g6qoitto4a6c826565s',1795350911684000000,'r7e079blc1','v7e6eblt146u','token:66navteo63pks0l5l1vs','user.update','User','06h06g62h471a13i324e0ju5','06h06g62h5da0i2854j1ntkb','CQ26Y7XFRCQDE55C2RVTIKZWDH','127.0.0.1','{"user_name":"ada@example.com","external_id":"00u1","changed":["title"]}',X'60d65386d6d707d87fcf11f471ab2b62',X'108ea7257e5d177d0b77875dd4d0b39e8caadc5e4a0807d26195b40fd65f4f52',NULL,NULL);
INSERT INTO audit VALUES(63,1,'06h06g6s1g99pv2rti6u2c4i',1795350912012000000,'r7e079blc1','t6v4rc07uee7','cli:root','connection.delete','Connection','t6v4rc07uee7','','','','{"name":"gone","profile":"rfc","state":"enabled"}',X'e7b52b1ae457c9161d34b0d851e9c12a',X'bafc35198b762c013f610152731946994600ada73cf63ba1aa009d3cd6e92e69',NULL,NULL);
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
INSERT INTO event VALUES(1,1,'06h06g61fm1chnp9a2mlu63u',1795350905213000000,'member.joined','r7e079blc1','v7e6eblt146u','06h06g61fkseqn6q37fg05e0','{"user":"06h06g61fm4j7t2m354mhdq4","user_name":"test.user.a8e456c2845dba3a@okta.local","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(2,1,'06h06g61iep0qfpn7vn9mk7g',1795350905235000000,'member.updated','r7e079blc1','v7e6eblt146u','06h06g61fkseqn6q37fg05e0','{"user":"06h06g61fm4j7t2m354mhdq4","user_name":"test.user.a8e456c2845dba3a@okta.local","status":"active","changed":["displayName","emails","locale","name"]}',NULL);
INSERT INTO event VALUES(3,1,'06h06g61j8c2nuqvaror1895',1795350905242000000,'member.updated','r7e079blc1','v7e6eblt146u','06h06g61fkseqn6q37fg05e0','{"user":"06h06g61fm4j7t2m354mhdq4","user_name":"test.user.a8e456c2845dba3a@okta.local","status":"active","changed":["name"]}',NULL);
INSERT INTO event VALUES(4,1,'06h06g61l91vq5faa4bk2it9',1795350905258000000,'member.deactivated','r7e079blc1','v7e6eblt146u','06h06g61fkseqn6q37fg05e0','{"user":"06h06g61fm4j7t2m354mhdq4","user_name":"test.user.a8e456c2845dba3a@okta.local","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(5,1,'06h06g61ln313s09rrmta12d',1795350905261000000,'member.reactivated','r7e079blc1','v7e6eblt146u','06h06g61fkseqn6q37fg05e0','{"user":"06h06g61fm4j7t2m354mhdq4","user_name":"test.user.a8e456c2845dba3a@okta.local","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(6,1,'06h06g61ls9sf3pep1u1jq07',1795350905263000000,'member.joined','r7e079blc1','v7e6eblt146u','06h06g61lt2pm88s2cr210rt','{"user":"06h06g61luf4m5u7qh8jfdeo","user_name":"second.user.a8e456c2845dba3a@okta.local","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(7,1,'06h06g61m4gip2ul1gtpkm99',1795350905265000000,'member.deactivated','r7e079blc1','v7e6eblt146u','06h06g61lt2pm88s2cr210rt','{"user":"06h06g61luf4m5u7qh8jfdeo","user_name":"second.user.a8e456c2845dba3a@okta.local","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(8,1,'06h06g61n3tkurh81ai694ja',1795350905272000000,'member.reactivated','r7e079blc1','v7e6eblt146u','06h06g61lt2pm88s2cr210rt','{"user":"06h06g61luf4m5u7qh8jfdeo","user_name":"second.user.a8e456c2845dba3a@okta.local","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(9,1,'06h06g61nbj16ki3bm23qum5',1795350905274000000,'group.created','r7e079blc1','v7e6eblt146u','','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a"}',NULL);
INSERT INTO event VALUES(10,1,'06h06g61ngbn7genuqhmp094',1795350905276000000,'group.updated','r7e079blc1','v7e6eblt146u','','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a","added":["06h06g61luf4m5u7qh8jfdeo"]}',NULL);
INSERT INTO event VALUES(11,1,'06h06g61nkfv0lhtr4e2jvom',1795350905277000000,'group.updated','r7e079blc1','v7e6eblt146u','','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a","added":["06h06g61fm4j7t2m354mhdq4"],"removed":["06h06g61luf4m5u7qh8jfdeo"]}',NULL);
INSERT INTO event VALUES(12,1,'06h06g61ns3ru1u3amck0is1',1795350905279000000,'group.updated','r7e079blc1','v7e6eblt146u','','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed","changed":["displayName"]}',NULL);
INSERT INTO event VALUES(13,1,'06h06g61o64btk0gf98ft0ng',1795350905281000000,'group.updated','r7e079blc1','v7e6eblt146u','','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed","added":["06h06g61luf4m5u7qh8jfdeo"]}',NULL);
INSERT INTO event VALUES(14,1,'06h06g61ob6eh2c383mj92hv',1795350905282000000,'group.updated','r7e079blc1','v7e6eblt146u','','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed","removed_all":true}',NULL);
INSERT INTO event VALUES(15,1,'06h06g61oeltrmhcsitbstb5',1795350905283000000,'group.deleted','r7e079blc1','v7e6eblt146u','','{"group":"06h06g61n802mavf2ecfb2uc","display_name":"Test SCIMv2 a8e456c2845dba3a renamed"}',NULL);
INSERT INTO event VALUES(16,1,'06h06g61oj5nfv56sm6koeh7',1795350905284000000,'member.deactivated','r7e079blc1','v7e6eblt146u','06h06g61fkseqn6q37fg05e0','{"user":"06h06g61fm4j7t2m354mhdq4","user_name":"test.user.a8e456c2845dba3a@okta.local","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(17,1,'06h06g61olc78gln4vurno74',1795350905285000000,'member.deactivated','r7e079blc1','v7e6eblt146u','06h06g61lt2pm88s2cr210rt','{"user":"06h06g61luf4m5u7qh8jfdeo","user_name":"second.user.a8e456c2845dba3a@okta.local","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(18,1,'06h06g61s2q5fke2re40nd8d',1795350905312000000,'member.joined','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(19,1,'06h06g61sorjkpe4621hdval',1795350905318000000,'member.joined','r7e079blc1','bb6i5lnbt1be','06h06g61soddvvb3khhotufu','{"user":"06h06g61sokbasc4loid63o0","user_name":"Test_Manager_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(20,1,'06h06g61tkslb48pcii66n48',1795350905325000000,'member.joined','r7e079blc1','bb6i5lnbt1be','06h06g61tnupqq8nnkkd2scq','{"user":"06h06g61tl9lormi16mlp891","user_name":"Test_Colleague_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(21,1,'06h06g61trg1gfejk2clhqu4',1795350905326000000,'member.joined','r7e079blc1','bb6i5lnbt1be','06h06g61tr1pqurv2u8edr7i','{"user":"06h06g61tpctevn1u4ihhf5e","user_name":"jyoung.34c2bcf7c7556896@testuser.com","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(22,1,'06h06g61u2gndrtp3sb7ohq3',1795350905328000000,'member.updated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","status":"active","changed":["displayName","emails","externalId","name","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"]}',NULL);
INSERT INTO event VALUES(23,1,'06h06g61uf9bdj5tf7klojpq',1795350905331000000,'member.updated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","status":"active","changed":["nickName"]}',NULL);
INSERT INTO event VALUES(24,1,'06h06g61ujso5bmm01mfc12h',1795350905332000000,'member.updated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","status":"active","changed":["addresses","emails","phoneNumbers","preferredLanguage","title","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"]}',NULL);
INSERT INTO event VALUES(25,1,'06h06g61v7793mdeg8kc9tkf',1795350905337000000,'member.updated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","status":"active","changed":["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"]}',NULL);
INSERT INTO event VALUES(26,1,'06h06g61vo6tl9aabdlg57po',1795350905342000000,'member.deactivated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(27,1,'06h06g6207glfgchdp17rc46',1795350905345000000,'member.reactivated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(28,1,'06h06g620e6m39gsghf71b32',1795350905347000000,'member.deactivated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(29,1,'06h06g620kajr31a4fasgi1d',1795350905349000000,'member.reactivated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"Test_User_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(30,1,'06h06g620pnmu0hvbc9t55h5',1795350905350000000,'member.updated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","status":"active","changed":["userName"]}',NULL);
INSERT INTO event VALUES(31,1,'06h06g621nugba7aorkoiq14',1795350905357000000,'group.created','r7e079blc1','bb6i5lnbt1be','','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4"}',NULL);
INSERT INTO event VALUES(32,1,'06h06g622k71eldjvikljn6c',1795350905365000000,'group.updated','r7e079blc1','bb6i5lnbt1be','','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","added":["06h06g61s02f7t6c30hvl9dq"]}',NULL);
INSERT INTO event VALUES(33,1,'06h06g6230bm7bb847fmbp04',1795350905368000000,'group.updated','r7e079blc1','bb6i5lnbt1be','','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","added":["06h06g61sokbasc4loid63o0","06h06g61tl9lormi16mlp891"]}',NULL);
INSERT INTO event VALUES(34,1,'06h06g624h3lcp1eualc1r9r',1795350905380000000,'member.deactivated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(35,1,'06h06g6253383l8mpa1s0kuc',1795350905384000000,'member.reactivated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(36,1,'06h06g627akvfiu7rrhbg011',1795350905402000000,'group.updated','r7e079blc1','bb6i5lnbt1be','','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","removed":["06h06g61s02f7t6c30hvl9dq"]}',NULL);
INSERT INTO event VALUES(37,1,'06h06g627t2nubu5kltrgtau',1795350905407000000,'group.updated','r7e079blc1','bb6i5lnbt1be','','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4","removed":["06h06g61tl9lormi16mlp891"]}',NULL);
INSERT INTO event VALUES(38,1,'06h06g6285emib788snfcak3',1795350905409000000,'group.updated','r7e079blc1','bb6i5lnbt1be','','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4updatedDisplayName","changed":["displayName"]}',NULL);
INSERT INTO event VALUES(39,1,'06h06g6288peel2l1lcb6up6',1795350905410000000,'group.deleted','r7e079blc1','bb6i5lnbt1be','','{"group":"06h06g621kdjs1gcnm62cn4b","display_name":"displayName 5e9c947b-7a06-4131-955e-921cbc7c66f4updatedDisplayName"}',NULL);
INSERT INTO event VALUES(40,1,'06h06g628gntpkq5le38on21',1795350905412000000,'member.deactivated','r7e079blc1','bb6i5lnbt1be','06h06g61s3r3pufosr0r1qa1','{"user":"06h06g61s02f7t6c30hvl9dq","user_name":"5e9c947b-7a06-4131-955e-921cbc7c66f4@testuser.com","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(41,1,'06h06g628p3adbeomsaf5b59',1795350905414000000,'member.deactivated','r7e079blc1','bb6i5lnbt1be','06h06g61soddvvb3khhotufu','{"user":"06h06g61sokbasc4loid63o0","user_name":"Test_Manager_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(42,1,'06h06g6299b5fb0dl5gg7459',1795350905418000000,'member.deactivated','r7e079blc1','bb6i5lnbt1be','06h06g61tnupqq8nnkkd2scq','{"user":"06h06g61tl9lormi16mlp891","user_name":"Test_Colleague_455050b5-ee13-4780-bea5-6296220d8f96","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(43,1,'06h06g629m4t02j2dvqjjik9',1795350905421000000,'member.deactivated','r7e079blc1','bb6i5lnbt1be','06h06g61tr1pqurv2u8edr7i','{"user":"06h06g61tpctevn1u4ihhf5e","user_name":"jyoung.34c2bcf7c7556896@testuser.com","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(44,1,'06h06g62h6kji4rmmdld142r',1795350905481000000,'member.joined','r7e079blc1','v7e6eblt146u','06h06g62h5da0i2854j1ntkb','{"user":"06h06g62h471a13i324e0ju5","user_name":"ada@example.com","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(45,1,'06h06g62p2liapvvolaceqms',1795350905544000000,'member.joined','r7e079blc1','v7e6eblt146u','06h06g62p0qvikbihjcmrme0','{"user":"06h06g62p0scg82da53qutgi","user_name":"bob@example.com","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(46,1,'06h06g638ffaboa1o5b8gf37',1795350905667000000,'member.joined','r7e079blc1','v7e6eblt146u','06h06g638ck1fosl4fdijpdc','{"user":"06h06g638cl1hoomtn9r632r","user_name":"gone@example.com","role":"member","status":"active"}',NULL);
INSERT INTO event VALUES(47,1,'06h06g6ehlkuuo3v3la8je7j',1795350908557000000,'group.created','r7e079blc1','v7e6eblt146u','','{"group":"06h06g6ehli40744qv7kp750","display_name":"Sales","added":["06h06g62h471a13i324e0ju5","06h06g62p0scg82da53qutgi","06h06g638cl1hoomtn9r632r"]}',NULL);
INSERT INTO event VALUES(48,1,'06h06g6gs84skvbqficll5kh',1795350909154000000,'group.created','r7e079blc1','v7e6eblt146u','','{"group":"06h06g6gs92tlerv36iqabr3","display_name":"Staff","added":["06h06g62h471a13i324e0ju5"]}',NULL);
INSERT INTO event VALUES(49,1,'06h06g6gudusrmqhm00uijqm',1795350909171000000,'group.created','r7e079blc1','v7e6eblt146u','','{"group":"06h06g6gudtck7j5sj5susqg","display_name":"Empty"}',NULL);
INSERT INTO event VALUES(50,1,'06h06g6mni75hnq8kh9nerpk',1795350910652000000,'member.deactivated','r7e079blc1','v7e6eblt146u','06h06g638ck1fosl4fdijpdc','{"user":"06h06g638cl1hoomtn9r632r","user_name":"gone@example.com","role":"member","status":"deactivated"}',NULL);
INSERT INTO event VALUES(51,1,'06h06g6p69b8slmp1q4k7kn8',1795350911282000000,'group.deleted','r7e079blc1','v7e6eblt146u','','{"group":"06h06g6gudtck7j5sj5susqg","display_name":"Empty"}',NULL);
INSERT INTO event VALUES(52,1,'06h06g6qogcujuuttqfq5rd0',1795350911684000000,'member.updated','r7e079blc1','v7e6eblt146u','06h06g62h5da0i2854j1ntkb','{"user":"06h06g62h471a13i324e0ju5","user_name":"ada@example.com","status":"active","changed":["title"]}',NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('schema_version',2);
INSERT INTO sqlite_sequence VALUES('audit',63);
INSERT INTO sqlite_sequence VALUES('resource',14);
INSERT INTO sqlite_sequence VALUES('event',52);
CREATE INDEX token_connection ON token(root, connection);
CREATE UNIQUE INDEX resource_id ON resource(root, id);
CREATE UNIQUE INDEX resource_name ON resource(root, scope, name_key);
CREATE INDEX resource_seq ON resource(root, scope, seq);
CREATE INDEX resource_external ON resource(root, scope, external_id) WHERE external_id <> '';
CREATE UNIQUE INDEX member_of ON member(root, id, grp);
CREATE INDEX audit_root ON audit(root, seq);
CREATE INDEX event_root ON event(root, seq);
COMMIT;

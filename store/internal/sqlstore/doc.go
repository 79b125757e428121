// Package sqlstore is directory.Store over database/sql: every query of Usher, once, for every engine. Statements of an
// engine's only writer may run on its driver's connection, beside database/sql; see [Conn].
//
// It owns: the SQL text, which SQLite and PostgreSQL both take ($1 placeholders, ON CONFLICT, RETURNING); the shape
// of the rows; the attribute side table, the counters, and the way from a scim.Filter to SQL; the copy of one engine's
// rows into another's, by what the two say of their tables.
//
// It refuses: to open a database, to migrate it, to decide when a transaction runs. An engine's own room
// (store/sqlite) hands it an [Engine]; what differs between engines stands in [Dialect].
//
// How the rows lie:
//
//   - Every key begins with root. Texts that stand in many keys (root ids, scopes, attribute names) are numbers of
//     the append-only table symbol; a number once given never changes, so caching it is safe for any number of
//     processes on one database. Beside them only texts that are searched for parts are kept in memory; see corpus.
//   - A scope is one connection's resources of one type: the symbol "root/connection/User".
//   - Users and Groups are rows of one table, resource, whose seq is the order of insertion. The document is
//     canonical JSON text, handed out as stored.
//   - attribute holds (root, scope, attr, value, elem, seq), the whole tuple being the key. It is there for the few
//     attributes that clients look resources up by; see scim.Attribute.Indexed.
//   - Resources of declared types are rows of the same table. stamp tells under which declarations a document was
//     stored; the table declaration holds those of a workspace, and claim the values that only one resource may have.
//   - Group members are rows; the group keeps their number, a user the number of its groups.
//   - A subject's name and e-mail stand beside its profile, folded too, to be searched. A membership lists its teams as a
//     JSON array. Rows of WITHOUT ROWID tables are found by their second indexes in two steps: see ofSubject.
//   - Of a root's workspace the column config rises with each change of what plans rest on; see directory.Change.
//   - counter holds how many resources each block of 1,024 sequence numbers has: totals and startIndex at any depth
//     without count(*) or OFFSET over the whole.
package sqlstore

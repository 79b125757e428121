// Package sqlite keeps Usher's rows in one SQLite file: WAL, an acknowledged write survives power loss.
//
// It owns: the driver and its settings, the migrations, the writer. Its queries are those of
// store/internal/sqlstore.
//
// It refuses: a database whose schema is newer than it can work on, and any rule of the domain.
//
// Several processes may open the same file (the server and the command line beside it); each sees what the others
// have committed. The file system must be a local one: SQLite's locks do not hold on network shares.
//
// A connection is used by one goroutine at a time. [MultiThread] leaves out the locks that SQLite would have for the other case.
//
// # What is deleted
//
// The writer overwrites what it deletes with zeros (secure_delete), on its page and on pages that become free. What the
// log still has of it goes when the log is emptied, which Scrub does. So a person who was erased is in none of the files.
//
// # How a write goes
//
// Every commit syncs the log (synchronous=FULL), which costs as much for one row as for fifty. So writes that wait
// share a transaction:
//
//	caller ──item──▶ queue ◀──drains── leader: BEGIN · item · item · … · COMMIT (sync) ──▶ answers each
//
// There is no writer goroutine. Whoever finds nobody leading leads: it runs what is queued, its own item among it,
// and hands over when its own is answered. A lone writer thus pays for no hand-over. When an item fails all are undone and
// run again, each under a savepoint.
//
// A write for which the disk has no room is refused with an [Error], and so are probes until one that writes passes.
//
// A log that has become long is copied into the database beside the writer, which stops only for what came meanwhile.
package sqlite

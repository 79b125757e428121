// Package postgres keeps Usher's rows in a PostgreSQL database, which any number of processes share.
//
// It owns: the connections and their settings, the migrations, the transaction around a write and its retries, and how
// any text of Go stands in a column. Its queries are those of store/internal/sqlstore.
//
// It refuses: a database whose schema is newer than it can work on, and any rule of the domain.
//
// # How a write goes
//
// A change is one transaction at READ COMMITTED. That suffices, because whatever a change rests on is checked in it, and
// what is checked stays so until the commit:
//
//   - a row of its own by its version, in the UPDATE or DELETE itself: of two the second waits and then finds none;
//   - what must be there only once by a unique index;
//   - a row that is only read (the workspace's config, the connection of a new user, a group in a group) by a row lock
//     (FOR SHARE, FOR KEY SHARE), which a change or deletion of it waits for.
//
// Statements whose outcome nobody asks for wait until one with an answer is sent, or COMMIT, and go together with it: a
// create is two ways to the server and back instead of twenty, and a change of what no index holds is one. A statement
// before COMMIT that has to find a row fails in the server when it finds none: it divides by their number.
//
// A transaction that PostgreSQL ends because of others (40001, 40P01) runs again, a few times. So does one whose
// connection broke before the COMMIT was sent. When it broke at the COMMIT nobody knows the outcome: the caller hears
// [directory.ErrBusy] and may find its change done. The same holds for a commit that the server did not wait for until it
// was on the standby.
//
// # Who waits together goes together
//
// Of what a small write costs the server half is its transaction: the write-ahead log that it waits for, the locks that are
// shared with others, the ways between two processes. So writes that wait at one time share one: who comes first leads, and
// runs the functions of those that have come meanwhile one after another, with one BEGIN and one COMMIT, in the same ways to
// the server. New users with their keys and counts are one statement, and new subjects, memberships and entries of logs one
// for all of a table (sqlstore, newcomer.go and insert.go). A write that is alone waits for nobody. A process has few such
// batches under way, and another one begins when as many writes wait (gather.go).
//
// When anything in a batch fails nothing of it was written, and each of its writes runs alone, as its caller's: no write
// hears of the fault of another. A batch waits for no row for long, so neither does who comes behind it; who has to wait
// does so alone, and two batches that wait for each other part. What is said above of a COMMIT whose outcome nobody knows
// holds for each write of a batch: none is run again. A write of many rows, such as a sweep's, is always alone.
//
// # How a look-up goes
//
// What is asked by key, a user by id or name and what a plan rests on, waits for the ways to the server that are under way, and
// goes together with whatever else waited: see lookup.go. Each is a statement of its own, begun after it was asked for.
//
// # Silence
//
// The bounds on time are the server's, and one that hangs keeps none. So every wait for an answer has a bound here as well,
// a little behind that of a statement: see silence.go.
//
// # Order
//
// Sequence numbers are given before the commit. Logs therefore have positions, given after it: see sqlstore, log_order.go.
//
// # Statements
//
// The driver keeps each statement prepared by name on its connection (cache_statement): a create is twice as fast as when
// the server parses each statement anew. A pooler that hands out another session for each transaction loses the names.
// PgBouncer shows itself at the start by refusing settings of a session: then statements have no names (cache_describe),
// and the bounds on time are set in each transaction. A pooler that ignores such settings has to be told of, with
// default_query_exec_mode=cache_describe in the URL.
//
// # Plans
//
// Every key begins with the root, so PostgreSQL takes several indexes to be as good for a look-up as the right one when it
// has no statistics, or when there are many roots; then it reads all of a root. Look-ups of resources by key therefore
// ask for an order that one index alone has (sqlstore, lookup.go), and new tables are analysed as soon as there is
// something in them (statistics.go).
//
// # Texts
//
// A TEXT cannot hold the character NUL, and no bytes that are not UTF-8. Usher's texts may: see code.go.
//
// # A copy of another engine's database
//
// [Copy] fills an empty database in one transaction, so a copy is whole or not there. Until one has ended the table
// schema_copy stands in the database, committed before: without it a server that is started too early would find an empty
// installation and let people write to it.
//
// # What is deleted
//
// A deleted row stays in its page until VACUUM takes it away, and in the write-ahead log until that is recycled. Scrub
// vacuums the tables that hold personal data. What is in archived logs and backups is the operator's: docs/operating.md.
package postgres

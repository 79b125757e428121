// Command bench measures Usher beside yardsticks, in one interleaved run on one machine.
//
// It owns: the yardsticks, the processes and the table. The load itself is package scimtest/load, as in usher bench. The
// yardsticks are
//
//   - const: net/http with constant answers, which is what any server in this language pays;
//   - thin: net/http and a database, bytes in and bytes out, with no schema, validation or authentication, which is the
//     least that a SCIM server could do. On SQLite it runs twice: with synchronous=FULL, as Usher does, and with NORMAL.
//     With -database it runs on PostgreSQL as well, and so does Usher.
//
// With -day it plays Entra's day to an Usher with many tenants instead, and tells the server's peak memory.
//
// It refuses: to quote a rate alone. Rates drift with the machine by the hour, so every figure is taken in rounds
// (A B A B …) and stated as the median of the ratios of neighbours. An answer with the wrong content does not count and
// fails the run.
//
// Its neighbours: cmd/usher, which it builds, starts and sets up by its command line as anybody would. Every server is
// a process of its own, the driver is this one.
package main

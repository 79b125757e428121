// Command bench measures Usher beside two yardsticks, in one interleaved run on one machine.
//
// It owns: the yardsticks, the driver, the operations and the table. The yardsticks are
//
//   - const: net/http with constant answers, which is what any server in this language pays;
//   - thin: net/http and SQLite, bytes in and bytes out, with no schema, validation or authentication, which is the
//     least that a SCIM server could do. It runs twice: with synchronous=FULL, as Usher does, and with NORMAL.
//
// It refuses: to quote a rate alone. Rates drift with the machine by the hour, so every figure is taken in rounds
// (A B A B …) and stated as the median of the ratios of neighbours. An answer with the wrong content does not count and
// fails the run.
//
// Its neighbours: cmd/usher, which it builds, starts and sets up by its command line as anybody would. Every server is
// a process of its own, the driver is this one.
package main

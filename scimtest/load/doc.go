// Package load puts any SCIM 2.0 server under load and measures what it does.
//
// It owns two loads. [Plan] is the closed loop: so many workers, each of which sends its next request when the last one
// is answered, one operation at a time, against one server or several in turn (A B A B …), so that what the machine does
// to one it does to the other. [Day] is the open loop: tenants that each send at a steady rate what Microsoft Entra ID
// sends, whether the server keeps up or not; a request that had to wait for its turn has waited for the server.
//
// It refuses to count an answer that it has not checked. A user that is not the one that was asked for, a list with the
// wrong total, a change that was answered and not kept: each is an [Error] that fails the run and says what to do. It
// needs nothing of a server but RFC 7643 and RFC 7644, makes its own users and groups under names that no other run has,
// touches no others, and [Server.Clean] deletes them.
//
// Neighbours: cmd/usher offers it as usher bench, and the bench of this repository puts yardsticks beside it. It imports
// no other room.
package load

// Package basepath knows the other paths under which connections are reached, beside their own (C1). Such a path may be
// shared by several connections, even of several tenants: it leads to the service, and what it opens is the token's
// business.
//
// It owns: which paths can be taken, how a request's path is matched, and how long what was read of them holds. It
// refuses: to read them, which the directory does.
package basepath

// Package record is what the log records of requests share, whichever face leaves them.
//
// It owns: the level of a record, the fields whose form must not differ, and the writer that takes note of an answer.
//
// It refuses: to write a record, and to know what is in it. docs/operating.md lists the fields.
//
// Its neighbours: scimserver, sso, openid, admin and the root package above.
package record

// Package requestlog puts the requests of identity providers into the records of the provisioning log: what was asked, in
// plain words and with personal values masked, and what came of it (B4).
//
// It owns: the note that goes with a request, the words and the masks, the queue that takes records off the requests'
// path, and which of many alike are recorded. It refuses: to store and to look up anything, which the directory does for
// it. The record of a change is made here and commits with that change.
package requestlog

// Package profile makes what the app sees of a person out of what an identity provider says, and out of that the User
// that a connection without a document of the person shows.
//
// It owns: the JSON object, whose members are the targets of mapping. It refuses: whose profile it is, and what is
// written.
package profile

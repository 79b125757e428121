package directory

import "time"

// The rows of this file serve the operation of an installation: keys, domains, jobs, webhooks, logs.

// APIKey opens the admin API. The secret itself is never stored (X10).
type APIKey struct {
	Root, ID  string // Root is empty for a key of the whole installation
	Workspace string // id; empty: the whole root
	Name      string
	Hash      [32]byte // SHA-256 of the whole key text
	Scopes    []string
	Created   time.Time
	Expires   time.Time
	Revoked   time.Time // zero: live
	LastUsed  time.Time
	Version   int64
}

// Domain is an e-mail domain that a tenant claims. It counts once it is proved; a proved one has one owner.
type Domain struct {
	Root, Name string // lower case
	Challenge  string // what the TXT record must hold
	Created    time.Time
	Verified   time.Time // when the proof was last seen; zero: not proved
	Checked    time.Time // last look at the DNS
	Failure    string    // what that look met; empty: nothing
	Version    int64
}

// Job is work that outlives a request and a restart.
type Job struct {
	Root, ID              string
	Kind                  string // see job.go
	Workspace, Connection string
	Target                string // id of what it works on
	State                 []byte // JSON of the kind's own
	Done, Total           int
	Failure               string
	Created, Finished     time.Time // Finished zero: open
	LeaseOwner            string
	LeaseUntil            time.Time
	Version               int64
}

// Webhook is an address that hears of events, in their order. Its secret is sealed under the name "webhook/<id>".
type Webhook struct {
	Root, ID  string
	Workspace string // id; empty: the whole root
	URL       string
	Types     []string // of events; nil: all
	Position  int64    // Seq of the last event that it has taken
	Failures  int      // since the last success
	Failure   string
	NextAt    time.Time // not before
	Disabled  time.Time // zero: enabled
	Created   time.Time
	Version   int64
}

// Segment is a sealed range of a root's audit log: the entries with First <= Seq <= Last. See audit_chain.go.
type Segment struct {
	Root        string
	No          int64 // from 1; two sealers of one number conflict
	First, Last int64
	Entries     int
	Prev, Hash  [32]byte
	Sealed      time.Time
	Signature   []byte
}

// Request is one record of the provisioning log: what an identity provider asked and what was done (B4).
type Request struct {
	Root, Connection string
	Seq              int64
	Time             time.Time
	RequestID        string
	Actor, Address   string
	Method, Path     string
	Status           int
	ScimType         string
	Subject, Target  string
	Asked, Did       string // in plain words
	Cause, Fix       string // of a failure
	Body             string // masked but for allowed attributes
}

// LicenceCount is how many members of a workspace were active on a day, by the connection that grants (X14).
type LicenceCount struct {
	Day                   time.Time // midnight UTC
	Workspace, Connection string
	Active                int
}

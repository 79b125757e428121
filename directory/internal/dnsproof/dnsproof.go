package dnsproof

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/ident"
)

const (
	prefix = "usher-domain-verification="
	// host is where the record may stand as well, where the domain itself has a CNAME or too many records.
	host   = "_usher."
	length = 26
	// timeout bounds one question to the DNS.
	timeout = 5 * time.Second
)

// NewChallenge is what a TXT record must hold.
func NewChallenge() string { return prefix + ident.New(length) }

// Resolver asks the DNS for the TXT records of a name.
type Resolver func(ctx context.Context, name string) ([]string, error)

// Look is what a look for a challenge has met.
type Look struct {
	Found    bool
	Failure  string // why it was not found, in words for an admin
	Answered bool   // there was an answer to some question
}

// Find looks for the challenge of a domain.
func (r Resolver) Find(ctx context.Context, domain, challenge string) Look {
	var l Look
	others := 0
	var trouble error
	for _, name := range []string{host + domain, domain} {
		records, err := r.records(ctx, name)
		if err != nil {
			trouble = err
			continue
		}
		l.Answered = true
		for _, text := range records {
			if strings.TrimSpace(text) == challenge {
				return Look{Found: true, Answered: true}
			}
		}
		others += len(records)
	}
	switch {
	case !l.Answered:
		l.Failure = "the DNS gave no answer for " + domain + ": " + trouble.Error()
	case others > 0:
		l.Failure = "the TXT records of " + domain + " and " + host + domain + " do not hold the challenge: it must be there whole, as a record of its own"
	default:
		l.Failure = "there is no TXT record at " + domain + " or " + host + domain + ": a new one can take an hour to be seen"
	}
	return l
}

// records are those of a name; of one that does not exist none.
func (r Resolver) records(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	records, err := r(ctx, name+".") // the root's dot: no search list of this machine is appended
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return nil, nil
	}
	return records, err
}

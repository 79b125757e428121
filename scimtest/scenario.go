package scimtest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

// Scenario is an ordered sequence of requests, as one identity provider sends them.
type Scenario struct {
	// Name is what a person types: "okta".
	Name string
	// Alias is another name for it, when it has one.
	Alias string
	// Code is the scenario's name in the literature of the traps: "S-OKTA-OIN".
	Code  string
	Title string
	// About says in a line what it plays.
	About string
	// Profile is the preset of Usher that the scenario is meant for.
	Profile string

	header headerFunc
	bodies []string // folders of bodies/, searched in this order
	always []check  // what must hold for each answer
	query  string   // what the admin appends to the base URL
	purge  bool     // delete at the end what the run made
	schema string   // the body that declares the attributes which the server must know besides the RFC's
	steps  func() []step
}

// headerFunc returns the headers that a provider sends with a request.
type headerFunc func(method string, body bool) http.Header

// Options are the choices for one run; the zero value is useful.
type Options struct {
	// Progress is called after each step.
	Progress func(done, total int, step Step)
	// Run is the text that makes the names of this run's users and groups unlike
	// those of any other. Defaults to random hexadecimal digits.
	Run string
	// Purge deletes, when the sequence is over, whatever it made and left. The suites
	// always do.
	Purge bool
}

// Scenarios returns the sequences that play a provider's normal work.
func Scenarios() []Scenario {
	return []Scenario{
		oktaOIN(), oktaAIW(), oktaENT(), entra(), entraFlag(), entraPOD(), oneLogin(), jumpCloud(), ping(),
		keycloak(), keycloakOutbound(), authentik(), clevertapApp(), clevertapEntraApp(),
		moengageApp(), engagedlyApp(), mendixApp(),
	}
}

// Suites returns the providers' own published tests, and what tries a server's patience.
func Suites() []Scenario {
	return []Scenario{OktaSPEC(), MicrosoftValidator(), MicrosoftLogicApp(), Parallel(), Misbehaving()}
}

// All returns the scenarios and the suites.
func All() []Scenario { return slices.Concat(Scenarios(), Suites()) }

// Lookup returns the scenario or suite of that name, or one mode of the suite
// "misbehaving".
func Lookup(name string) (Scenario, error) {
	for _, s := range slices.Concat(All(), MisbehavingModes()) {
		if name != "" && (s.Name == name || s.Alias == name || s.Code == name) {
			return s, nil
		}
	}
	return Scenario{}, fmt.Errorf("unknown scenario %q; there are %s", name, strings.Join(Names(), ", "))
}

// Names returns the names of all scenarios and suites.
func Names() []string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return names
}

// Schema is the schema document (RFC 7643 §7) that a server must know before the
// scenario means anything, or nothing. One whose id is that of the core User adds
// attributes to it.
func (s Scenario) Schema() string {
	text, err := s.body(s.schema)
	if err != nil {
		return ""
	}
	return text
}

// Simulate plays the scenario or suite of that name. The only error is an unknown
// name; all else is in the report.
func Simulate(ctx context.Context, c *scimclient.Client, name string, o Options) (*Report, error) {
	s, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	return s.Run(ctx, c, o), nil
}

// Run plays the scenario against the server that c points at.
func (s Scenario) Run(ctx context.Context, c *scimclient.Client, o Options) *Report {
	return newPlayer(s, c, cmp.Or(o.Run, randomHex(8))).run(ctx, o)
}

// Plan returns the steps unplayed: what is sent, what is expected, and which traps
// each one covers.
func (s Scenario) Plan() []Step {
	var plan []Step
	for _, st := range s.steps() {
		plan = append(plan, st.outcome())
	}
	return plan
}

package admin

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Domain is an e-mail domain that a tenant claims.
type Domain struct {
	Name       string     `json:"name" doc:"In lower case."`
	Challenge  string     `json:"challenge" doc:"What a TXT record of the domain must hold."`
	Verified   bool       `json:"verified" doc:"Whether it counts: the record was seen."`
	VerifiedAt *time.Time `json:"verified_at,omitempty" doc:"Since when it counts."`
	CheckedAt  *time.Time `json:"checked_at,omitempty" doc:"When the DNS was asked last."`
	Failure    string     `json:"failure,omitempty" doc:"What that look met."`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was claimed."`
	Version    int64      `json:"version" doc:"Rises with every change; the ETag."`
}

func (d Domain) version() int64 { return d.Version }

// NewDomain claims a domain.
type NewDomain struct {
	Name string `json:"name" doc:"Such as example.com."`
}

func domainRoutes() []route {
	const (
		all = "/workspaces/{workspace}/domains"
		one = all + "/{domain}"
	)
	return []route{
		answer(route{
			method: "GET", pattern: all, name: "listDomains", summary: "List the e-mail domains of the tenant",
			scope: directory.ScopeWorkspacesRead, tenant: true, query: paged, example: example{path: map[string]string{"workspace": "ACME"}},
		}, (*call).listDomains),
		accept(route{
			method: "POST", pattern: all, name: "claimDomain", summary: "Claim an e-mail domain for the tenant",
			doc: "It counts once its challenge was seen in the DNS.", scope: directory.ScopeSecurityWrite, tenant: true, creates: true,
			example: example{path: map[string]string{"workspace": "ACME"}, body: `{"name": "acme.example"}`},
		}, (*call).claimDomain),
		answer(route{
			method: "GET", pattern: one, name: "getDomain", summary: "Read a domain", scope: directory.ScopeWorkspacesRead, tenant: true,
			example: example{path: map[string]string{"workspace": "ACME"}},
		}, (*call).getDomain),
		answer(route{
			method: "POST", pattern: one + "/check", name: "checkDomain", summary: "Look for the challenge in the DNS now",
			scope: directory.ScopeWorkspacesWrite, tenant: true, example: example{path: map[string]string{"workspace": "ACME"}},
		}, (*call).checkDomain),
		answer(route{
			method: "DELETE", pattern: one, name: "releaseDomain", summary: "Give a domain up", scope: directory.ScopeSecurityWrite, tenant: true,
			matches: true, example: example{path: map[string]string{"workspace": "ACME"}},
		}, (*call).releaseDomain),
	}
}

func newDomainView(d directory.Domain) Domain {
	return Domain{
		Name: d.Name, Challenge: d.Challenge, Verified: !d.Verified.IsZero(), VerifiedAt: when(d.Verified),
		CheckedAt: when(d.Checked), Failure: d.Failure, CreatedAt: d.Created, Version: d.Version,
	}
}

func (c *call) listDomains() (List[Domain], error) {
	all, err := c.Directory.Domains(c.ctx, c.workspace)
	if err != nil {
		return List[Domain]{}, err
	}
	return pageOf(c, all, func(d directory.Domain) string { return d.Name }, newDomainView)
}

// domain is the one that the path names.
func (c *call) domain() (directory.Domain, error) {
	name := c.path("domain")
	all, err := c.Directory.Domains(c.ctx, c.workspace)
	if err != nil {
		return directory.Domain{}, err
	}
	i := slices.IndexFunc(all, func(d directory.Domain) bool { return d.Name == name })
	if i < 0 {
		return directory.Domain{}, newProblem(notFound, "list the domains to see which are claimed",
			"workspace %s has not claimed %q", c.workspace.Key, printable(name))
	}
	return all[i], nil
}

func (c *call) claimDomain(in NewDomain) (Domain, error) {
	d, err := c.Directory.ClaimDomain(c.ctx, c.by, c.workspace, in.Name)
	if err != nil {
		return Domain{}, err
	}
	c.location("workspaces", c.workspace.Key, "domains", d.Name)
	return newDomainView(d), nil
}

func (c *call) getDomain() (Domain, error) {
	d, err := c.domain()
	return newDomainView(d), err
}

func (c *call) checkDomain() (Domain, error) {
	d, err := c.Directory.CheckDomain(c.ctx, c.by, c.workspace, c.path("domain"))
	return newDomainView(d), err
}

func (c *call) releaseDomain() (none, error) {
	d, err := c.domain()
	if err != nil {
		return none{}, err
	}
	if err := c.match(d.Version); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.ReleaseDomain(c.ctx, c.by, c.workspace, d.Name)
}

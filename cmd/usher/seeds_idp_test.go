package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest"
)

// person is somebody at the identity provider: the variables of the bodies that it sends.
type person map[string]string

// person is unlike that of any other row.
func (r *row) person(given string) person {
	name := strings.ToLower(given + "." + r.id + "@example.com")
	return person{
		"user_name": name, "email": name, "external_id": "00u-" + strings.ToLower(r.id+"-"+given), "given": given, "family": "Doe",
	}
}

func (p person) with(name, value string) person {
	more := maps.Clone(p)
	more[name] = value
	return more
}

// idp is an identity provider at its end of a connection.
type idp struct {
	*row
	connection  admin.Connection
	base, token string
	header      http.Header
}

// connect is the identity provider of a connection that there is, with a new token.
func (r *row) connect(workspace, connection string) *idp {
	r.Helper()
	k, err := r.api.Connection(r.Context(), workspace, connection)
	r.check(err)
	issued, err := r.api.CreateToken(r.Context(), workspace, connection, admin.NewToken{})
	r.check(err)
	return r.idp(k, issued.Text)
}

func (r *row) idp(k admin.Connection, token string) *idp {
	header := http.Header{"Accept": {"application/scim+json"}, "Content-Type": {"application/scim+json; charset=utf-8"}}
	if k.Profile == "okta" {
		header.Set("User-Agent", "Okta SCIM Client 1.0.0")
		header.Set("Accept-Charset", "utf-8")
	}
	header.Set("Authorization", "Bearer "+token)
	return &idp{row: r, connection: k, base: k.BaseURL, token: token, header: header}
}

// twin is another connection with the rules of one of the file, for rows that change or switch it. Changes may be nil.
func (r *row) twin(workspace, of string, change func(*admin.NewConnection)) *idp {
	r.Helper()
	k, err := r.api.Connection(r.Context(), workspace, of)
	r.check(err)
	n := admin.NewConnection{Name: strings.ToLower(r.id) + "-" + of, Profile: k.Profile, Settings: k.Settings}
	n.Settings.BasePath = ""
	if change != nil {
		change(&n)
	}
	_, err = r.api.CreateConnection(r.Context(), workspace, n)
	r.check(err)
	return r.connect(workspace, n.Name)
}

// answer is what the server answered the identity provider.
type answer struct {
	*row
	asked  string
	status int
	text   string
}

// send sends a request: the body is a file of those that the simulator sends, or a text, with variables.
func (p *idp) send(request, body string, who person) answer {
	p.Helper()
	method, path, _ := strings.Cut(p.expand(request, who), " ")
	if strings.HasSuffix(body, ".json") {
		text, err := os.ReadFile(filepath.Join("../../scimtest/bodies", body))
		p.check(err)
		body = string(text)
	}
	req, err := http.NewRequestWithContext(p.Context(), method, p.base+path, strings.NewReader(p.expand(body, who)))
	p.check(err)
	req.Header = p.header
	res, err := http.DefaultClient.Do(req)
	p.check(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	p.check(err)
	return answer{p.row, request, res.StatusCode, string(text)}
}

func (p *idp) expand(text string, who person) string {
	text = strings.ReplaceAll(text, "{{base}}", p.base)
	for name, value := range who {
		text = strings.ReplaceAll(text, "{{"+name+"}}", value)
	}
	if _, rest, found := strings.Cut(text, "{{"); found {
		p.Fatalf("no variable for {{%.20s", rest)
	}
	return text
}

// create posts a user, who has to be taken.
func (p *idp) create(body string, who person) answer {
	p.Helper()
	a := p.send("POST /Users", body, who).want(http.StatusCreated)
	who["user_id"] = a.at("id")
	return a
}

// patch applies one or more operations to the user.
func (p *idp) patch(who person, operations string) answer {
	p.Helper()
	return p.send("PATCH /Users/{{user_id}}", patchOf(operations), who)
}

func patchOf(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

// find looks a user up as Okta does.
func (p *idp) find(userName string) answer {
	p.Helper()
	return p.send("GET /Users?filter=userName%20eq%20%22"+strings.ReplaceAll(userName, "@", "%40")+"%22&startIndex=1&count=100", "", nil).want(http.StatusOK)
}

// simulate plays a whole scenario of the simulator, of which every step has to pass.
func (p *idp) simulate(scenario string) {
	p.Helper()
	c := &scimclient.Client{BaseURL: p.base, Token: p.token}
	report, err := scimtest.Simulate(p.Context(), c, scenario, scimtest.Options{})
	p.check(err)
	scimtest.Check(p, report)
}

func (a answer) want(status int) answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("%s: status %d, want %d: %s", a.asked, a.status, status, a.text)
	}
	return a
}

// done: 200 or 204.
func (a answer) done() answer {
	a.Helper()
	if a.status == http.StatusNoContent {
		return a
	}
	return a.want(http.StatusOK)
}

// refuses: the answer has the status, and its detail says each of the words.
func (a answer) refuses(status int, words ...string) answer {
	a.Helper()
	if a.status != status {
		a.Errorf("%s: status %d, want %d: %s", a.asked, a.status, status, a.text)
		return a
	}
	a.says(a.at("detail"), words...)
	return a
}

// at is the value at a path such as Resources/0/id, as text; empty when there is none.
func (a answer) at(path string) string {
	a.Helper()
	var value any
	if a.text == "" {
		return ""
	}
	a.check(json.Unmarshal([]byte(a.text), &value))
	for step := range strings.SplitSeq(path, "/") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return ""
			}
			value = v[i]
		default:
			return ""
		}
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// absent: nobody with the address is a member, and the connection knows nobody of the name.
func (p *idp) absent(workspace string, who person) {
	p.Helper()
	if m, found := p.lookup(workspace, who["email"]); found {
		p.Errorf("%s is a member: %+v", who["email"], m)
	}
	p.equal("users named "+who["user_name"], p.find(who["user_name"]).at("totalResults"), 0)
}

package scimtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

// person is a sample user.
type person struct{ given, family, title, department string }

func (p person) userName() string {
	return strings.ToLower(p.given + "." + p.family + "@example.com")
}

var oktaPeople = []person{
	{"Ada", "Moss", "Engineer", "Engineering"},
	{"Grace", "Lane", "Engineer", "Engineering"},
	{"Alan", "Brook", "Architect", "Engineering"},
	{"Edith", "Ford", "Engineer", "Engineering"},
	{"Linus", "Vale", "Team lead", "Engineering"},
	{"Mary", "Field", "Designer", "Marketing"},
	{"Hugo", "Marsh", "Writer", "Marketing"},
	{"Nora", "Hill", "Analyst", "Marketing"},
	{"Omar", "Reed", "Campaign lead", "Marketing"},
	{"Vera", "Stone", "Director", "Marketing"},
}

var entraPeople = []person{
	{"Barbara", "Wood", "Support engineer", "Support"},
	{"Carl", "Heath", "Support engineer", "Support"},
	{"Dora", "Glen", "Team lead", "Support"},
	{"Emil", "Shore", "Support engineer", "Support"},
	{"Frida", "Dale", "Trainer", "Support"},
	{"George", "Croft", "Account manager", "Sales"},
	{"Hedy", "Banks", "Account manager", "Sales"},
	{"Ivan", "Mills", "Analyst", "Sales"},
	{"Joan", "Park", "Director", "Sales"},
	{"Karim", "West", "Account manager", "Sales"},
}

// samples are sample users in one provider's shapes.
type samples struct {
	people              []person
	findUser, findGroup string
	complete            []request // what follows a create
	off                 request
	op                  string
	member              func(person) string
}

var (
	oktaSamples = samples{
		people: oktaPeople, findUser: oktaFindUser, findGroup: oktaFindGroup, off: oinActivation.request(false),
		op: "add", member: func(p person) string {
			return fmt.Sprintf(`{"value":"{{%s}}","display":%q}`, p.idVar(), p.userName())
		},
	}
	entraSamples = samples{
		people: entraPeople, findUser: entraFindUser, findGroup: entraFindGroup,
		complete: then(request{send: entraPatch, body: "user-sample.json", want: on(200)}),
		off:      request{send: entraPatch, body: "disable.json", want: on(200)},
		op:       "Add", member: func(p person) string { return fmt.Sprintf(`{"$ref":null,"value":"{{%s}}"}`, p.idVar()) },
	}
)

// Provision makes sample users and groups in the shapes of "okta" or "entra": ten
// users, a group for each of two departments with its people as members, and one user
// deactivated at the end. Nothing is deleted.
func Provision(ctx context.Context, c *scimclient.Client, idp string, o Options) (*Report, error) {
	var s Scenario
	switch idp {
	case "okta":
		s = oktaOIN()
		s.steps = oktaSamples.steps
	case "entra":
		s = entra()
		s.steps = entraSamples.steps
	default:
		return nil, fmt.Errorf("no sample users for %q; there are okta and entra", idp)
	}
	s.Name, s.Code, s.Title = idp+"-samples", "", s.Title+": sample users and groups"
	return s.Run(ctx, c, o), nil
}

func (s samples) steps() []step {
	var steps []step
	for i, p := range s.people {
		steps = append(steps, s.user(i+1, p))
	}
	for i, name := range s.departments() {
		steps = append(steps, s.group(i+1, name))
	}
	leaver := s.people[len(s.people)-1]
	return append(steps, step{id: "d1", name: "deactivate " + leaver.given, with: vars{"user_id": "{{" + leaver.idVar() + "}}"}, request: s.off})
}

// idVar is the variable that holds a sample user's id.
func (p person) idVar() string { return "id of " + p.userName() }

func (s samples) departments() []string {
	var names []string
	for _, p := range s.people {
		if !slices.Contains(names, p.department) {
			names = append(names, p.department)
		}
	}
	return names
}

func (s samples) user(i int, p person) step {
	return step{
		id: "u" + strconv.Itoa(i), name: "create " + p.given + " " + p.family,
		with: vars{
			"user_name": p.userName(), "email": p.userName(), "given": p.given, "family": p.family,
			"external_id": fmt.Sprintf("00u{{run}}%d", i), "title": p.title, "department": p.department,
		},
		before: first(request{send: s.findUser, want: on(200), checks: must(found(0))}),
		request: request{
			send: "POST /Users", body: "user.json", want: on(201),
			checks: must(located(), is("active", true), save("user_id", "id"), save(p.idVar(), "id")),
		},
		after: s.complete,
	}
}

func (s samples) group(i int, name string) step {
	return step{
		id: "g" + strconv.Itoa(i), name: "push " + name, with: vars{"group_name": name, "oid": "00g{{run}}" + strconv.Itoa(i)},
		before: first(request{send: s.findGroup, want: on(200), checks: must(found(0))},
			request{send: "POST /Groups", body: "group.json", want: on(201), checks: must(save("group_id", "id"))}),
		request: request{send: "PATCH /Groups/{{group_id}}", body: s.addAll(name), want: on(200, 204)},
	}
}

// addAll is the operation that adds everybody of a department to its group.
func (s samples) addAll(department string) string {
	var members []string
	for _, p := range s.people {
		if p.department == department {
			members = append(members, s.member(p))
		}
	}
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":%q,"path":"members","value":[%s]}]}`,
		s.op, strings.Join(members, ","))
}

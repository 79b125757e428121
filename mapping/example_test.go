package mapping_test

import (
	"fmt"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

func ExampleMapping_Decide() {
	m, err := mapping.Compile(mapping.Rules{Groups: []mapping.GroupRule{{Group: "Sales", Role: "Editor", Teams: []string{"EMEA"}}}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	user, _ := scim.ParseJSON([]byte(`{"userName":"ada@acme.example","name":{"givenName":"Ada"}}`), scim.Limits{})
	decision, err := m.Decide(
		mapping.Person{Attributes: user, Active: true, Groups: []mapping.Group{{Name: "sales", Direct: true}}},
		mapping.Tree{Home: "ACME", Workspaces: map[string]mapping.Workspace{
			"ACME": {Key: "ACME", Roles: []string{"Editor"}, Granted: []string{"Editor"}},
		}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range decision.Profile {
		fmt.Printf("%s = %v, from %s\n", v.Target, v.Value, v.Reason)
	}
	for _, g := range decision.Grants {
		fmt.Printf("%s: role %s, from %s; teams %v\n", g.Workspace, g.Role, g.RoleReason, g.Teams)
	}
	// Output:
	// first_name = Ada, from attribute (name.givenName): "Ada"
	// display_name = Ada, from attribute (name.givenName + name.familyName): "Ada"
	// email = ada@acme.example, from attribute (userName): "ada@acme.example"
	// user_type = internal, from user_type
	// ACME: role Editor, from group rule "Sales": "Editor"; teams [EMEA]
}

package admin

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Declaration is a schema or a resource type that a workspace declares.
type Declaration struct {
	ID          string         `json:"id" doc:"The URN of a schema, the name of a resource type."`
	Declaration jsontext.Value `json:"declaration" doc:"As RFC 7643 §7 or §6 has it, with what docs/schemas.md adds."`
	CreatedAt   time.Time      `json:"created_at" doc:"When it was declared."`
	ModifiedAt  time.Time      `json:"modified_at" doc:"When it was changed last."`
	Version     int64          `json:"version" doc:"Rises with every change; the ETag."`
}

func (d Declaration) version() int64 { return d.Version }

// declared is one of the two kinds of declarations, as the table has them.
type declared struct {
	kind           directory.DeclarationKind
	segment, param string
	noun, one      string // of names and summaries
	body           string // of an example
}

func declarationRoutes() []route {
	schema := declared{
		kind: directory.DeclaredSchema, segment: "schemas", param: "schema", noun: "Schema", one: "schema",
		body: `{"id": "urn:example:params:scim:schemas:extension:acme:2.0:User", "name": "Acme", "resourceType": "User", "attributes": [{"name": "badge", "type": "string"}]}`,
	}
	typ := declared{
		kind: directory.DeclaredType, segment: "resource-types", param: "type", noun: "ResourceType", one: "resource type",
		body: `{"name": "Device", "endpoint": "/Devices", "schema": "urn:example:params:scim:schemas:core:acme:2.0:Device"}`,
	}
	return append(schema.routes(), typ.routes()...)
}

func (k declared) routes() []route {
	all := "/workspaces/{workspace}/" + k.segment
	one := all + "/{" + k.param + "}"
	const later = "What is stored follows in the background."
	rows := []route{
		answer(route{
			method: "GET", pattern: all, name: "list" + k.noun + "s", summary: "List the " + k.one + "s that a workspace declares",
			scope: directory.ScopeConnectionsRead, query: paged,
		}, k.list),
		accept(route{
			method: "POST", pattern: all, name: "declare" + k.noun, summary: "Declare a " + k.one, doc: later,
			scope: directory.ScopeConnectionsWrite, creates: true, example: example{body: k.body},
		}, k.declare),
		answer(route{
			method: "GET", pattern: one, name: "get" + k.noun, summary: "Read a " + k.one, scope: directory.ScopeConnectionsRead,
		}, k.get),
	}
	if k.kind == directory.DeclaredSchema {
		rows = append(rows, accept(route{
			method: "PUT", pattern: one, name: "redeclareSchema", summary: "Replace a schema", doc: later,
			scope: directory.ScopeConnectionsWrite, matches: true,
			example: example{body: `{"id": "urn:example:params:scim:schemas:extension:site:2.0:User", "name": "Site", "resourceType": "User", "attributes": [{"name": "floor", "type": "string"}]}`},
		}, k.redeclare))
	}
	return append(rows, answer(route{
		method: "DELETE", pattern: one, name: "undeclare" + k.noun, summary: "Take a " + k.one + " back",
		doc: "Its values are shown to nobody from now on, and go in the background.", scope: directory.ScopeConnectionsWrite,
		matches: true, query: []parameter{confirmation}, example: example{query: "confirm={" + k.param + "}"},
	}, k.undeclare))
}

func newDeclarationView(d directory.Declaration) Declaration {
	return Declaration{ID: d.ID, Declaration: objectOr(d.Body), CreatedAt: d.Created, ModifiedAt: d.Modified, Version: d.Version}
}

func (k declared) list(c *call) (List[Declaration], error) {
	all, err := c.Directory.Declarations(c.ctx, c.workspace, k.kind)
	if err != nil {
		return List[Declaration]{}, err
	}
	return pageOf(c, all, func(d directory.Declaration) string { return d.ID }, newDeclarationView)
}

// row is the declaration that the path names.
func (k declared) row(c *call) (directory.Declaration, error) {
	d, err := c.Directory.Declaration(c.ctx, c.workspace, k.kind, c.path(k.param))
	return d, inPath(err)
}

func (k declared) get(c *call) (Declaration, error) {
	d, err := k.row(c)
	return newDeclarationView(d), err
}

// parse reads the declaration of the body, which must be of the kind.
func (k declared) parse(body jsontext.Value) (*scim.Declaration, error) {
	object, err := scim.ParseJSON(body, scim.Limits{Depth: maxDepth})
	if err != nil {
		return nil, err
	}
	d, err := scim.ParseDeclaration(object)
	if err != nil {
		return nil, err
	}
	if (d.Type != nil) != (k.kind == directory.DeclaredType) {
		return nil, newProblem(invalid, "docs/schemas.md shows the shape of a declaration", "this declares no %s", k.one)
	}
	return d, nil
}

func (k declared) declare(c *call, body jsontext.Value) (Declaration, error) {
	doc, err := k.parse(body)
	if err != nil {
		return Declaration{}, err
	}
	d, err := c.Directory.Declare(c.ctx, c.by, c.workspace, doc)
	if err != nil {
		return Declaration{}, err
	}
	c.location("workspaces", c.workspace.Key, k.segment, d.ID)
	return newDeclarationView(d), nil
}

func (k declared) redeclare(c *call, body jsontext.Value) (Declaration, error) {
	before, err := k.row(c)
	if err != nil {
		return Declaration{}, err
	}
	if err := c.match(before.Version); err != nil {
		return Declaration{}, err
	}
	doc, err := k.parse(body)
	if err != nil {
		return Declaration{}, err
	}
	if doc.ID() != before.ID {
		return Declaration{}, newProblem(invalid, "send the id that the path has", "the id of a %s cannot change", k.one)
	}
	d, err := c.Directory.Redeclare(c.ctx, c.by, c.workspace, doc)
	return newDeclarationView(d), err
}

func (k declared) undeclare(c *call) (none, error) {
	d, err := k.row(c)
	if err != nil {
		return none{}, err
	}
	if err := c.match(d.Version); err != nil {
		return none{}, err
	}
	if err := c.confirmed(d.ID); err != nil {
		return none{}, err
	}
	_, err = c.Directory.Undeclare(c.ctx, c.by, c.workspace, k.kind, d.ID)
	return none{}, err
}

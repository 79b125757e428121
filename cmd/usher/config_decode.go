package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/usher-scim/usher/scim"
)

// places are the nodes of a configuration by the path of their value.
type places map[string]*yaml.Node

// node is that of the value, or of what is nearest above it when the file does not mention the value.
func (p places) node(path string) *yaml.Node {
	for {
		if n := p[path]; n != nil {
			return n
		}
		end := strings.LastIndexAny(path, ".[")
		if end < 0 {
			return p[""]
		}
		path = path[:end]
	}
}

// decode reads the text. It reports everything that has not the form of a configuration.
func (c *configSource) decode() problems {
	d := &decoder{places: places{}}
	c.places = d.places
	root, err := parseYAML(c.text)
	if err != nil {
		return problems{syntaxProblem(err)}
	}
	if root == nil {
		return nil
	}
	d.places[""] = root
	d.value(root, reflect.ValueOf(&c.config).Elem(), "")
	return d.problems
}

// parseYAML returns the one document of the text, nil when it is empty.
func parseYAML(text []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	if err := dec.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return nil, err
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("yaml: line %d: a second document begins here", max(second.Line, 1))
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	if len(document.Content) == 0 || document.Content[0].ShortTag() == "!!null" {
		return nil, nil
	}
	return document.Content[0], nil
}

// syntaxProblem is what the parser says, with the place that it names.
func syntaxProblem(err error) problem {
	p := problem{Line: 1, Column: 1, What: strings.TrimPrefix(err.Error(), "yaml: "), Hint: "mappings are \"key: value\", lists are \"- item\"; indent with blanks, never with tabs"}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		p.Line, p.Column, p.What = max(e.Mark.Line, 1), max(e.Mark.Column, 1), e.Message
	}
	return p
}

// maxNodes bounds what aliases can blow up.
const maxNodes = 200_000

// decoder reads a tree of YAML into Go values by the JSON names of their fields, and goes on after each problem.
type decoder struct {
	places   places
	problems problems
	nodes    int
	depth    int
}

func (d *decoder) problem(n *yaml.Node, path, hint, format string, args ...any) {
	d.problems = append(d.problems, problem{Line: n.Line, Column: n.Column, Path: path, What: fmt.Sprintf(format, args...), Hint: hint})
}

// custom is what reads itself.
type custom interface {
	decode(d *decoder, n *yaml.Node, path string)
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	d.nodes++
	d.depth++
	defer func() { d.depth-- }()
	if d.nodes > maxNodes || d.depth > 50 {
		if d.nodes <= maxNodes+1 {
			d.nodes = maxNodes + 2
			d.problem(n, path, "write less, or without aliases", "the file is too large or too deep")
		}
		return
	}
	d.places[path] = n
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.ShortTag() == "!!null" {
		return
	}
	if c, ok := v.Addr().Interface().(custom); ok {
		c.decode(d, n, path)
		return
	}
	d.known(n, v, path)
}

func (d *decoder) known(n *yaml.Node, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.known(n, v.Elem(), path)
	case reflect.Struct:
		d.object(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Map:
		d.mapped(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// object reads a mapping into a struct.
func (d *decoder) object(n *yaml.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && isNamed(v.Type()) {
		v.FieldByIndex(fields[0].Index).SetString(n.Value) // a bare name
		return
	}
	if n.Kind != yaml.MappingNode {
		what := describe(n)
		if v.Type() == reflect.TypeFor[tokenConfig]() || v.Type() == reflect.TypeFor[secretConfig]() { // it may be the secret itself, in the wrong place
			what = "a text"
		}
		d.problem(n, path, "write "+keysOf(fields), "%s has to be a mapping, not %s", label(path), what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if d.repeated(key, seen, path) {
			continue
		}
		at := slices.IndexFunc(fields, func(f reflect.StructField) bool { return jsonName(f) == key.Value })
		if at < 0 {
			d.unknown(key, fields, path)
			continue
		}
		d.value(value, v.FieldByIndex(fields[at].Index), below(path, key.Value))
	}
}

// mapped reads a mapping whose keys are few texts into a map.
func (d *decoder) mapped(n *yaml.Node, v reflect.Value, path string) {
	allowed := mapKeys(v.Type())
	if n.Kind != yaml.MappingNode {
		d.problem(n, path, "write "+strings.Join(allowed, ", "), "%s has to be a mapping, not %s", label(path), describe(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case d.repeated(key, seen, path):
		case !slices.Contains(allowed, key.Value):
			d.problem(key, below(path, key.Value), "the keys here are "+strings.Join(allowed, ", "), "%s has no key %q", label(path), key.Value)
		default:
			item := reflect.New(v.Type().Elem()).Elem()
			d.value(value, item, below(path, key.Value))
			v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), item)
		}
	}
}

// repeated reports a key that stands twice.
func (d *decoder) repeated(key *yaml.Node, seen map[string]bool, path string) bool {
	if seen[key.Value] {
		d.problem(key, below(path, key.Value), "keep one of them", "the key %q stands here twice", key.Value)
		return true
	}
	seen[key.Value] = true
	return false
}

func (d *decoder) unknown(key *yaml.Node, fields []reflect.StructField, path string) {
	hint := "the keys here are " + keysOf(fields)
	if near := nearest(key.Value, names(fields)); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	d.problem(key, below(path, key.Value), hint, "%s has no key %q", label(path), key.Value)
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.problem(n, path, "write [a, b], or lines that begin with \"- \"", "%s has to be a list, not %s", label(path), describe(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	wrong := func(what, example string) {
		d.problem(n, path, "write "+example, "%s has to be %s, not %s", label(path), what, describe(n))
	}
	if n.Kind != yaml.ScalarNode {
		wrong("one value", "it on one line, such as "+label(path)+": text")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
	case reflect.Bool:
		if n.ShortTag() != "!!bool" {
			wrong("true or false", "true or false, without quotes")
			return
		}
		v.SetBool(strings.EqualFold(n.Value, "true"))
	case reflect.Int:
		i, err := strconv.Atoi(n.Value)
		if err != nil || n.ShortTag() != "!!int" {
			wrong("a whole number", "a number such as 10, without quotes")
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil || n.ShortTag() != "!!int" && n.ShortTag() != "!!float" {
			wrong("a number", "a number such as 100, without quotes")
		}
		v.SetFloat(f)
	default:
		d.problem(n, path, "leave it out", "%s cannot be written in a file", label(path))
	}
}

// decode implements [custom]: one mapping, or a list of them.
func (t *tokenConfigs) decode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.SequenceNode {
		d.list(n, reflect.ValueOf((*[]tokenConfig)(t)).Elem(), path)
		return
	}
	*t = make(tokenConfigs, 1)
	d.object(n, reflect.ValueOf(t).Elem().Index(0), path)
}

// decode implements [custom]: a mapping of file alone, else a declaration that is written out.
func (c *declarationConfig) decode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "file" {
		d.object(n, reflect.ValueOf(c).Elem(), path)
		return
	}
	o, ok := d.json(n, path).(*scim.Object)
	if !ok {
		d.problem(n, path, "write file: PATH, or the declaration as docs/schemas.md shows it", "%s has to be a mapping, not %s", label(path), describe(n))
		return
	}
	doc, err := scim.ParseDeclaration(o)
	if err != nil {
		d.problem(n, path, "docs/schemas.md shows the shape of a declaration", "%s: %s", label(path), err)
	}
	c.document = doc
}

// json turns a node into the value that the same text in JSON would be.
func (d *decoder) json(n *yaml.Node, path string) scim.Value {
	if d.nodes++; d.nodes > maxNodes {
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return d.json(n.Alias, path)
	case yaml.MappingNode:
		o, seen := &scim.Object{}, map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !d.repeated(n.Content[i], seen, path) {
				o.Members = append(o.Members, scim.Member{Name: n.Content[i].Value, Value: d.json(n.Content[i+1], path)})
			}
		}
		return o
	case yaml.SequenceNode:
		list := scim.Array{}
		for _, item := range n.Content {
			list = append(list, d.json(item, path))
		}
		return list
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		return scim.Number(n.Value)
	}
	return n.Value
}

// describe says what stands in the file, without repeating more of it than is needed.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return strconv.Quote(clip(n.Value, 40))
}

// label is what people call the value: the last key of its path.
func label(path string) string {
	if path == "" {
		return "the file"
	}
	return path[strings.LastIndexByte(path, '.')+1:]
}

func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

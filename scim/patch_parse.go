package scim

import (
	"strconv"
	"strings"
)

// ParsePatch reads a PATCH body (RFC 7644 §3.5.2) by the quirks of p. Paths are bound and values coerced here, so
// that [Patch.Apply] fails only for what depends on the resource. Members that the RFC does not name are ignored
// (T-086). The caller bounds the number of operations.
func ParsePatch(body *Object, t *ResourceType, p Profile) (*Patch, error) {
	b := patchParser{t: t, profile: p, patch: &Patch{Type: t, profile: p}}
	if err := b.schemas(body); err != nil {
		return nil, err
	}
	v, _ := body.Get("Operations")
	list, ok := v.(Array)
	if !ok || len(list) == 0 && !p.Has(QuirkEmptyOperations) { // D-24, T-084
		return nil, NewError(KindNoOperations, "Operations", show(v), "a list of at least one operation")
	}
	b.patch.Operations = make([]Operation, 0, len(list))
	for i, v := range list {
		if err := b.operation(v, "Operations["+strconv.Itoa(i)+"]"); err != nil {
			return nil, err
		}
	}
	return b.patch, nil
}

// patchParser is one walk over a PATCH body.
type patchParser struct {
	t       *ResourceType
	profile Profile
	patch   *Patch
}

// schemas wants the PatchOp URN; without any "schemas" only by quirk (T-085).
func (b *patchParser) schemas(body *Object) error {
	v, _ := body.Get("schemas")
	if v == nil && b.profile.Has(QuirkPatchWithoutSchemas) {
		return nil
	}
	list, _ := v.(Array)
	for _, e := range list {
		if urn, ok := e.(string); ok && equalName(urn, URNPatchOp) {
			return nil
		}
	}
	return NewError(KindBadSchemas, "schemas", show(v), `["`+URNPatchOp+`"]`)
}

// operation reads one element of "Operations".
func (b *patchParser) operation(v Value, where string) error {
	o, ok := v.(*Object)
	if !ok {
		return NewError(KindBadOperation, where, show(v), `an object with "op", "path" and "value"`)
	}
	op, err := verb(o, where)
	if err != nil {
		return err
	}
	path, err := b.path(o, where)
	if err != nil {
		return err
	}
	value, given := o.Get("value")
	switch {
	case op != OpRemove && !given:
		return NewError(KindMissing, where+".value", "", "a value to "+op.String())
	case path == nil && op == OpRemove:
		return NewError(KindNoTarget, where+".path", "", "a path to remove")
	case path == nil:
		return b.pathless(op, value, where)
	}
	return b.add(Operation{Op: op, Path: path, Value: value, HasValue: given, where: where}, where+".value")
}

// verb reads "op" in any case: Entra sends "Add" (R-110, T-072).
func verb(o *Object, where string) (PatchOp, error) {
	v, _ := o.Get("op")
	s, _ := v.(string)
	for op, name := range patchOps {
		if equalName(s, name) {
			return PatchOp(op), nil
		}
	}
	return 0, NewError(KindBadOperation, where+".op", show(v), "add, remove or replace")
}

// path reads "path". Null and, unless the profile is strict, "" are no path at all.
func (b *patchParser) path(o *Object, where string) (*Path, error) {
	where += ".path"
	v, _ := o.Get("path")
	if v == nil {
		return nil, nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, NewError(KindBadPath, where, show(v), "an attribute path as text")
	}
	if s == "" && b.profile.Has(QuirkEmptyStringUnassigns) {
		return nil, nil
	}
	return parsePath(s, where, b.t, b.profile)
}

// pathless splits an operation without path by the members of its value.
func (b *patchParser) pathless(op PatchOp, v Value, where string) error {
	o, ok := v.(*Object)
	if !ok {
		return NewError(KindWrongType, where+".value", show(v), "an object with the attributes to "+op.String()+", or a path")
	}
	for _, m := range o.Members {
		if err := b.member(op, m, where); err != nil {
			return err
		}
	}
	return nil
}

// member makes an operation of one member of a value without path. What the server assigns is not the client's to
// say, and clients that echo what they read say it (T-078, T-079).
func (b *patchParser) member(op PatchOp, m Member, where string) error {
	at := where + ".value." + m.Name
	switch {
	case equalName(m.Name, "id"):
		return b.id(m.Value, at)
	case equalName(m.Name, "schemas"), equalName(m.Name, "meta"):
		return nil
	}
	path, err := b.key(m.Name, at)
	if path == nil || err != nil {
		return err
	}
	return b.addMember(Operation{Op: op, Path: path, Value: m.Value, HasValue: true, where: where}, at)
}

// addMember is add for a member of a value: what is read-only there is ignored as in a POST, unless the
// profile is strict.
func (b *patchParser) addMember(op Operation, at string) error {
	if op.Path.readOnly() && b.profile.Has(QuirkIgnoreUnknown) {
		b.warn("read-only attribute " + strconv.Quote(op.Path.src) + " ignored")
		return nil
	}
	return b.add(op, at)
}

func (b *patchParser) id(v Value, where string) error {
	s, ok := v.(string)
	if !ok && v != nil {
		return NewError(KindWrongType, where, show(v), "text")
	}
	if ok {
		b.patch.ids = append(b.patch.ids, mention{id: s, where: where})
	}
	return nil
}

// key resolves a name in a value without path: an attribute, an extension's URN or, by quirk, an attribute path
// (T-073). The path is nil when the name is unknown and ignored.
func (b *patchParser) key(name, where string) (*Path, error) {
	if s, a := b.t.find(AttrPath{Name: name}, b.profile); a != nil {
		return &Path{Schema: s, Attr: a, src: name}, nil
	}
	if s := b.t.schema(name); s != nil && s != b.t.Schema {
		return &Path{Schema: s, src: name}, nil
	}
	if b.profile.Has(QuirkPathKeys) {
		if strings.Contains(name, "[") {
			return parsePath(name, where, b.t, b.profile) // meant as a value path: never half understood (T-123)
		}
		attr, _ := splitAttr(name, b.t, b.profile)
		if s, a, sub, ok := b.t.resolve(attr, b.profile); ok {
			return &Path{Schema: s, Attr: a, Sub: sub, src: name}, nil
		}
	}
	return nil, b.unknown(name, where)
}

// unknown refuses a name of a declared extension, and otherwise ignores it with a warning where the profile says so
// (D-07).
func (b *patchParser) unknown(name, where string) error {
	urn, rest := knownURN(name, b.t, b.profile)
	if s := b.t.schema(urn); s != nil && s != b.t.Schema {
		return flattened(s, name, rest)
	}
	if !b.profile.Has(QuirkIgnoreUnknown) {
		return NewError(KindUnknownAttribute, where, name, b.t.hint(AttrPath{Name: name}, nil))
	}
	if len(b.patch.Warnings) < maxWarnings { // the search for the nearest name is not free
		b.warn(unknownWarning(name, b.t.nearestTo(AttrPath{Name: name})))
	}
	return nil
}

func (b *patchParser) warn(s string) {
	if len(b.patch.Warnings) < maxWarnings {
		b.patch.Warnings = append(b.patch.Warnings, s)
	}
}

// add checks what the target allows, coerces the value and appends the operation. at is the place of the value.
func (b *patchParser) add(op Operation, at string) error {
	switch {
	case op.Path.Attr == nil && op.Op != OpRemove && op.Value != nil:
		return b.extension(op, at)
	case op.Path.Attr == nil:
		op.Op, op.Value = OpRemove, nil
	case op.Path.Schema == nil && op.Path.Attr.Name == "schemas":
		return b.listSchemas(op)
	}
	if err := b.writable(&op); err != nil {
		return err
	}
	if err := b.coerce(&op, at); err != nil {
		return err
	}
	if op.Value == nil && !op.addsNothing() {
		if err := b.removable(&op); err != nil {
			return err
		}
	}
	b.patch.Operations = append(b.patch.Operations, op)
	return nil
}

// listSchemas takes an operation on "schemas" for what it is: the list follows from the attributes, so adding
// to it is no change, and it cannot go.
func (b *patchParser) listSchemas(op Operation) error {
	if op.Op == OpRemove {
		return NewError(KindNotRemovable, op.where+".path", op.Path.src, "removal of an extension by its URN")
	}
	return nil
}

// extension splits an operation on a whole extension by the members of its value: each is replaced, the others stay
//
func (b *patchParser) extension(op Operation, at string) error {
	v := op.Value
	if list, ok := v.(Array); ok && len(list) == 1 && b.profile.Has(QuirkLooseShapes) {
		v = list[0]
	}
	s := op.Path.Schema
	o, ok := v.(*Object)
	if !ok {
		return NewError(KindWrongType, at, show(v), "an object with "+names(s.Attributes))
	}
	for _, m := range o.Members {
		a := s.Attribute(m.Name)
		if a == nil {
			return unknownInExtension(s, m.Name)
		}
		one := op
		one.Path, one.Value = &Path{Schema: s, Attr: a, src: s.ID + ":" + a.Name}, m.Value
		if err := b.addMember(one, at+"."+m.Name); err != nil {
			return err
		}
	}
	return nil
}

// writable refuses read-only targets.
func (b *patchParser) writable(op *Operation) error {
	if op.Path.readOnly() {
		return NewError(KindReadOnly, op.where, op.Path.src, "attributes that a client may write")
	}
	return nil
}

// removable refuses to take away what is required.
func (b *patchParser) removable(op *Operation) error {
	p := op.Path
	required := false
	switch {
	case p.Attr == nil:
		required = b.t.requires(p.Schema)
	case p.Sub != nil:
		required = p.Sub.Required
	case p.Filter == nil:
		required = p.Attr.Required
	}
	if required {
		return NewError(KindNotRemovable, op.where, p.src, "a value, or another attribute")
	}
	return nil
}

func (t *ResourceType) requires(s *Schema) bool {
	for _, e := range t.Extensions {
		if e.Schema == s {
			return e.Required
		}
	}
	return false
}

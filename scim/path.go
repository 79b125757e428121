package scim

import "errors"

// ParsePath parses the path of a PATCH operation and binds it to the resource type. See RFC 7644 §3.5.2 figure 7.
//
// A malformed path is [KindBadPath], also inside its brackets; one that names nothing declared is [KindUnknownPath], in
// every profile (D-07). What is not understood is never read as something larger (T-130).
func ParsePath(src string, t *ResourceType, p Profile) (*Path, error) {
	return parsePath(src, "path", t, p)
}

func parsePath(src, where string, t *ResourceType, p Profile) (*Path, error) {
	ps, err := newFilterParser(src, where, KindBadPath, t, p)
	if err != nil {
		return nil, err
	}
	path, filter, err := ps.path()
	if err != nil {
		return nil, ofPath(err)
	}
	bound, err := bindPath(src, path, filter, ps)
	return bound, ofPath(err)
}

// ofPath makes what is wrong between the brackets wrong with the path (D-07): the admin sees one operation, not a
// filter.
func ofPath(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Kind {
	case KindBadFilter:
		e.Kind = KindBadPath
	case KindUnknownInFilter:
		e.Kind = KindUnknownPath
	}
	return err
}

// path reads the whole of a path: attribute, value filter, sub-attribute, end.
func (p *filterParser) path() (AttrPath, Node, error) {
	start := p.tok
	if start.kind != tokenWord {
		return AttrPath{}, nil, p.expected("an attribute path such as userName, name.givenName or emails[type eq \"work\"].value")
	}
	path, err := p.attrPath()
	if err != nil {
		return path, nil, err
	}
	var filter Node
	if p.adjacent(start, tokenOpenBracket) {
		if path, filter, err = p.valuePath(path); err != nil {
			return path, nil, err
		}
	}
	if p.tok.kind != tokenEnd {
		return path, nil, p.expected("the end of the path")
	}
	return path, filter, nil
}

// valuePath reads "[filter]" and ".sub" after an attribute.
func (p *filterParser) valuePath(path AttrPath) (AttrPath, Node, error) {
	if path.Name == "" || path.SubName != "" {
		return path, nil, p.expected("a value filter right after an attribute")
	}
	filter, bracket, err := p.brackets()
	if err != nil {
		return path, nil, err
	}
	path.SubName, err = p.subAfter(bracket)
	return path, filter, err
}

func bindPath(src string, path AttrPath, filter Node, ps *filterParser) (*Path, error) {
	if path.Name == "" {
		return bindSchema(src, path, ps)
	}
	s, a, sub, ok := ps.t.resolve(path, ps.profile)
	switch {
	case !ok:
		return nil, NewError(KindUnknownPath, ps.where, src, ps.t.hint(path, a))
	case filter == nil:
		return &Path{Schema: s, Attr: a, Sub: sub, src: src}, nil
	case a.Type != TypeComplex:
		return nil, NewError(KindBadPath, ps.where, src, a.Name+" without a value filter")
	}
	path.Schema, path.Attr, path.extension = s, a, s != nil && s != ps.t.Schema
	b := binder{t: ps.t, profile: ps.profile, where: ps.where}
	return &Path{Schema: s, Attr: a, Filter: filter, Sub: sub, src: src}, b.bind(filter, &path)
}

// bindSchema binds a bare URN: that of an extension is a target, that of the base schema would be everything.
func bindSchema(src string, path AttrPath, ps *filterParser) (*Path, error) {
	s := ps.t.schema(path.URN)
	if s == ps.t.Schema {
		return nil, NewError(KindUnknownPath, ps.where, src, "an attribute of "+s.ID)
	}
	return &Path{Schema: s, src: src}, nil
}

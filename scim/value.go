package scim

// Value is one JSON value: nil (null), bool, [Number], string, [Array] or *[Object]. Nothing else is ever stored
// in one.
type Value any

// Number is the text of a JSON number, kept as sent so that no digit is lost (RFC 7643 §2.3.3, §2.3.4).
type Number string

// Array is a JSON array.
type Array []Value

// Member is one name and value of an [Object].
type Member struct {
	Name  string
	Value Value
}

// Object is a JSON object that keeps the order and the spelling of its members. Look-ups ignore ASCII case, as
// attribute names do (RFC 7643 §2.1).
type Object struct {
	Members []Member
}

// Get returns the value of the named member, and whether there is one.
func (o *Object) Get(name string) (Value, bool) {
	if i := o.index(name); i >= 0 {
		return o.Members[i].Value, true
	}
	return nil, false
}

// Set replaces the named member's value in place, or appends the member.
func (o *Object) Set(name string, v Value) {
	if i := o.index(name); i >= 0 {
		o.Members[i].Value = v
		return
	}
	o.Members = append(o.Members, Member{Name: name, Value: v})
}

// Delete removes the named member and reports whether it was there.
func (o *Object) Delete(name string) bool {
	i := o.index(name)
	if i < 0 {
		return false
	}
	o.Members = append(o.Members[:i], o.Members[i+1:]...)
	return true
}

// Len is the number of members; a nil object has none.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.Members)
}

func (o *Object) index(name string) int {
	if o == nil {
		return -1
	}
	return indexOfName(o.Members, name)
}

func indexOfName(members []Member, name string) int {
	for i := range members {
		if equalName(members[i].Name, name) {
			return i
		}
	}
	return -1
}

// Clone returns a deep copy of v.
func Clone(v Value) Value {
	switch v := v.(type) {
	case Array:
		c := make(Array, len(v))
		for i := range v {
			c[i] = Clone(v[i])
		}
		return c
	case *Object:
		if v == nil {
			return nil
		}
		c := &Object{Members: make([]Member, len(v.Members))}
		for i, m := range v.Members {
			c.Members[i] = Member{Name: m.Name, Value: Clone(m.Value)}
		}
		return c
	default:
		return v
	}
}

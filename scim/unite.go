package scim

import "slices"

// unite makes one of the elements of a list that are the same type and value: a server should not return such a pair
// twice. Elements that share only their type stay apart (D-12).
func (r *Resource) unite() {
	r.Attributes = uniteIn(r.Attributes, r.Type.Schema.Attributes)
	for _, e := range r.Type.Extensions {
		v, _ := r.Attributes.Get(e.Schema.ID)
		if o, ok := v.(*Object); ok {
			if once := uniteIn(o, e.Schema.Attributes); once != o {
				r.Attributes.Set(e.Schema.ID, once)
			}
		}
	}
}

// uniteIn returns the object with its lists united: itself when there is nothing to unite, else a copy.
func uniteIn(o *Object, attrs []*Attribute) *Object {
	out := o
	for i := range o.Len() {
		m := o.Members[i]
		list, ok := m.Value.(Array)
		if !ok || len(list) < 2 || len(list) > maxValues { // more is refused
			continue
		}
		a := find(attrs, m.Name)
		if a == nil || a.Sub("value") == nil {
			continue
		}
		once := united(a, list)
		if len(once) == len(list) {
			continue
		}
		if out == o {
			out = shallow(o)
		}
		out.Members[i].Value = once
	}
	return out
}

// united is the list with each type and value once. The first of its kind stays, and takes from later ones what it
// lacks itself.
func united(a *Attribute, list Array) Array {
	out := make(Array, 0, len(list))
	places := make(map[[2]string]int, len(list))
	for _, e := range list {
		key, ok := pairOf(a, e)
		if place, twin := places[key]; ok && twin {
			out[place] = completed(out[place].(*Object), e.(*Object))
			continue
		}
		if ok {
			places[key] = len(out)
		}
		out = append(out, e)
	}
	return out
}

// pairOf is the folded type and value of an element; ok is false without a value.
func pairOf(a *Attribute, e Value) (pair [2]string, ok bool) {
	o, _ := e.(*Object)
	v, _ := o.Get("value")
	if pair[1], ok = a.Sub("value").Fold(v); !ok {
		return pair, false
	}
	if sub := a.Sub("type"); sub != nil {
		t, _ := o.Get("type")
		pair[0], _ = sub.Fold(t)
	}
	return pair, true
}

// completed is a copy of the element with what it lacks and the other has; it is primary when one of them is.
func completed(e, other *Object) *Object {
	c := &Object{Members: slices.Clone(e.Members)}
	for _, m := range other.Members {
		if _, there := c.Get(m.Name); !there || m.Name == "primary" && m.Value == true {
			c.Set(m.Name, m.Value)
		}
	}
	return c
}

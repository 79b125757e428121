package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// memberColumns are where members.csv says who is in what; -1: not at all.
type memberColumns struct {
	group, member [3]int // by refBy: name, id, externalId
	kind          int
}

// The suffixes of heads, by refBy.
var refSuffixes = [3]string{byName: "", byID: ".id", byExternalID: ".externalId"}

// bindMembers finds the columns group, group.id, group.externalId, member, member.id, member.externalId and type.
func bindMembers(header []string) (c memberColumns, errs []error) {
	taken := map[int]bool{}
	find := func(name string) int {
		i := columnOf(header, name)
		taken[i] = true
		return i
	}
	for by, suffix := range refSuffixes {
		c.group[by], c.member[by] = find("group"+suffix), find("member"+suffix)
	}
	c.kind = find("type")
	for i, head := range header {
		if !taken[i] && !strings.HasPrefix(head, "#") {
			errs = append(errs, fmt.Errorf("column %q: a table of members has group, member, each also with .id or .externalId, and type", clip(head, 40)))
		}
	}
	if c.group == [3]int{-1, -1, -1} || c.member == [3]int{-1, -1, -1} {
		errs = append(errs, errors.New("a table of members needs the columns group and member, each also with .id or .externalId"))
	}
	return c, errs
}

// fill reads the row. Of several names of one resource the id counts first, then the externalId.
func (c memberColumns) fill(row *importRow) {
	at := func(i int) string {
		if i < 0 {
			return ""
		}
		return row.cells[i]
	}
	row.group = firstRef(func(by refBy) string { return at(c.group[by]) })
	row.member = firstRef(func(by refBy) string { return at(c.member[by]) })
	row.setMemberType(at(c.kind))
}

func firstRef(value func(refBy) string) reference {
	for _, by := range []refBy{byID, byExternalID, byName} {
		if v := value(by); v != "" {
			return reference{by, v}
		}
	}
	return reference{}
}

func (r *importRow) setMemberType(kind string) {
	switch strings.ToLower(kind) {
	case "", "user":
	case "group":
		r.isGroup = true
	default:
		r.cause = fmt.Errorf("type %q: a member is a User or a Group", kind)
	}
	if r.cause == nil && (r.group.value == "" || r.member.value == "") {
		r.cause = errors.New("the row names no group, or no member")
	}
}

// isMember tells a line about a member: {"group": "Sales", "member": "ada@example.com"}.
func isMember(o *scim.Object) bool {
	if _, hasSchemas := o.Get("schemas"); hasSchemas {
		return false
	}
	for _, suffix := range refSuffixes {
		if _, ok := o.Get("member" + suffix); ok {
			return true
		}
	}
	return false
}

func fillMember(row *importRow, o *scim.Object) {
	row.group = firstRef(func(by refBy) string { return textOf(o, "group"+refSuffixes[by]) })
	row.member = firstRef(func(by refBy) string { return textOf(o, "member"+refSuffixes[by]) })
	row.setMemberType(textOf(o, "type"))
}

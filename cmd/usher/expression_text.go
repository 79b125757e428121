package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// maxText bounds, in bytes, what one function makes. CEL's own string extension has no such bound, and its cost limit
// looks at a result only when it is there: one replace can make a gigabyte.
const maxText = 64 << 10

var errTextTooLong = fmt.Errorf("a text of more than %d bytes", maxText)

// textFunctions are those of CEL's string extension that mappings need, bounded. Names and meaning are the extension's.
func textFunctions() []cel.EnvOption {
	text, number, list := cel.StringType, cel.IntType, cel.ListType(cel.StringType)
	return []cel.EnvOption{
		method("lowerAscii", text, []*cel.Type{text}, func(a []ref.Val) ref.Val { return mapASCII(a[0], 'A', 'Z') }),
		method("upperAscii", text, []*cel.Type{text}, func(a []ref.Val) ref.Val { return mapASCII(a[0], 'a', 'z') }),
		method("trim", text, []*cel.Type{text}, func(a []ref.Val) ref.Val { return types.String(strings.TrimSpace(str(a[0]))) }),
		method("indexOf", number, []*cel.Type{text, text}, indexOf),
		method("substring", text, []*cel.Type{text, number}, substring),
		method("substring", text, []*cel.Type{text, number, number}, substring),
		method("replace", text, []*cel.Type{text, text, text}, replace),
		method("split", list, []*cel.Type{text, text}, split),
		method("join", text, []*cel.Type{list}, join),
		method("join", text, []*cel.Type{list, text}, join),
	}
}

// method declares one overload of a function that is called on its first argument.
func method(name string, result *cel.Type, args []*cel.Type, f func([]ref.Val) ref.Val) cel.EnvOption {
	id := "usher_" + name + string(rune('0'+len(args)))
	return cel.Function(name, cel.MemberOverload(id, args, result, cel.FunctionBinding(func(a ...ref.Val) ref.Val { return f(a) })))
}

// textCost is the cost of the functions above, and of + on values of unknown type, which CEL takes for cheap: by the length
// of what they make.
type textCost struct{}

// CallCost implements cost.ActualCostEstimator.
func (textCost) CallCost(function, overload string, args []ref.Val, result ref.Val) *uint64 {
	if function == matchName {
		n := matchCost(args)
		return &n
	}
	if function != operators.Add && !strings.HasPrefix(overload, "usher_") {
		return nil
	}
	n := uint64(1)
	switch r := result.(type) {
	case types.String:
		n += uint64(len(r) / 10)
	case traits.Sizer:
		if size, ok := r.Size().(types.Int); ok {
			n += uint64(size)
		}
	}
	return &n
}

func str(v ref.Val) string {
	s, _ := v.(types.String)
	return string(s)
}

// mapASCII swaps the case of the letters from first to last and of no others.
func mapASCII(v ref.Val, first, last rune) ref.Val {
	return types.String(strings.Map(func(r rune) rune {
		if first <= r && r <= last {
			return r ^ 0x20
		}
		return r
	}, str(v)))
}

// indexOf counts characters, as CEL does; -1 is nowhere.
func indexOf(a []ref.Val) ref.Val {
	before, _, found := strings.Cut(str(a[0]), str(a[1]))
	if !found {
		return types.Int(-1)
	}
	return types.Int(utf8.RuneCountInString(before))
}

// substring counts characters; what is beyond the text is the user's lack, not a fault.
func substring(a []ref.Val) ref.Val {
	r := []rune(str(a[0]))
	from, to := a[1].(types.Int), types.Int(len(r))
	if len(a) == 3 {
		to = min(to, a[2].(types.Int))
	}
	from = max(0, from)
	if from >= to {
		return types.String("")
	}
	return types.String(r[from:to])
}

func replace(a []ref.Val) ref.Val {
	s, old, by := str(a[0]), str(a[1]), str(a[2])
	if len(s)+strings.Count(s, old)*len(by) > maxText {
		return types.WrapErr(errTextTooLong)
	}
	return types.String(strings.ReplaceAll(s, old, by))
}

func split(a []ref.Val) ref.Val {
	return types.NewStringList(types.DefaultTypeAdapter, strings.Split(str(a[0]), str(a[1])))
}

func join(a []ref.Val) ref.Val {
	separator := ""
	if len(a) == 2 {
		separator = str(a[1])
	}
	var parts []string
	size := 0
	for it := a[0].(traits.Lister).Iterator(); it.HasNext() == types.True; {
		s, ok := it.Next().(types.String)
		if !ok {
			return types.NewErr("join of something that is no text")
		}
		if size += len(s) + len(separator); size > maxText {
			return types.WrapErr(errTextTooLong)
		}
		parts = append(parts, string(s))
	}
	return types.String(strings.Join(parts, separator))
}

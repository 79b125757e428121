package main

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// CEL's own matches looks neither at how large a pattern becomes nor at how long the text is, and nothing interrupts it:
// a hundred bytes of pattern keep a processor busy for seconds. So it is replaced by one that is bounded before it begins.
const (
	matchName = "matches"
	// maxPattern bounds the steps of a pattern, repetitions written out.
	maxPattern = 1000
	// maxMatch bounds the steps of a pattern times the bytes of a text: some milliseconds.
	maxMatch = 500_000
)

var (
	errPatternTooLarge = fmt.Errorf("a pattern of more than %d steps, repetitions counted", maxPattern)
	errMatchTooMuch    = errors.New("the text is too long for this pattern")
)

// standardLanguage is CEL without its own matches.
func standardLanguage() cel.EnvOption {
	return cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().AddExcludedFunctions(env.NewFunction(matchName))))
}

func matchFunction() cel.EnvOption {
	args := []*cel.Type{cel.StringType, cel.StringType}
	match := cel.BinaryBinding(func(text, pattern ref.Val) ref.Val { return matches(str(text), str(pattern)) })
	return cel.Function(matchName,
		cel.MemberOverload("usher_matches_member", args, cel.BoolType, match),
		cel.Overload("usher_matches", args, cel.BoolType, match))
}

func matches(text, pattern string) ref.Val {
	steps, err := patternSteps(pattern)
	if err != nil {
		return types.WrapErr(err)
	}
	if steps*len(text) > maxMatch {
		return types.WrapErr(errMatchTooMuch)
	}
	p, err := regexp.Compile(pattern)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(p.MatchString(text))
}

// patternSteps estimates how many steps a pattern has once it is compiled, without compiling it.
func patternSteps(pattern string) (int, error) {
	if len(pattern) > maxPattern {
		return 0, errPatternTooLarge
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	if steps := stepsOf(parsed); steps <= maxPattern {
		return steps, nil
	}
	return 0, errPatternTooLarge
}

// stepsOf counts no further than a little beyond maxPattern.
func stepsOf(re *syntax.Regexp) int {
	steps := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		steps += stepsOf(sub)
		if steps > maxPattern {
			return maxPattern + 1
		}
	}
	if re.Op == syntax.OpRepeat {
		steps *= max(re.Min, re.Max, 1)
	}
	return min(steps, maxPattern+1)
}

// patternValidator refuses patterns that are written out in an expression when that is compiled.
type patternValidator struct{}

// Name implements cel.ASTValidator.
func (patternValidator) Name() string { return "usher.validator.matches" }

// Validate implements cel.ASTValidator.
func (patternValidator) Validate(_ *cel.Env, _ cel.ValidatorConfig, a *ast.AST, issues *cel.Issues) {
	for _, call := range ast.MatchDescendants(ast.NavigateAST(a), ast.FunctionMatcher(matchName)) {
		args := call.AsCall().Args()
		last := args[len(args)-1]
		if pattern, ok := last.AsLiteral().(types.String); last.Kind() == ast.LiteralKind && ok {
			if _, err := patternSteps(string(pattern)); err != nil {
				issues.ReportErrorAtID(last.ID(), "invalid matches argument: %v", err)
			}
		}
	}
}

// matchCost is what matches costs: the steps that it may take, so that many of them end like any other work.
func matchCost(args []ref.Val) uint64 {
	steps, err := patternSteps(str(args[1]))
	if err != nil {
		return 1
	}
	return 1 + uint64(steps*len(str(args[0]))/100)
}

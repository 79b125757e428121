package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/usher-scim/usher/mapping"
)

// Expressions are in the Common Expression Language: a tenant writes them and a shared server runs them, so each one is
// bounded in length, depth, cost and time. What none of these bounds is left out of the language: see language.
const (
	maxExpression      = 4 << 10 // bytes
	maxExpressionDepth = 50
	maxExpressionCost  = 100_000
	maxExpressionTime  = 50 * time.Millisecond // the cost ends nearly everything before
	maxExpressionList  = 1000                  // elements of a result
)

// language is CEL with the variables of a mapping. It is made once: that takes a millisecond.
var language = sync.OnceValues(func() (*cel.Env, error) {
	options := append(textFunctions(), standardLanguage(), matchFunction(),
		cel.Variable("user", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("external_id", cel.StringType),
		cel.Variable("active", cel.BoolType),
		cel.Variable("groups", cel.ListType(cel.StringType)),
		cel.ParserRecursionLimit(maxExpressionDepth),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ASTValidators(patternValidator{}, cel.ValidateComprehensionNestingLimit(4)),
	)
	return cel.NewCustomEnv(options...)
})

// compileExpression compiles an expression of a mapping. Its error names line and column.
func compileExpression(source string) (mapping.Expression, error) {
	if len(source) > maxExpression {
		return nil, fmt.Errorf("longer than %d bytes", maxExpression)
	}
	env, err := language()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(source)
	if err := firstIssue(issues); err != nil {
		return nil, err
	}
	if !isResult(ast.OutputType()) {
		return nil, fmt.Errorf("line 1, column 1: the result is a %s, and no text, number, boolean or list", ast.OutputType())
	}
	program, err := env.Program(ast, cel.CostTracking(textCost{}), cel.CostLimit(maxExpressionCost), cel.InterruptCheckFrequency(100))
	if err != nil {
		return nil, err
	}
	return func(variables map[string]any) (any, error) { return evaluate(program, variables) }, nil
}

// firstIssue is the first fault, as one line: what follows it is mostly its consequence.
func firstIssue(issues *cel.Issues) error {
	if issues.Err() == nil {
		return nil
	}
	for _, e := range issues.Errors() {
		message, _, _ := strings.Cut(strings.TrimPrefix(e.Message, "Syntax error: "), "\n")
		message, _, _ = strings.Cut(message, " expecting {") // the whole grammar
		return fmt.Errorf("line %d, column %d: %s", max(1, e.Location.Line()), max(0, e.Location.Column())+1, message)
	}
	return issues.Err()
}

// isResult reports a type that a profile can hold. What is only known later is checked then.
func isResult(t *cel.Type) bool {
	switch t.Kind() {
	case cel.StringKind, cel.BoolKind, cel.IntKind, cel.UintKind, cel.DoubleKind, cel.ListKind, cel.DynKind, cel.NullTypeKind, cel.TimestampKind:
		return true
	}
	return false
}

func evaluate(program cel.Program, variables map[string]any) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), maxExpressionTime)
	defer cancel()
	value, _, err := program.ContextEval(ctx, variables)
	switch {
	case err == nil:
		return native(value)
	case isAbsence(err):
		return nil, nil
	case strings.Contains(err.Error(), "cost limit"):
		return nil, errors.New("the expression does too much work for this user")
	case strings.HasPrefix(err.Error(), "no such overload"):
		return nil, errors.New("an operator or a function has a value of the wrong type before it")
	case ctx.Err() != nil:
		return nil, errors.New("the expression takes too long for this user")
	}
	return nil, err
}

// isAbsence reports that the user has not what the expression asks for: then there is no value. CEL has no type for this
// error.
func isAbsence(err error) bool {
	return strings.HasPrefix(err.Error(), "no such key") || strings.HasPrefix(err.Error(), "index out of bounds")
}

// native is a result as package mapping takes it.
func native(value ref.Val) (any, error) {
	switch v := value.(type) {
	case types.Null:
		return nil, nil
	case types.String:
		if len(v) > maxText {
			return nil, errTextTooLong
		}
		return string(v), nil
	case types.Bool:
		return bool(v), nil
	case types.Int:
		return int64(v), nil
	case types.Uint:
		return int64(v), nil
	case types.Double:
		return float64(v), nil
	case types.Timestamp:
		return v.Format(time.RFC3339Nano), nil
	case traits.Lister:
		return nativeList(v)
	}
	return nil, fmt.Errorf("the result is a %s, and no text, number, boolean or list", value.Type().TypeName())
}

func nativeList(list traits.Lister) (any, error) {
	var all []any
	for it := list.Iterator(); it.HasNext() == types.True; {
		if len(all) == maxExpressionList {
			return nil, fmt.Errorf("the result has more than %d elements", maxExpressionList)
		}
		e, err := native(it.Next())
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

package lang

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// variableType is what a variable's type means.
type variableType struct {
	parse func(text string) (cty.Value, error)     // of --set
	fit   func(value cty.Value) (cty.Value, error) // of a default
}

var typeNames = []string{"string", "number", "int", "float", "bool", "list(string)", "list(int)"}

var variableTypes = map[string]variableType{
	"string":       {func(s string) (cty.Value, error) { return cty.StringVal(s), nil }, want(cty.String, "a string")},
	"number":       {parseNumber, want(cty.Number, "a number")},
	"float":        {parseNumber, want(cty.Number, "a number")},
	"int":          {parseInt, fitInt},
	"bool":         {parseBool, want(cty.Bool, "true or false")},
	"list(string)": {parseList, fitList},
	"list(int)":    {parseInts, fitInts},
}

// typeOf is the type of a variable with this default; it is empty when there
// is none for it.
func typeOf(value cty.Value) string {
	switch t := value.Type(); {
	case value.IsNull():
		return ""
	case t == cty.String:
		return "string"
	case t == cty.Number:
		return "number"
	case t == cty.Bool:
		return "bool"
	}
	if _, err := fitList(value); err == nil {
		return "list(string)"
	}
	if _, err := fitInts(value); err == nil {
		return "list(int)"
	}
	return ""
}

func want(t cty.Type, what string) func(cty.Value) (cty.Value, error) {
	return func(v cty.Value) (cty.Value, error) {
		if v.IsNull() || v.Type() != t {
			return v, fmt.Errorf("%s is not %s", written(v), what)
		}
		return v, nil
	}
}

func fitInt(v cty.Value) (cty.Value, error) {
	if v.IsNull() || v.Type() != cty.Number || !v.AsBigFloat().IsInt() {
		return v, fmt.Errorf("%s is not a whole number", written(v))
	}
	return v, nil
}

func fitList(v cty.Value) (cty.Value, error) {
	list, err := stringsOf(v)
	if err != nil {
		return v, err
	}
	return listOf(list), nil
}

func parseInt(text string) (cty.Value, error) {
	v, err := parseNumber(text)
	if err != nil || !v.AsBigFloat().IsInt() {
		return v, fmt.Errorf("%q is not a whole number", text)
	}
	return v, nil
}

func parseBool(text string) (cty.Value, error) {
	switch strings.TrimSpace(text) {
	case "true":
		return cty.True, nil
	case "false":
		return cty.False, nil
	}
	return cty.NilVal, fmt.Errorf("%q is not true or false", text)
}

func listOf(items []string) cty.Value {
	if len(items) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(items))
	for i, s := range items {
		values[i] = cty.StringVal(s)
	}
	return cty.ListVal(values)
}

func fitInts(v cty.Value) (cty.Value, error) {
	list, err := intsOf(v)
	if err != nil {
		return v, err
	}
	if len(list) == 0 {
		return cty.ListValEmpty(cty.Number), nil
	}
	values := make([]cty.Value, len(list))
	for i, n := range list {
		values[i] = cty.NumberIntVal(int64(n))
	}
	return cty.ListVal(values), nil
}

// written is a value as a .flow file would have it, on one line.
func written(v cty.Value) string {
	if !v.IsWhollyKnown() {
		return "unknown"
	}
	lines := strings.Split(string(hclwrite.TokensForValue(v).Bytes()), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, " ")
}

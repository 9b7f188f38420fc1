package lang

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// listItems reads a list as the command line has it: in the syntax of files,
// when it begins with a bracket, or its items parted by commas.
func listItems(text string) ([]string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil
	case strings.HasPrefix(text, "["):
		return bracketed(text)
	}
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items, nil
}

// bracketed reads a list in the syntax of files. Its numbers are given as text.
func bracketed(text string) ([]string, error) {
	fault := fmt.Errorf(`%s is no list of strings or numbers: write ["a", "b"], or a,b; a name that begins with a bracket stands in quotes`, Safe(text))
	if (&File{src: []byte(text)}).measure() != nil {
		return nil, fault
	}
	e, faults := hclsyntax.ParseExpression([]byte(text), "", hcl.InitialPos)
	if faults.HasErrors() {
		return nil, fault
	}
	list, ok := e.(*hclsyntax.TupleConsExpr)
	if !ok {
		return nil, fault
	}
	var items []string
	for _, item := range list.Exprs {
		if len(item.Variables()) > 0 {
			return nil, fault
		}
		guardOperations(item)
		v, faults := item.Value(nil)
		if faults.HasErrors() || v.IsNull() || v.Type() != cty.String && v.Type() != cty.Number || inDigits(v) != nil {
			return nil, fault
		}
		text, err := settingText(v)
		if err != nil {
			return nil, fault
		}
		items = append(items, text)
	}
	return items, nil
}

func parseList(text string) (cty.Value, error) {
	items, err := listItems(text)
	return listOf(items), err
}

func parseInts(text string) (cty.Value, error) {
	items, err := listItems(text)
	if err != nil || len(items) == 0 {
		return cty.ListValEmpty(cty.Number), err
	}
	values := make([]cty.Value, len(items))
	for i, item := range items {
		if values[i], err = parseInt(item); err != nil {
			return cty.NilVal, err
		}
	}
	return cty.ListVal(values), nil
}

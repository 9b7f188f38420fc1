package lang

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// readSettings reads the variables a step sets; nil when there is a fault.
func (p *planner) readSettings(a *hclsyntax.Attribute) []string {
	sets := []string{}
	if a == nil {
		return sets
	}
	value, ok := p.evaluate(a.Expr)
	if !ok || !value.IsWhollyKnown() {
		return nil
	}
	if value.IsNull() || !value.Type().IsObjectType() {
		p.fault(a.Expr.Range(), "write set = { name = value }", "set is not %s", written(value))
		return nil
	}
	if !p.checkKeys(a.Expr) {
		return nil
	}
	settings := value.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		text, err := settingText(settings[name])
		if err != nil {
			p.fault(a.Expr.Range(), "", "%s: %v", name, err)
			return nil
		}
		sets = append(sets, name+"="+text)
	}
	return sets
}

// checkKeys reports a setting that stands twice.
func (p *planner) checkKeys(e hclsyntax.Expression) bool {
	object, ok := e.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return true
	}
	lines := map[string]int{}
	for _, item := range object.Items {
		key, ok := p.evaluate(item.KeyExpr)
		if !ok || !key.IsKnown() || key.IsNull() || key.Type() != cty.String {
			continue
		}
		place := item.KeyExpr.Range()
		if line, twice := lines[key.AsString()]; twice {
			p.fault(place, "", "%q is set twice; the first is on line %d", key.AsString(), line)
			return false
		}
		lines[key.AsString()] = place.Start.Line
	}
	return true
}

// settingText is a value as --set takes it.
func settingText(v cty.Value) (string, error) {
	switch {
	case v.IsNull():
		return "", fmt.Errorf("has no value; leave it out for the default")
	case v.Type() == cty.String:
		return v.AsString(), nil
	case v.Type() == cty.Number:
		return numberText(v), nil
	case v.Type() == cty.Bool:
		return fmt.Sprint(v.True()), nil
	}
	if !v.CanIterateElements() || v.Type().IsObjectType() || v.Type().IsMapType() {
		return "", fmt.Errorf("%s is no value of a variable", written(v))
	}
	var items []string
	for _, item := range v.Elements() {
		if item.IsNull() || item.Type() != cty.String && item.Type() != cty.Number {
			return "", fmt.Errorf("%s is no list of strings or numbers", written(v))
		}
		text, err := settingText(item)
		if err != nil {
			return "", err
		}
		items = append(items, text)
	}
	// Commas do, where they read back as the same list.
	text := strings.Join(items, ",")
	if back, err := listItems(text); err == nil && slices.Equal(back, items) {
		return text, nil
	}
	return written(v), nil
}

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

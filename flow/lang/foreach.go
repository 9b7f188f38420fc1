package lang

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// round is one of the times a step block is run: once, or once for each value
// of its for_each.
type round struct {
	name string
	each cty.Value // NilVal without for_each; unknown when there is no value to look at
	off  bool      // the list is empty, or has a fault
}

// rounds reads a step's for_each. Of a list that has nothing to give there is
// one round, which is off, so that what the block says is looked at even so.
func (p *planner) rounds(s step) []round {
	a := s.block.Body.Attributes["for_each"]
	if a == nil {
		return []round{{name: s.name}}
	}
	nothing := []round{{name: s.name, each: cty.DynamicVal, off: true}}
	list, ok := p.evaluate(a.Expr)
	if !ok || !list.IsWhollyKnown() {
		return nothing
	}
	if list.IsNull() || !(list.Type().IsTupleType() || list.Type().IsListType()) {
		p.fault(a.Expr.Range(), "", "for_each is a list of strings or whole numbers, not %s", written(list))
		return nothing
	}
	if n := list.LengthInt(); n > maxRounds {
		p.fault(a.Expr.Range(), "", "for_each makes %d steps, and there may be %d", n, maxRounds)
		return nothing
	}
	var all []round
	for _, value := range list.AsValueSlice() {
		text, err := settingText(value)
		name := s.name + "_" + text
		switch {
		case err != nil || value.Type() != cty.String && value.Type() != cty.Number:
			p.fault(a.Expr.Range(), "", "for_each is a list of strings or whole numbers, and %s is neither", written(value))
			return nothing
		case text == "" || !hclsyntax.ValidIdentifier(name):
			p.fault(a.Expr.Range(), "use letters, digits, _ and -", "for_each: %s would make a step called %q, which cannot be a name", written(value), name)
			return nothing
		case slices.ContainsFunc(all, func(r round) bool { return r.name == name }):
			p.fault(a.Expr.Range(), "", "for_each has %s twice", written(value))
			return nothing
		}
		all = append(all, round{name: name, each: value})
	}
	if len(all) == 0 {
		return nothing
	}
	return all
}

// in does something where each.value is that of the round.
func (p *planner) in(r round, do func()) {
	outside := p.values
	if r.each != cty.NilVal {
		p.values = outside.NewChild()
		p.values.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"value": r.each})}
	}
	do()
	p.values = outside
}

// checkEach says whether a name that begins with `each` has a value.
func (p *planner) checkEach(t hcl.Traversal) bool {
	_, inside := p.values.Variables["each"]
	switch {
	case !inside:
		p.fault(t.SourceRange(), "give the step a for_each", "%s is the value of a step's for_each, and there is none here", refText(t))
	case refText(t) != "each.value":
		p.fault(t.SourceRange(), "write each.value", "unknown name %s", refText(t))
	default:
		return true
	}
	return false
}

package lang

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are what an expression can call.
var functions = map[string]function.Function{
	"concat":  stdlib.ConcatFunc,
	"format":  formatFunc,
	"join":    stdlib.JoinFunc,
	"length":  stdlib.LengthFunc,
	"lower":   stdlib.LowerFunc,
	"max":     guard(stdlib.MaxFunc),
	"min":     guard(stdlib.MinFunc),
	"replace": stdlib.ReplaceFunc,
	"upper":   stdlib.UpperFunc,
}

var functionNames = []string{"concat", "format", "join", "length", "lower", "max", "min", "replace", "upper"}

// evaluate gives an expression's value, which is unknown when it needs a
// variable that has a fault. It reports false when there is a fault in the
// expression itself.
func (p *planner) evaluate(e hclsyntax.Expression) (cty.Value, bool) {
	if !p.checkNames(e) || !p.fits(e) {
		return cty.DynamicVal, false
	}
	value, faults := e.Value(p.values)
	if faults.HasErrors() {
		p.faults = append(p.faults, p.file.fromHCL(faults, e.Range())...)
		return cty.DynamicVal, false
	}
	return value, true
}

// checkNames reports the names in an expression that do not exist, and marks
// the variables it uses.
func (p *planner) checkNames(e hclsyntax.Expression) bool {
	before, sound := len(p.faults), true
	for _, t := range e.Variables() {
		sound = p.checkName(t) && sound
	}
	p.checkCalls(e)
	return sound && len(p.faults) == before
}

// markUsed counts all that an expression speaks of as used, so that a faulty
// expression does not make other things look unused.
func (p *planner) markUsed(e hclsyntax.Expression) {
	for _, t := range e.Variables() {
		p.markMeant(t)
	}
}

// markMeant counts what a traversal names, or probably means, as used.
func (p *planner) markMeant(t hcl.Traversal) {
	if isReference(t) {
		n := p.node(refText(t))
		if n == nil {
			n = p.node(nearest(refText(t), p.outputs()))
		}
		if n != nil {
			n.readers++
		}
		return
	}
	name := cmp.Or(variableName(t), t.RootName())
	v := p.variable(name)
	if v == nil {
		v = p.variable(nearest(name, p.variableNames()))
	}
	if v != nil {
		v.used = true
	}
}

// checkName says whether a name in an expression has a value.
func (p *planner) checkName(t hcl.Traversal) bool {
	if t.RootName() == "each" {
		return p.checkEach(t)
	}
	p.markMeant(t)
	root, place := t.RootName(), t.SourceRange()
	switch name := variableName(t); {
	case p.variable(name) != nil:
		return true
	case p.isRefused(name):
	case name != "":
		p.fault(place, DidYouMean(name, p.variableNames(), "variables"), "unknown variable %q", name)
	case root == "var":
		p.fault(place, "write var.NAME", "a variable is read by its name")
	case isReference(t):
		p.fault(place, "a reference can only stand alone, at a port", "%s is a stream, not a value", refText(t))
	case p.variable(root) != nil:
		p.fault(place, fmt.Sprintf("did you mean var.%s?", root), "unknown name %q", root)
	default:
		p.fault(place, fmt.Sprintf("text stands in quotes: %q", root), "unknown name %q", root)
	}
	return false
}

func (p *planner) checkCalls(e hclsyntax.Expression) {
	// The walk itself cannot fail: what is found goes to p.
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		call, ok := n.(*hclsyntax.FunctionCallExpr)
		if ok && !slices.Contains(functionNames, call.Name) {
			p.fault(call.NameRange, DidYouMean(call.Name, functionNames, "functions"), "unknown function %q", call.Name)
		}
		return nil
	})
}

// origins tells where the variables in an expression have their values from.
func (p *planner) origins(e hclsyntax.Expression) string {
	var list []string
	for _, t := range e.Variables() {
		v := p.variable(variableName(t))
		if v != nil && !slices.Contains(list, v.origin()) {
			list = append(list, v.origin())
		}
	}
	return strings.Join(list, ", ")
}

// variableName is NAME for the traversal var.NAME, and empty for others.
func variableName(t hcl.Traversal) string {
	if t.RootName() != "var" || len(t) < 2 {
		return ""
	}
	if name, ok := t[1].(hcl.TraverseAttr); ok {
		return name.Name
	}
	return ""
}

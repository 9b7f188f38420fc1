package lang

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Result is a file that people will want to look at when the flow is done. A
// run names those that are there.
type Result struct {
	Name string
	File string
	Doc  string // what it shows
}

// result is a Result while the file is planned.
type result struct {
	block *hclsyntax.Block
	name  string
}

var resultAttributes = []string{"file", "doc"}

func (p *planner) addResult(b *hclsyntax.Block) {
	for _, other := range p.results {
		if other.name == b.Labels[0] {
			p.fault(b.LabelRanges[0], "", "a second result called %q; the first is on line %d", other.name, other.block.TypeRange.Start.Line)
			p.refused = append(p.refused, b)
			return
		}
	}
	p.results = append(p.results, result{b, b.Labels[0]})
}

// readResults gives the results, in the order of the file.
func (p *planner) readResults() []Result {
	var list []Result
	for _, r := range p.results {
		attributes := r.block.Body.Attributes
		for _, a := range inOrder(attributes) {
			if !slices.Contains(resultAttributes, a.Name) {
				p.fault(a.NameRange, DidYouMean(a.Name, resultAttributes, "it has"), "a result has no %q", a.Name)
				p.checkNames(a.Expr)
			}
		}
		out := Result{Name: r.name}
		for i, into := range []*string{&out.File, &out.Doc} {
			name := resultAttributes[i]
			a := attributes[name]
			if a == nil {
				p.fault(header(r.block), fmt.Sprintf("write %s = \"...\"", name), "result %q lacks its %s", r.name, name)
				continue
			}
			value, ok := p.evaluate(a.Expr)
			switch {
			case !ok || !value.IsWhollyKnown():
			case value.IsNull() || value.Type() != cty.String:
				p.fault(a.Expr.Range(), "", "%s is text, not %s", name, written(value))
			default:
				*into = value.AsString()
			}
		}
		list = append(list, out)
	}
	return list
}

// resolvedResult is a result's lines.
func resolvedResult(r Result) []string {
	return []string{
		fmt.Sprintf("  file = %s\n", written(cty.StringVal(r.File))),
		fmt.Sprintf("  doc = %s\n", written(cty.StringVal(r.Doc))),
	}
}

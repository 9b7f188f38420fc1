package lang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

// deadLetters is how a file calls the stream of what has failed.
const deadLetters = "run.dead_letters"

// input is a port that is connected.
type input struct {
	port    component.Port
	from    *node // nil: the run's dead letters
	carries component.Type
	at      hcl.Range
}

// isReference says that a traversal speaks of a node, rightly or not.
func isReference(t hcl.Traversal) bool {
	return slices.Contains([]string{"source", "op", "sink", "run"}, t.RootName())
}

// refText is a traversal as the file has it.
func refText(t hcl.Traversal) string {
	text := t.RootName()
	for _, step := range t[1:] {
		if name, ok := step.(hcl.TraverseAttr); ok {
			text += "." + name.Name
		} else {
			text += "[...]"
		}
	}
	return text
}

// connect reads the reference at a port.
func (p *planner) connect(n *node, port component.Port, a *hclsyntax.Attribute) {
	t, faults := hcl.AbsTraversalForExpr(a.Expr)
	if faults.HasErrors() || !isReference(t) {
		p.markUsed(a.Expr)
		p.fault(a.Expr.Range(), p.quotedReference(a.Expr), "port %q takes a reference, such as op.NAME, not a value", port.Name)
		return
	}
	from, ok := p.resolve(t)
	if !ok {
		return
	}
	text, have := refText(t), component.DeadLetters
	if from != nil {
		from.read(n)
		if from.spec == nil {
			return
		}
		have = p.gives(from, nil)
	}
	switch absent := from != nil && from.off && !n.off; {
	case !port.Fits(have):
		p.fault(a.Expr.Range(), p.fitting(have, port, n),
			"%s gives %s, but port %q of %s takes %s", text, have.Name, port.Name, n.title(), port.Carries())
	case absent && !port.Optional:
		p.fault(a.Expr.Range(), "give this block the same `when`", "port %q reads %s, which its `when` leaves out", port.Name, text)
	case !absent:
		n.inputs = append(n.inputs, input{port: port, from: from, carries: have, at: a.Expr.Range()})
	}
}

// gives is the type of a node's output. What a node passes on is what it reads,
// which may be declared below it; a circle is another's to report.
func (p *planner) gives(n *node, readers []*node) component.Type {
	if !n.spec.Passes || slices.Contains(readers, n) {
		return n.spec.Out
	}
	a := n.block.Body.Attributes[n.spec.In[0].Name]
	if a == nil {
		return n.spec.Out
	}
	t, faults := hcl.AbsTraversalForExpr(a.Expr)
	if faults.HasErrors() {
		return n.spec.Out
	}
	from := p.node(refText(t))
	if from == nil || from.spec == nil || from.kind == flow.KindSink {
		return n.spec.Out
	}
	if passed := p.gives(from, append(readers, n)); n.spec.In[0].Fits(passed) {
		return passed
	}
	return n.spec.Out
}

// resolve finds the node that a reference names; it is nil for dead letters.
func (p *planner) resolve(t hcl.Traversal) (*node, bool) {
	text, place := refText(t), t.SourceRange()
	if text == deadLetters {
		return nil, true
	}
	if n := p.node(text); n != nil {
		if n.kind != flow.KindSink {
			return n, true
		}
		p.fault(place, "", "%s has no output", text)
		return nil, false
	}
	p.markMeant(t)
	if p.isRefused(strings.TrimPrefix(text, t.RootName()+".")) {
		return nil, false
	}
	if t.RootName() == "run" {
		p.fault(place, "did you mean "+deadLetters+"?", "unknown reference %s", text)
		return nil, false
	}
	p.fault(place, p.meant(t), "unknown reference %s", text)
	return nil, false
}

// meant is a hint at the reference that was probably meant.
func (p *planner) meant(t hcl.Traversal) string {
	if len(t) == 1 {
		return "write " + t.RootName() + ".NAME"
	}
	name := refText(t[:2])[len(t.RootName()):]
	for _, kind := range []string{t.RootName(), "source", "op"} {
		if n := p.node(kind + name); n != nil {
			n.readers++
			return fmt.Sprintf("did you mean %s?", n.ref())
		}
	}
	if near := nearest(refText(t), p.outputs()); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return ""
}

// outputs are the references that could be made.
func (p *planner) outputs() []string {
	list := []string{deadLetters}
	for _, n := range p.nodes {
		if n.kind != flow.KindSink {
			list = append(list, n.ref())
		}
	}
	return list
}

// fitting is a hint at what could stand at a port, or between it and what does.
func (p *planner) fitting(have component.Type, port component.Port, reader *node) string {
	var list []string
	for _, n := range p.nodes {
		if n != reader && n.spec != nil && n.kind != flow.KindSink && port.Fits(p.gives(n, nil)) {
			list = append(list, n.ref())
		}
	}
	if port.Fits(component.DeadLetters) {
		list = append(list, deadLetters)
	}
	const few = 4
	if len(list) > 0 {
		return "what fits: " + strings.Join(list[:min(len(list), few)], ", ")
	}
	if between := p.between(have, port); len(between) == 1 {
		return fmt.Sprintf("put an op %q between them", between[0])
	}
	return ""
}

// between are the ops that make what a port takes of what there is.
func (p *planner) between(have component.Type, port component.Port) (names []string) {
	for _, s := range p.reg.Specs(flow.KindOp) {
		if len(s.In) == 1 && s.In[0].Fits(have) && port.Fits(s.Out) {
			names = append(names, s.Name)
		}
	}
	return names
}

// quotedReference is a hint for a reference that stands in quotes.
func (p *planner) quotedReference(e hclsyntax.Expression) string {
	template, ok := e.(*hclsyntax.TemplateExpr)
	if !ok || !template.IsStringLiteral() {
		return ""
	}
	value, _ := template.Value(nil)
	if n := p.node(value.AsString()); n != nil {
		n.readers++
		return "write " + n.ref() + " without quotes"
	}
	return ""
}

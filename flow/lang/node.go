package lang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

// node is a source, op or sink while the file is planned.
type node struct {
	block *hclsyntax.Block
	kind  flow.Kind
	name  string
	spec  *component.Spec // nil when the component is unknown
	off   bool            // its `when` is false

	args   component.Args // complete only when there are no faults
	inputs []input

	readers int // that exist
	leftOut int // readers that do not
}

func (n *node) ref() string          { return string(n.kind) + "." + n.name }
func (n *node) nameRange() hcl.Range { return n.block.LabelRanges[1] }

// title is how messages call the node: op batch "b".
func (n *node) title() string { return fmt.Sprintf("%s %s %q", n.kind, n.block.Labels[0], n.name) }

// read notes a reader. What does not exist can be read only by what does not.
func (n *node) read(by *node) {
	if by.off && !n.off {
		n.leftOut++
		return
	}
	n.readers++
}

func (p *planner) node(ref string) *node {
	for _, n := range p.nodes {
		if n.ref() == ref {
			return n
		}
	}
	return nil
}

func (p *planner) addNode(b *hclsyntax.Block) {
	n := &node{block: b, kind: flow.Kind(b.Type), name: b.Labels[1], args: component.Args{}}
	for _, other := range p.nodes {
		if other.name == n.name {
			p.fault(n.nameRange(), "reports and profiles go by this name", "a second block called %q; the first is on line %d",
				n.name, other.block.TypeRange.Start.Line)
			p.refused = append(p.refused, b)
			return
		}
	}
	p.nodes = append(p.nodes, n)
	spec, ok := p.reg.Lookup(n.kind, b.Labels[0])
	if !ok {
		p.fault(b.LabelRanges[0], p.component(n.kind, b.Labels[0]), "unknown %s %q", n.kind, b.Labels[0])
		return
	}
	n.spec = spec
}

// component is a hint at the component that was meant.
func (p *planner) component(kind flow.Kind, name string) string {
	for _, other := range []flow.Kind{flow.KindSource, flow.KindOp, flow.KindSink} {
		if _, ok := p.reg.Lookup(other, name); ok {
			return fmt.Sprintf("write %s %q", other, name)
		}
	}
	var names []string
	for _, s := range p.reg.Specs(kind) {
		names = append(names, s.Name)
	}
	return DidYouMean(name, names, "there are")
}

// readWhen finds out whether the node exists. One whose `when` has a fault does.
func (p *planner) readWhen(n *node) {
	a := n.block.Body.Attributes["when"]
	if a == nil {
		return
	}
	value, ok := p.evaluate(a.Expr)
	if !ok || !value.IsKnown() {
		return
	}
	if value.IsNull() || value.Type() != cty.Bool {
		p.fault(a.Expr.Range(), "write a condition, such as var.table != \"\"", "`when` is true or false, not %s", written(value))
		return
	}
	n.off = value.False()
}

// readAttributes reads a node's ports and fields.
func (p *planner) readAttributes(n *node) {
	body := n.block.Body
	if n.spec == nil {
		p.readUnknown(body.Attributes)
		return
	}
	before := len(p.faults)
	for _, a := range inOrder(body.Attributes) {
		if port, ok := n.spec.Port(a.Name); ok {
			p.connect(n, port, a)
		}
	}
	for _, port := range n.spec.In {
		if body.Attributes[port.Name] == nil && !port.Optional {
			p.fault(header(n.block), fmt.Sprintf("write %s = op.NAME", port.Name), "%s reads nothing at port %q, which takes %s",
				n.title(), port.Name, port.Carries())
		}
	}
	n.args = p.readFields(fieldsOf{n.block, n.spec.AllFields(), n.title(), n.known(), n.off})
	if n.spec.Check == nil || n.off || len(p.faults) > before || len(n.args) < len(n.spec.AllFields()) {
		return
	}
	for _, f := range n.spec.Check(n.args) {
		place := header(n.block)
		if a := body.Attributes[f.Field]; a != nil {
			place = a.Expr.Range()
		}
		p.fault(place, f.Hint, "%s: %s", f.Field, f.Fault)
	}
}

// known are the attributes of the node's block that are no fields.
func (n *node) known() []string {
	var list []string
	for _, port := range n.spec.In {
		list = append(list, port.Name)
	}
	return append(list, "when")
}

// readUnknown looks through attributes of which nothing is known, so that what
// they use counts as used.
func (p *planner) readUnknown(attributes hclsyntax.Attributes) {
	for _, a := range inOrder(attributes) {
		if t, faults := hcl.AbsTraversalForExpr(a.Expr); !faults.HasErrors() && isReference(t) {
			p.markMeant(t)
			continue
		}
		p.checkNames(a.Expr)
	}
}

// checkCycles reports nodes that wait for each other, each cycle at the edge
// that closes it.
func (p *planner) checkCycles() {
	done := map[*node]bool{}
	var path []*node
	var visit func(n *node)
	visit = func(n *node) {
		path = append(path, n)
		for _, in := range n.inputs {
			switch i := slices.Index(path, in.from); {
			case in.from == nil || done[in.from]:
			case i >= 0:
				p.fault(in.at, "", "a cycle: %s", cycleText(path[i:]))
			default:
				visit(in.from)
			}
		}
		path = path[:len(path)-1]
		done[n] = true
	}
	for _, n := range p.nodes {
		if !done[n] {
			visit(n)
		}
	}
}

// cycleText follows the records around; path goes against them, from readers
// to what they read.
func cycleText(path []*node) string {
	refs := []string{path[0].ref()}
	for i := len(path) - 1; i >= 0; i-- {
		refs = append(refs, path[i].ref())
	}
	return strings.Join(refs, " -> ")
}

// ordered lists the nodes that exist so that each comes after what it reads,
// and else in the order of the file.
func (p *planner) ordered() []*node {
	var list []*node
	placed := map[*node]bool{nil: true}
	var place func(n *node)
	place = func(n *node) {
		if placed[n] {
			return
		}
		placed[n] = true
		for _, in := range n.inputs {
			place(in.from)
		}
		list = append(list, n)
	}
	for _, n := range p.nodes {
		if !n.off {
			place(n)
		}
	}
	return list
}

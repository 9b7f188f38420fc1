package lang

import (
	"fmt"
	"reflect"

	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Unit is how many records a unit of the flow has; 0: it is not to be cut.
func (p *Plan) Unit() int {
	if p.run == nil {
		return 0
	}
	return p.run.Int("unit")
}

// noBearing are the settings of the run block that change no result.
var noBearing = map[string]bool{"memory": true, "unit": true, "changed": true, "seed": true, "max_errors": true, "allow_empty": true}

// RunValues are those settings of the run block, of those that are not at their
// default, on which it depends what becomes of a record. The seed is in the
// recipes of the nodes that draw from it.
func (p *Plan) RunValues() map[string]string {
	values := map[string]string{}
	for _, f := range component.RunFields {
		if v := p.run[f.Name]; !noBearing[f.Name] && !reflect.DeepEqual(v, f.Default) {
			values["run."+f.Name] = fmt.Sprint(v)
		}
	}
	return values
}

// Values are the nodes, a line each, with all their settings but for paths and
// what changes no result.
func (p *Plan) Values() []string {
	lines := make([]string, len(p.Nodes))
	for i, n := range p.Nodes {
		lines[i] = fmt.Sprintf("%s %q", n.Spec.Title(), n.Name)
		for _, f := range n.Spec.AllFields() {
			if f.Shown() {
				lines[i] += fmt.Sprintf(" %s=%v", f.Name, n.Args[f.Name])
			}
		}
	}
	return lines
}

// Node is one of the plan's nodes as it would join a graph, but for its inputs:
// for those who want to know of it without running it.
func (p *Plan) Node(g *flow.Graph, n Node) *component.Node {
	return &component.Node{
		Graph: g, Spec: n.Spec, Name: n.Name, Args: n.Args, Run: p.run, Load: p.load, BuiltIn: p.builtIn, Upstream: p.parts(n),
		InUnit: true, Memo: &p.memo,
	}
}

// BuildUnit adds the nodes that work on one unit: these sinks, by Ref, with
// settings of their own, and what they read from. All graphs of units share what
// their nodes have found out.
func (p *Plan) BuildUnit(g *flow.Graph, sinks map[string]component.Args) error {
	wanted := map[string]bool{}
	for _, n := range p.Nodes {
		if sinks[n.Ref()] != nil {
			for ref := range p.upstream(n) {
				wanted[ref] = true
			}
		}
	}
	outputs := map[string]component.Output{}
	for _, n := range p.Nodes {
		if !wanted[n.Ref()] {
			continue
		}
		node := p.Node(g, n)
		if args := sinks[n.Ref()]; args != nil {
			node.Args = args
		}
		node.Inputs = p.inputs(g, n, outputs)
		if err := p.join(n, node, outputs); err != nil {
			return err
		}
		if err := node.Built(); err != nil {
			return p.at(n, err)
		}
	}
	return nil
}

// Forget lets the nodes of units find out anew what there is.
func (p *Plan) Forget() { p.memo.Forget() }

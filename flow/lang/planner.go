package lang

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"hpaflow/flow"
)

// planner turns a file into a plan and collects what is wrong with it.
type planner struct {
	file *File
	*loading
	inputs bool     // check that input files and folders exist
	above  []string // identities of the files of steps that led here
	faults Diagnostics

	variables []*variable
	values    *hcl.EvalContext   // the variables, for expressions
	runBlock  *hclsyntax.Block   // nil when the file has none
	nodes     []*node            // in the order of the file
	refused   []*hclsyntax.Block // there is a fault in their type, labels or name
	steps     []step             // in the order of the file
	results   []result           // in the order of the file
	streams   map[string]string  // who uses standard input or output
	foreign   Diagnostics        // of other files, which steps run
	misspelt  []string           // variables that settings of other names were probably meant for; "": of which is unknown
}

func (p *planner) plan(sets []string) (*Plan, Diagnostics) {
	p.above, p.streams = append(slices.Clone(p.above), identity(p.file.name)), map[string]string{}
	p.sortBlocks()
	p.setVariables(sets)
	for _, n := range p.nodes {
		p.readWhen(n)
	}
	for _, n := range p.nodes {
		p.readAttributes(n)
	}
	for _, b := range p.refused {
		p.readUnknown(b.Body.Attributes)
	}
	run := p.readRun()
	steps := p.readSteps()
	results := p.readResults()
	p.checkSteps()
	p.checkCycles()
	p.checkUnused()
	p.checkClaims(run)
	if len(p.faults)+len(p.foreign) > 0 {
		return nil, append(p.faults.sorted(), p.foreign...)
	}
	plan := p.finish(run)
	plan.Steps, plan.Results = steps, results
	return plan, nil
}

// fault reports what is wrong at a place.
func (p *planner) fault(place hcl.Range, hint, format string, args ...any) {
	p.faults = append(p.faults, p.file.at(place, fmt.Sprintf(format, args...), hint))
}

var blockTypes = []string{"variable", "run", "source", "op", "sink", "step", "result"}

// sortBlocks finds the variables, the run block and the nodes.
func (p *planner) sortBlocks() {
	for _, a := range inOrder(p.file.body.Attributes) {
		p.fault(a.NameRange, "a file is made of blocks", "%q stands outside of any block", a.Name)
	}
	for _, b := range p.file.body.Blocks {
		if !slices.Contains(blockTypes, b.Type) {
			p.fault(b.TypeRange, DidYouMean(b.Type, blockTypes, "blocks"), "unknown block %q", b.Type)
			p.refused = append(p.refused, b)
			continue
		}
		for _, inner := range b.Body.Blocks {
			p.fault(inner.TypeRange, "write "+inner.Type+" = ... for an attribute", "%q stands inside of a %s block, which holds no blocks", inner.Type, b.Type)
		}
		if !p.labelled(b) {
			p.refused = append(p.refused, b)
			continue
		}
		switch b.Type {
		case "variable":
			p.addVariable(b)
		case "run":
			if p.runBlock != nil {
				p.fault(b.TypeRange, "", "a second run block; the first is on line %d", p.runBlock.TypeRange.Start.Line)
				continue
			}
			p.runBlock = b
		case "step":
			p.addStep(b)
		case "result":
			p.addResult(b)
		default:
			p.addNode(b)
		}
	}
}

// labelled checks a block's labels.
func (p *planner) labelled(b *hclsyntax.Block) bool {
	want, shape := 2, b.Type+` "COMPONENT" "NAME" { ... }`
	switch b.Type {
	case "variable", "step", "result":
		want, shape = 1, b.Type+` "NAME" { ... }`
	case "run":
		want, shape = 0, `run { ... }`
	}
	if len(b.Labels) != want {
		p.fault(header(b), "write "+shape, "these are not the labels of a %s block", b.Type)
		return false
	}
	if want == 0 {
		return true
	}
	name := b.Labels[want-1]
	if !hclsyntax.ValidIdentifier(name) {
		p.fault(b.LabelRanges[want-1], "use letters, digits, _ and -, and a letter first", "%s cannot be a name", strconv.Quote(name))
		return false
	}
	return true
}

// isRefused says that a name stands on a block that has been refused, so that
// it is no surprise that nothing has this name.
func (p *planner) isRefused(name string) bool {
	return slices.ContainsFunc(p.refused, func(b *hclsyntax.Block) bool { return slices.Contains(b.Labels, name) })
}

// checkUnused reports what is there for nothing.
func (p *planner) checkUnused() {
	for _, v := range p.variables {
		if !v.used {
			p.fault(v.nameRange(), "remove it, or use it as var."+v.Name, "variable %q is never used", v.Name)
		}
	}
	for _, n := range p.nodes {
		switch {
		case n.kind == flow.KindSink || n.readers > 0:
		case n.leftOut > 0:
			p.fault(n.nameRange(), "give this block the same `when`", "nobody reads %s: its readers are left out by their `when`", n.ref())
		default:
			p.fault(n.nameRange(), "end it in a sink, or remove it", "nobody reads %s", n.ref())
		}
	}
	if len(p.nodes)+len(p.steps) == 0 && len(p.faults) == 0 {
		p.faults = append(p.faults, Diagnostic{File: p.file.name, Message: "the flow has no source, op or sink, and no step"})
	}
}

// header is the place of a block's type and labels.
func header(b *hclsyntax.Block) hcl.Range { return b.DefRange() }

// inOrder lists attributes as they stand in the file.
func inOrder(attributes hclsyntax.Attributes) []*hclsyntax.Attribute {
	list := make([]*hclsyntax.Attribute, 0, len(attributes))
	for _, a := range attributes {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	return list
}

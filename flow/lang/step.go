package lang

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Step is one of the flows that a file of steps runs, one after the other.
type Step struct {
	Name string
	File string   // of the flow; a relative path is below the folder of the file of steps
	Sets []string // its variables, as name=value
	Line int      // of the block
}

// deepest is how many files of steps may run one another.
const deepest = 8

// step is a Step while the file is planned.
type step struct {
	block *hclsyntax.Block
	name  string
}

func (p *planner) addStep(b *hclsyntax.Block) {
	for _, other := range p.steps {
		if other.name == b.Labels[0] {
			p.fault(b.LabelRanges[0], "", "a second step called %q; the first is on line %d", other.name, other.block.TypeRange.Start.Line)
			p.refused = append(p.refused, b)
			return
		}
	}
	p.steps = append(p.steps, step{b, b.Labels[0]})
}

// stepAttributes are those of a step block.
var stepAttributes = []string{"flow", "for_each", "set", "when"}

// readSteps gives the steps that exist, their own files planned for faults.
// Whether the files they read exist is for their time to tell, but for the
// first: steps before the others may make theirs.
func (p *planner) readSteps() []Step {
	var list []Step
	for _, s := range p.steps {
		for _, a := range inOrder(s.block.Body.Attributes) {
			if !slices.Contains(stepAttributes, a.Name) {
				p.fault(a.NameRange, DidYouMean(a.Name, stepAttributes, "it has"), "a step has no %q", a.Name)
				p.checkNames(a.Expr)
			}
		}
		for _, r := range p.rounds(s) {
			if p.loading.steps++; p.loading.steps > maxSteps {
				if p.loading.steps == maxSteps+1 {
					p.fault(header(s.block), "", "step %q: with it there are more than %d steps", s.name, maxSteps)
				}
				return list
			}
			p.in(r, func() {
				step, exists := p.readStep(s, r, len(list) == 0)
				if !exists {
					return
				}
				if slices.ContainsFunc(list, func(other Step) bool { return other.Name == step.Name }) {
					p.fault(header(s.block), "", "for_each makes a second step called %q", step.Name)
				}
				list = append(list, step)
			})
		}
	}
	return list
}

// readStep reads a round of a step, and says whether it exists.
func (p *planner) readStep(s step, r round, first bool) (Step, bool) {
	attributes := s.block.Body.Attributes
	exists := p.exists(attributes["when"]) && !r.off
	sets := p.readSettings(attributes["set"])
	a := attributes["flow"]
	if a == nil {
		p.fault(header(s.block), `write flow = "FILE.flow"`, "step %q lacks the flow it runs", s.name)
		return Step{}, false
	}
	value, ok := p.evaluate(a.Expr)
	if !ok || !value.IsWhollyKnown() || !exists {
		return Step{}, false
	}
	if value.IsNull() || value.Type() != cty.String {
		p.fault(a.Expr.Range(), "", "flow is a file's name, not %s", written(value))
		return Step{}, false
	}
	file := p.file.beside(value.AsString())
	if sets != nil {
		file = p.checkStep(s, r, a, file, sets, first)
	}
	return Step{Name: r.name, File: file, Sets: sets, Line: s.block.TypeRange.Start.Line}, true
}

// exists is the value of a step's `when`.
func (p *planner) exists(a *hclsyntax.Attribute) bool {
	if a == nil {
		return true
	}
	value, ok := p.evaluate(a.Expr)
	if !ok || !value.IsKnown() {
		return true
	}
	if value.IsNull() || value.Type() != cty.Bool {
		p.fault(a.Expr.Range(), "", "`when` is true or false, not %s", written(value))
		return true
	}
	return value.True()
}

// checkStep reports the faults of a step's own file, and gives the name by
// which it was found.
func (p *planner) checkStep(s step, r round, a *hclsyntax.Attribute, name string, sets []string, first bool) string {
	f, faults := p.find(name)
	if faults == nil {
		switch name = f.name; {
		case slices.Contains(p.above, identity(name)):
			p.fault(a.Expr.Range(), "", "step %q: %s would run itself", s.name, f.flowName())
			return name
		case len(p.above) == deepest:
			p.fault(a.Expr.Range(), "", "step %q: files of steps run one another more than %d deep", s.name, deepest)
			return name
		}
		if p.loading.work += f.tokens; p.loading.work > maxWork {
			p.loading.steps = maxSteps + 1
			p.fault(a.Expr.Range(), "", "step %q: with it the flows of all steps have more than %d words and signs", s.name, maxWork)
			return name
		}
		inner := &planner{file: f, loading: p.loading, inputs: p.inputs && first, above: p.above}
		_, faults = inner.plan(sets)
		p.claimStreams(s, r, inner.streams)
	}
	for _, d := range faults {
		if d.Line == 0 { // of a setting, or of the whole file: it is the step's
			p.fault(header(s.block), d.Hint, "step %q: %s", s.name, Diagnostic{File: d.File, Message: d.Message})
			continue
		}
		if !slices.Contains(p.foreign, d) { // of a file that several steps run
			p.foreign = append(p.foreign, d)
		}
	}
	return name
}

// checkSteps reports steps beside what they exclude.
func (p *planner) checkSteps() {
	if len(p.steps) == 0 {
		return
	}
	if len(p.nodes) > 0 {
		p.fault(p.nodes[0].block.TypeRange, "put it into a file of its own, and run that as a step", "a file has steps, or sources, ops and sinks, but not both")
	}
	if p.runBlock != nil {
		p.fault(p.runBlock.TypeRange, "the flow of each step has its own", "a file of steps has no run block")
	}
}

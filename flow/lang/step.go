package lang

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

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
// Whether the files they read exist is for their time to tell: steps before
// them may make these.
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
			p.in(r, func() {
				step, exists := p.readStep(s, r)
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
func (p *planner) readStep(s step, r round) (Step, bool) {
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
	file := value.AsString()
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(p.file.name), file)
	}
	if sets != nil {
		p.checkStep(s, a, file, sets)
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

// settingText is a value as --set takes it.
func settingText(v cty.Value) (string, error) {
	switch {
	case v.IsNull():
		return "", fmt.Errorf("has no value; leave it out for the default")
	case v.Type() == cty.String:
		return v.AsString(), nil
	case v.Type() == cty.Number:
		return v.AsBigFloat().Text('g', -1), nil
	case v.Type() == cty.Bool:
		return fmt.Sprint(v.True()), nil
	}
	if !v.CanIterateElements() || v.Type().IsObjectType() || v.Type().IsMapType() {
		return "", fmt.Errorf("%s is no value of a variable", written(v))
	}
	var words []string
	for _, item := range v.AsValueSlice() {
		text, err := settingText(item)
		if err != nil {
			return "", err
		}
		if strings.Contains(text, ",") {
			return "", fmt.Errorf("%q has a comma, and a list is set as text with commas", text)
		}
		words = append(words, text)
	}
	return strings.Join(words, ","), nil
}

// checkStep reports the faults of a step's own file.
func (p *planner) checkStep(s step, a *hclsyntax.Attribute, path string, sets []string) {
	if p.depth == deepest {
		p.fault(a.Expr.Range(), "", "step %q: files of steps run one another more than %d deep", s.name, deepest)
		return
	}
	f, faults := Read(path)
	if faults == nil {
		_, faults = f.planAt(sets, p.reg, false, p.depth+1)
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

package steps

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/flow/lang"
)

// Step is a unit: a flow, or a part of one that an op can do by itself.
type Step struct {
	Number int
	Name   string // where it stands in files of steps: a/b
	Title  string // of the flow
	File   string
	Sets   []string
	After  []int // the steps whose end it waits for, in order; not those that these wait for
	Level  int   // 0 waits for nothing, others for some of the level before

	plan  *lang.Plan
	part  *component.Task
	node  lang.Node // of the part
	paths paths
	prior []int // After, and what these wait for in turn
}

// IsPart says that the step is a part of an op's work, which Do does.
func (s *Step) IsPart() bool { return s.part != nil }

// Plan is the step's flow, as far as it can be known before there is what it reads.
func (s *Step) Plan() *lang.Plan { return s.plan }

// Graph are the steps of a file, by number.
type Graph struct {
	Name  string
	Steps []*Step
	reg   *component.Registry
}

// Of are the steps of a flow that is made of some, or whose ops have parts; of
// another it is nil. The flow was read from file. It does not look whether what
// the steps read is there yet.
func Of(f *lang.File, file string, sets []string, reg *component.Registry) (*Graph, error) {
	g := &Graph{reg: reg}
	if err := g.add("", f, file, sets); err != nil {
		return nil, err
	}
	if len(g.Steps) == 1 && g.Steps[0].Name == "" {
		return nil, nil
	}
	for i, s := range g.Steps {
		if dir, _ := s.home(); dir == "" {
			return nil, fmt.Errorf("%s: step %s writes no file and no folder, so that nobody could tell that it is done: its steps are no units", file, s.Name)
		}
		if s.IsPart() && slices.ContainsFunc(s.part.Writes, place.Remote) {
			return nil, fmt.Errorf("%s: %s: %s is a URL, where one run does all trials of a search; give a folder of this machine, or run it as a whole", file, s.Name, place.Shown(s.part.Writes[0]))
		}
		if s.Name == "" {
			s.Name = s.Title // the flow that its parts are of
		}
		g.wait(i)
	}
	g.number()
	return g, nil
}

// add adds a flow, or the steps it is made of, behind those there are.
func (g *Graph) add(name string, f *lang.File, file string, sets []string) error {
	plan, faults := f.Plan(sets, g.reg)
	if faults != nil {
		return faults
	}
	if name == "" {
		g.Name = plan.Name
	}
	for _, s := range plan.Steps {
		step, faults := lang.Find(s.File, g.reg)
		if faults != nil {
			return faults
		}
		if err := g.add(below(name, s.Name), step, s.File, s.Sets); err != nil {
			return err
		}
	}
	if len(plan.Steps) > 0 {
		return nil
	}
	whole := &Step{Name: name, Title: plan.Name, File: file, Sets: sets, plan: plan, paths: pathsOf(plan)}
	for _, n := range plan.Nodes {
		if n.Spec.Parts == nil {
			continue
		}
		parts, err := partsOf(plan, n)
		if err != nil {
			return fmt.Errorf("%s: %s %q: %w", file, n.Spec.Title(), n.Name, err)
		}
		first := len(g.Steps)
		for i := range parts {
			p := &parts[i]
			s := &Step{Name: below(name, p.Name), Title: plan.Name, File: file, Sets: sets, plan: plan, part: p, node: n, paths: pathsOfPart(p)}
			for _, after := range p.After {
				at := slices.IndexFunc(g.Steps[first:], func(s *Step) bool { return s.part.Name == after })
				s.After = append(s.After, first+at)
			}
			g.Steps = append(g.Steps, s)
			whole.After = append(whole.After, len(g.Steps)-1)
		}
	}
	g.Steps = append(g.Steps, whole)
	return nil
}

func below(name, step string) string {
	if name == "" {
		return step
	}
	return name + "/" + step
}

// partsOf are the parts of an op's work, before there is anything to work on.
func partsOf(plan *lang.Plan, n lang.Node) ([]component.Task, error) {
	return partsIn(plan, n, plan.Options(), flow.Events{}, plan.Look)
}

// partsIn are the parts in a run with these options; look reads other flows, nil: as
// for a run.
func partsIn(plan *lang.Plan, n lang.Node, opts flow.Options, events flow.Events, look func(string, []string) (component.Flow, error)) ([]component.Task, error) {
	graph := flow.New(opts)
	graph.Notify(events)
	inputs, err := plan.BuildBefore(graph, n)
	if err != nil {
		return nil, err
	}
	node := plan.Node(graph, n)
	node.Inputs = inputs
	if look != nil {
		node.Load = look
	}
	return n.Spec.Parts(node)
}

// wait finds out what a step waits for, of those before it.
func (g *Graph) wait(at int) {
	s := g.Steps[at]
	direct := s.After
	for i, earlier := range g.Steps[:at] {
		if !slices.Contains(direct, i) && s.paths.meet(earlier.paths) {
			direct = append(direct, i)
		}
	}
	slices.Sort(direct)
	prior := map[int]bool{}
	s.After = nil
	for _, i := range slices.Backward(direct) { // the later ones wait for earlier ones
		if !prior[i] {
			s.After = append(s.After, i)
			prior[i] = true
			for _, p := range g.Steps[i].prior {
				prior[p] = true
			}
		}
	}
	slices.Reverse(s.After)
	for i := range prior {
		s.prior = append(s.prior, i)
		s.Level = max(s.Level, g.Steps[i].Level+1)
	}
}

// number numbers the steps level by level.
func (g *Graph) number() {
	was := slices.Clone(g.Steps)
	slices.SortStableFunc(g.Steps, func(a, b *Step) int { return cmp.Compare(a.Level, b.Level) })
	for i, s := range g.Steps {
		s.Number = i
	}
	for _, s := range g.Steps {
		for _, list := range [][]int{s.After, s.prior} {
			for i, at := range list {
				list[i] = was[at].Number
			}
			slices.Sort(list)
		}
	}
}

// Digest tells these steps from those of another file, or of other values.
func (g *Graph) Digest() string {
	sum := sha256.New()
	for _, s := range g.Steps {
		fmt.Fprintf(sum, "%q %v %q\n", s.Name, s.After, s.plan.Resolved())
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Levels are the numbers of the steps of each level.
func (g *Graph) Levels() (levels [][]int) {
	for _, s := range g.Steps {
		if s.Level == len(levels) {
			levels = append(levels, nil)
		}
		levels[s.Level] = append(levels[s.Level], s.Number)
	}
	return levels
}

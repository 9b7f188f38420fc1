package lang

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// Plan is a file without faults: what there is to build, or the flows to run
// one after the other.
type Plan struct {
	Name      string     // of the flow, as reports call it
	Nodes     []Node     // each after those it reads
	Edges     []Edge     // in the order of the nodes that read
	Variables []Variable // in the order of the file
	Steps     []Step     // of a file of steps, which has no nodes
	Results   []Result   // to look at when it is done
	StoodIn   []string   // flows that come with the program, and stand in for files that are not there

	streams map[string]string

	file string
	run  component.Args
	reg  *component.Registry
	memo component.Memo // of the graphs of units

	brought bool // see Bring
}

// Node is a block that exists.
type Node struct {
	Spec *component.Spec
	Name string
	Args component.Args // complete
	Line int            // of its block

	given component.Args // Args as the file has them, before Bring
}

// Ref is how the file speaks of the node: op.planes.
func (n Node) Ref() string { return string(n.Spec.Kind) + "." + n.Name }

// Edge joins an output to a port.
type Edge struct {
	From string // a Ref, or run.dead_letters
	To   string // a Ref
	Port component.Port
	Type component.Type // of what travels: one that the port takes
}

func (p *planner) finish(run component.Args) *Plan {
	plan := &Plan{Name: p.file.flowName(), file: p.file.name, run: run, reg: p.reg, streams: p.streams}
	for _, v := range p.variables {
		plan.Variables = append(plan.Variables, v.Variable)
	}
	for _, n := range p.ordered() {
		plan.Nodes = append(plan.Nodes, Node{Spec: n.spec, Name: n.name, Args: n.args, given: n.args, Line: n.block.TypeRange.Start.Line})
		for _, port := range n.spec.In {
			i := slices.IndexFunc(n.inputs, func(in input) bool { return in.port.Name == port.Name })
			if i < 0 {
				continue
			}
			from := deadLetters
			if n.inputs[i].from != nil {
				from = n.inputs[i].from.ref()
			}
			plan.Edges = append(plan.Edges, Edge{From: from, To: n.ref(), Port: port, Type: n.inputs[i].carries})
		}
	}
	return plan
}

// Options are the settings of the file's run block, its name and its text.
func (p *Plan) Options() flow.Options {
	opts := component.RunOptions(p.run)
	opts.Name, opts.Resolved = p.Name, string(p.Resolved())
	return opts
}

// Streams are the standard streams that the plan uses, all steps counted:
// "input", "output", and which block uses each.
func (p *Plan) Streams() map[string]string { return p.streams }

// Packs says that the files of a folder go to standard output, as an archive.
func (p *Plan) Packs() bool {
	for _, n := range p.Nodes {
		for _, f := range n.Spec.AllFields() {
			if f.Type == component.OutputDir && f.Stream(n.Args[f.Name]) == "output" {
				return true
			}
		}
	}
	return false
}

// Paths are the files and folders that the nodes read and write. Steps have
// theirs for themselves.
func (p *Plan) Paths() (read, written []string) {
	for _, n := range p.Nodes {
		for _, f := range n.Spec.AllFields() {
			read = append(read, f.Reads(n.given[f.Name])...)
			written = append(written, f.Writes(n.given[f.Name])...)
		}
	}
	return read, written
}

// Words are the strings in fields of the nodes that are no paths by their type, and
// may be some all the same: FILE of FILE#PART, VALUE of NAME=VALUE.
func (p *Plan) Words() (words []string) {
	add := func(text string) {
		words = append(words, text)
		if file, _, cut := strings.Cut(text, "#"); cut {
			words = append(words, file)
		}
		if _, value, cut := strings.Cut(text, "="); cut {
			words = append(words, strings.Split(value, ",")...)
		}
	}
	for _, n := range p.Nodes {
		for _, f := range n.Spec.AllFields() {
			switch v := n.given[f.Name].(type) {
			case string:
				if f.Type == component.String && v != "" {
					add(v)
				}
			case []string:
				if f.Type == component.Strings {
					for _, text := range v {
						add(text)
					}
				}
			}
		}
	}
	return words
}

// Bring copies the files that nodes read as a whole and that URLs name to this
// machine: from then on the nodes have paths. It is called before any is built, and
// does nothing the second time.
func (p *Plan) Bring(ctx context.Context) error {
	if p.brought {
		return nil
	}
	for i, n := range p.Nodes {
		args := maps.Clone(n.Args)
		for _, f := range n.Spec.AllFields() {
			var err error
			if args[f.Name], err = f.Bring(n.Args[f.Name], func(url string, within ...string) (string, error) {
				return place.Bring(ctx, url, within...)
			}); err != nil {
				return p.at(n, err)
			}
		}
		p.Nodes[i].Args = args
	}
	p.brought = true
	return nil
}

// Build adds the nodes to a graph. An error names the block.
func (p *Plan) Build(g *flow.Graph) error {
	if len(p.Steps) > 0 {
		return fmt.Errorf("%s: its steps are flows of their own, to be built one by one", p.file)
	}
	if err := p.Bring(context.Background()); err != nil {
		return err
	}
	outputs := map[string]component.Output{}
	nodes := make([]*component.Node, len(p.Nodes))
	for i, n := range p.Nodes {
		var err error
		if nodes[i], err = p.build(g, n, outputs); err != nil {
			return err
		}
	}
	for i, n := range p.Nodes {
		if err := nodes[i].Built(); err != nil {
			return p.at(n, err)
		}
	}
	return nil
}

// BuildBefore adds only the nodes that a node reads from, however indirectly,
// and gives what would stand at its ports.
func (p *Plan) BuildBefore(g *flow.Graph, node Node) (map[string]component.Output, error) {
	wanted := p.upstream(node)
	outputs := map[string]component.Output{}
	for _, n := range p.Nodes {
		if wanted[n.Ref()] && n.Ref() != node.Ref() {
			if _, err := p.build(g, n, outputs); err != nil {
				return nil, err
			}
		}
	}
	return p.inputs(g, node, outputs), nil
}

// Before are the Refs of what leads to a node's port.
func (p *Plan) Before(node Node, port string) map[string]bool {
	for _, e := range p.Edges {
		if e.To == node.Ref() && e.Port.Name == port {
			return p.upstream(p.Nodes[slices.IndexFunc(p.Nodes, func(n Node) bool { return n.Ref() == e.From })])
		}
	}
	return nil
}

// BuildPort is BuildBefore for one of the node's ports alone.
func (p *Plan) BuildPort(g *flow.Graph, node Node, port string) (component.Output, error) {
	wanted := p.Before(node, port)
	outputs := map[string]component.Output{}
	var last component.Output // what leads there ends with the node that is at the port
	for _, n := range p.Nodes {
		if wanted[n.Ref()] {
			if _, err := p.build(g, n, outputs); err != nil {
				return nil, err
			}
			last = outputs[n.Ref()]
		}
	}
	if last == nil {
		return nil, fmt.Errorf("%s: nothing is at the port %s of %s %q", p.file, port, node.Spec.Title(), node.Name)
	}
	return last, nil
}

// upstream are the Refs of a node and of all it reads from.
func (p *Plan) upstream(node Node) map[string]bool {
	wanted := map[string]bool{node.Ref(): true}
	for _, n := range slices.Backward(p.Nodes) { // each comes after those it reads
		for _, e := range p.Edges {
			if e.To == n.Ref() && wanted[e.To] {
				wanted[e.From] = true
			}
		}
	}
	return wanted
}

// parts are the nodes that a node's result follows from, itself the last.
func (p *Plan) parts(node Node) []component.Part {
	wanted := p.upstream(node)
	var parts []component.Part
	for _, n := range p.Nodes {
		if wanted[n.Ref()] {
			parts = append(parts, component.Part{Spec: n.Spec, Args: n.Args})
		}
	}
	return parts
}

// build adds a node, whose inputs are among the outputs, to which its own is
// added.
func (p *Plan) build(g *flow.Graph, n Node, outputs map[string]component.Output) (*component.Node, error) {
	node := &component.Node{Graph: g, Spec: n.Spec, Name: n.Name, Args: n.Args, Run: p.run, Inputs: p.inputs(g, n, outputs), Load: p.load, BuiltIn: p.builtIn, Upstream: p.parts(n)}
	return node, p.join(n, node, outputs)
}

// join lets a node add itself to its graph.
func (p *Plan) join(n Node, node *component.Node, outputs map[string]component.Output) error {
	out, err := n.Spec.Build(node)
	if err == nil {
		err = n.yields(out)
	}
	if err != nil {
		return p.at(n, err)
	}
	outputs[n.Ref()] = out
	return nil
}

// at says which node an error is of.
func (p *Plan) at(n Node, err error) error {
	return fmt.Errorf("%s:%d: %s %q: %w", p.file, n.Line, n.Spec.Title(), n.Name, err)
}

// load is Load for a component of the plan.
func (p *Plan) load(path string, sets []string) (component.Flow, error) {
	plan, faults := Load(path, sets, p.reg)
	if len(faults) > 0 {
		return nil, faults
	}
	return plan, nil
}

// Look is load without a look at the files that the flow reads: for who wants to
// know of it before these are there.
func (p *Plan) Look(path string, sets []string) (component.Flow, error) {
	near := &planner{file: &File{name: p.file}}
	f, faults := Find(near.nearby(path), p.reg)
	if faults == nil {
		var plan *Plan
		if plan, faults = f.Plan(sets, p.reg); faults == nil {
			return plan, nil
		}
	}
	return nil, faults
}

// builtIn is the text of a flow that comes with the program.
func (p *Plan) builtIn(name string) ([]byte, bool) {
	base, ok := strings.CutPrefix(name, BuiltIn)
	if !ok {
		return nil, false
	}
	text, err := newLoading(p.reg, false).builtIn(base)
	return text, err == nil
}

// inputs are what stands at a node's ports.
func (p *Plan) inputs(g *flow.Graph, n Node, outputs map[string]component.Output) map[string]component.Output {
	inputs := map[string]component.Output{}
	for _, e := range p.Edges {
		if e.To != n.Ref() {
			continue
		}
		if e.From == deadLetters && outputs[deadLetters] == nil {
			outputs[deadLetters] = g.DeadLetters()
		}
		inputs[e.Port.Name] = outputs[e.From]
	}
	return inputs
}

// yields checks that a component has built what its Spec says.
func (n Node) yields(out component.Output) error {
	switch want := n.Spec.Out.Go; {
	case want == nil && out != nil:
		return fmt.Errorf("a sink has built an output of %v", out.ElemType())
	case want != nil && out == nil:
		return fmt.Errorf("the component has built no output, want %v", want)
	case want != nil && out.ElemType() != want:
		return fmt.Errorf("the component has built an output of %v, want %v", out.ElemType(), want)
	}
	return nil
}

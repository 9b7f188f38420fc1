package draw

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"hpaflow/flow"
	"hpaflow/flow/lang"
)

// Formats are the formats that Plan knows.
var Formats = []string{"dot", "mermaid", "svg"}

// Plan writes a picture of the plan: nodes with kind, name and component,
// edges with what they carry.
func Plan(w io.Writer, p *lang.Plan, format string) error {
	var text string
	d := newDrawing(p)
	switch format {
	case "dot":
		text = d.dot()
	case "mermaid":
		text = d.mermaid()
	case "svg":
		text = d.svg()
	default:
		return fmt.Errorf("unknown format %q, want %s", format, strings.Join(Formats, ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// drawing is what the formats have in common.
type drawing struct {
	name  string
	nodes []box
	edges []arrow
}

// box is a node as people see it.
type box struct {
	kind  flow.Kind // empty: the run's dead letters
	name  string
	below string // the component
}

// arrow is an edge between boxes, by index.
type arrow struct {
	from, to int
	label    string // what travels; after the port's name where there are several
}

func newDrawing(p *lang.Plan) *drawing {
	d := &drawing{name: p.Name}
	d.drawSteps(p.Steps)
	index := map[string]int{}
	several := map[string]bool{}
	for _, n := range p.Nodes {
		index[n.Ref()] = len(d.nodes)
		several[n.Ref()] = len(n.Spec.In) > 1
		d.nodes = append(d.nodes, box{n.Spec.Kind, n.Name, n.Spec.Name})
	}
	for _, e := range p.Edges {
		if _, drawn := index[e.From]; !drawn {
			index[e.From] = len(d.nodes)
			d.nodes = append(d.nodes, box{name: "dead letters", below: "of the run"})
		}
		label := e.Type.Name
		if several[e.To] {
			label = e.Port.Name + ": " + label
		}
		d.edges = append(d.edges, arrow{index[e.From], index[e.To], label})
	}
	return d
}

// title is a box's first line.
func (b box) title() string { return strings.TrimSpace(string(b.kind) + " " + b.name) }

// paint is how boxes of a kind look.
type paint struct{ fill, line, dash string }

func (b box) paint() paint {
	switch b.kind {
	case flow.KindSource:
		return paint{"#e7f1fb", "#3a7fc1", ""}
	case flow.KindOp, stepKind:
		return paint{"#f4f2ee", "#8a8172", ""}
	case flow.KindSink:
		return paint{"#e8f5ea", "#3c9452", ""}
	}
	return paint{"#fdeceb", "#cc4b42", "4 3"}
}

func (d *drawing) dot() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotQuote(d.name))
	b.WriteString("  rankdir=TB\n")
	b.WriteString("  node [shape=box style=\"rounded,filled\" fontname=\"Helvetica\" fontsize=11]\n")
	b.WriteString("  edge [fontname=\"Helvetica\" fontsize=9 color=\"#777777\" fontcolor=\"#555555\"]\n")
	for i, n := range d.nodes {
		fmt.Fprintf(&b, "  n%d [label=%s fillcolor=%q color=%q]\n", i, dotQuote(n.title()+"\n"+n.below), n.paint().fill, n.paint().line)
	}
	for _, e := range d.edges {
		fmt.Fprintf(&b, "  n%d -> n%d [label=%s]\n", e.from, e.to, dotQuote(e.label))
	}
	b.WriteString("}\n")
	return b.String()
}

// dotQuote writes a string of the DOT language, where only quotes and
// backslashes are special.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func (d *drawing) mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TB\n")
	for i, n := range d.nodes {
		fmt.Fprintf(&b, "  n%d(\"%s<br/>%s\")\n", i, mermaidText(n.title()), mermaidText(n.below))
	}
	for _, e := range d.edges {
		fmt.Fprintf(&b, "  n%d -->|\"%s\"| n%d\n", e.from, mermaidText(e.label), e.to)
	}
	for i, n := range d.nodes {
		p := n.paint()
		fmt.Fprintf(&b, "  style n%d fill:%s,stroke:%s,color:#222\n", i, p.fill, p.line)
	}
	return b.String()
}

// mermaidText escapes what mermaid or HTML would read as more than text.
func mermaidText(s string) string {
	return strings.NewReplacer(`#`, "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "#96;").Replace(s)
}

// stepKind stands for a step in a drawing.
const stepKind flow.Kind = "step"

// drawSteps makes a box of each step, and arrows from one to the next.
func (d *drawing) drawSteps(steps []lang.Step) {
	for i, s := range steps {
		d.nodes = append(d.nodes, box{kind: stepKind, name: s.Name, below: filepath.Base(s.File)})
		if i > 0 {
			d.edges = append(d.edges, arrow{i - 1, i, "then"})
		}
	}
}

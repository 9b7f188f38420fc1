package draw_test

import (
	"bytes"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"hpaflow/flow/component"
	"hpaflow/flow/draw"
	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
	"hpaflow/ops"
	"hpaflow/sinks"
	"hpaflow/sources"
)

// picture is what a person takes from a drawing: what each box says, and which
// boxes arrows lead between, with what stands beside them.
type picture struct {
	boxes  []string    // "KIND NAME, COMPONENT"
	arrows [][3]string // from, to, label
}

func (p *picture) sort() {
	slices.Sort(p.boxes)
	slices.SortFunc(p.arrows, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
}

// shown is the picture that a plan asks for.
func shown(p *lang.Plan) picture {
	var want picture
	says := map[string]string{"run.dead_letters": "dead letters, of the run"}
	ports := map[string]int{}
	for _, n := range p.Nodes {
		says[n.Ref()] = string(n.Spec.Kind) + " " + n.Name + ", " + n.Spec.Name
		ports[n.Ref()] = len(n.Spec.In)
		want.boxes = append(want.boxes, says[n.Ref()])
	}
	for _, e := range p.Edges {
		if ports[e.From] == 0 && e.From == "run.dead_letters" && !slices.Contains(want.boxes, says[e.From]) {
			want.boxes = append(want.boxes, says[e.From])
		}
		label := e.Type.Name
		if ports[e.To] > 1 {
			label = e.Port.Name + ": " + label
		}
		want.arrows = append(want.arrows, [3]string{says[e.From], says[e.To], label})
	}
	for i, s := range p.Steps {
		want.boxes = append(want.boxes, "step "+s.Name+", "+filepath.Base(s.File))
		if i > 0 {
			want.arrows = append(want.arrows, [3]string{want.boxes[i-1], want.boxes[i], "then"})
		}
	}
	want.sort()
	return want
}

// plans are those of the golden cases and of the jobs that need no setting.
func plans(t *testing.T) map[string]*lang.Plan {
	t.Helper()
	all := map[string]*lang.Plan{}
	cases, err := filepath.Glob("testdata/drawings/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		plan, faults := langtest.Parsed(a)
		if faults != nil {
			t.Fatal(faults)
		}
		all[filepath.Base(path)] = plan
	}
	reg := &component.Registry{}
	sources.Register(reg, strings.NewReader(""))
	ops.Register(reg)
	sinks.Register(reg, io.Discard)
	jobs, err := filepath.Glob("../../configs/*.flow")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range jobs {
		file, faults := lang.Read(path)
		if faults != nil {
			t.Fatal(faults)
		}
		if plan, faults := file.Plan(nil, reg); faults == nil {
			all[filepath.Base(path)] = plan
		}
	}
	if len(all) < len(cases)+10 {
		t.Fatalf("only %d flows can be planned", len(all))
	}
	return all
}

// Every drawing shows every node and every edge, and nothing else, whatever
// its format; what an SVG shows stands where it can be seen.
func TestDrawingsShowThePlan(t *testing.T) {
	read := map[string]func(*testing.T, string) picture{"dot": readDot, "mermaid": readMermaid, "svg": readSVG}
	for name, plan := range plans(t) {
		for _, format := range draw.Formats {
			t.Run(name+"/"+format, func(t *testing.T) {
				var b bytes.Buffer
				if err := draw.Plan(&b, plan, format); err != nil {
					t.Fatal(err)
				}
				got := read[format](t, b.String())
				got.sort()
				if diff := cmp.Diff(shown(plan), got, cmp.AllowUnexported(picture{})); diff != "" {
					t.Errorf("the plan and what is shown (-want +got):\n%s", diff)
				}
			})
		}
	}
}

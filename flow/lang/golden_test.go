package lang_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"hpaflow/flow/lang"
	"hpaflow/flow/lang/langtest"
)

func TestFaults(t *testing.T) {
	langtest.Golden(t, "faults", func(t *testing.T, a *txtar.Archive) map[string]string {
		plan, faults := langtest.Parsed(a)
		if len(faults) == 0 || plan != nil {
			t.Errorf("plan %v, faults %v: want faults and no plan", plan, faults)
		}
		var b strings.Builder
		if err := faults.Render(&b, false); err != nil {
			t.Fatal(err)
		}
		return map[string]string{"faults": b.String()}
	})
}

func TestPlans(t *testing.T) {
	langtest.Golden(t, "plans", func(t *testing.T, a *txtar.Archive) map[string]string {
		plan, faults := langtest.Parsed(a)
		if faults != nil {
			t.Fatal(faults)
		}
		return map[string]string{"plan": describe(plan)}
	})
}

// describe is a plan as text: equal plans have equal texts.
func describe(p *lang.Plan) string {
	var b strings.Builder
	opts := p.Options()
	fmt.Fprintf(&b, "options {Name:%s OnError:%s MaxErrors:%d Seed:%d Memory:%d Workers:%d Budget:%d}\n",
		opts.Name, opts.OnError, opts.MaxErrors, opts.Seed, opts.Memory, opts.Workers, opts.Budget)
	for _, v := range p.Variables {
		fmt.Fprintf(&b, "variable %s %s default %s value %s set %v doc %q\n", v.Name, v.Type, v.Default, v.Value, v.Set, v.Doc)
	}
	for _, n := range p.Nodes {
		fmt.Fprintf(&b, "%s is %s", n.Ref(), n.Spec.Name)
		for _, f := range n.Spec.AllFields() {
			fmt.Fprintf(&b, " %s=%#v", f.Name, n.Args[f.Name])
		}
		b.WriteString("\n")
	}
	for _, e := range p.Edges {
		fmt.Fprintf(&b, "%s -> %s at %s\n", e.From, e.To, e.Port.Name)
	}
	for _, r := range p.Results {
		fmt.Fprintf(&b, "result %s is %s: %s\n", r.Name, r.File, r.Doc)
	}
	return b.String()
}

package flow_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is what a person writes in a module of their own: the example.
const program = `package main

import (
	"context"
	"fmt"
	"log"

	"hpaflow/flow"
)

func main() {
	g := flow.New(flow.Options{})
	numbers := flow.FromSlice(g, flow.Stage{Name: "numbers"}, []int{1, 2, 3, 4, 5, 6})
	even := flow.Filter(numbers, flow.Stage{Name: "even"}, func(n int) bool { return n%2 == 0 })
	double := func(_ context.Context, r flow.Record[int]) (int, error) { return 2 * r.Value, nil }
	doubled := flow.Map(even, flow.Stage{Name: "double"}, double)
	flow.ForEach(doubled, flow.Stage{Name: "print"}, func(n int) error { _, err := fmt.Println(n); return err })
	if err := g.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
}
`

// A program in another module uses the engine by require and replace.
func TestAnotherModule(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.go": program,
		"go.mod":  "module example\n\ngo 1.26.0\n\nrequire hpaflow v0.0.0\n\nreplace hpaflow => " + root + "\n",
		"go.sum":  string(sums),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.Command("go", "run", "-mod=mod", ".")
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "4\n8\n12\n") {
		t.Errorf("error %v, output:\n%s", err, out)
	}
	body := program[strings.Index(program, "func main() {\n")+len("func main() {\n") : strings.LastIndex(program, "}")]
	if n := strings.Count(body, "\n"); n > 12 {
		t.Errorf("main has %d lines, more than the 12 that a small program may take", n)
	}
}

package cpu

import (
	"errors"
	"strings"
	"testing"

	"hpaflow/models/cpu/kernels"
	"hpaflow/models/cpu/parts"
)

// A kernel that panics on a thread of its own is the operation's error, and of
// a plan the step's, with where it happened.
func TestPanicOfAKernelIsAnError(t *testing.T) {
	ws := kernels.NewWorkspaceOf(2)
	overrun := func() { kernels.ToBlocks(ws, 9, 8, 4, make([]float32, 9*8*4), make([]float32, 8*8*4)) }
	o := &op{name: "conv odd", scalar: true, env: &environment{ws: ws}, run: func([]float32, [][]float32) error {
		overrun()
		return nil
	}}
	_, err := o.Do()
	isPanic(t, err, "conv odd: panic: ")

	r := runner{env: &environment{ws: ws}, plan: &plan{steps: []planStep{{
		name: "pool odd", run: func(*kernels.Workspace, int, []float32, [][]float32) { overrun() },
	}}, parts: []parts.Part{{End: 1, Samples: 1}}, threads: 1, values: []int{0}, whole: []bool{false}, buffer: []int{0}}, buffers: [][]float32{{}}}
	_, err = r.run(1, nil)
	isPanic(t, err, "pool odd: panic: ")
}

func isPanic(t *testing.T, err error, beginning string) {
	t.Helper()
	var p *kernels.Panic
	if !errors.As(err, &p) || !strings.HasPrefix(err.Error(), beginning) || !strings.Contains(string(p.Stack), "kernels.ToBlocks") {
		t.Errorf("%v", err)
	}
}

package flow_test

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"hpaflow/flow"
)

// A process that can open no more files ends the run, whatever it does about
// records: the trouble is none of theirs.
func TestOutOfFiles(t *testing.T) {
	g := flow.New(flow.Options{OnError: flow.OnErrorSkip})
	n := flow.FromSlice(g, flow.Stage{Name: "n"}, make([]int, 9))
	read := flow.Map(n, flow.Stage{Name: "read"}, func(context.Context, flow.Record[int]) (int, error) {
		return 0, fmt.Errorf("open red.png: %w", syscall.EMFILE)
	})
	flow.To(read, flow.Stage{Name: "end"}, flow.Discard[int]())
	err := g.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "read: 0: open red.png: too many open files; raise the limit (ulimit -n)") {
		t.Errorf("the run ends with %v", err)
	}
	if letters := g.Stats().DeadLetters; letters > 0 {
		t.Errorf("%d records are taken for faulty", letters)
	}
}

package sinks_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"hpaflow/data/atomicfile/foldertest"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// behindCheckpoints are the sinks of training, which share a folder that the
// sink checkpoint locks for all of them.
var behindCheckpoints = []string{"metrics", "events", "report"}

// held is a sink that lets a run go on only when it is told to.
type held struct {
	flow.Sink[int]
	opened  chan struct{}
	release chan struct{}
}

func (s held) Open(context.Context) error { close(s.opened); return nil }

// A second run on an output is refused before it has touched anything, and the
// first ends as if there had been none.
func TestTwoRuns(t *testing.T) {
	each(t, func(t *testing.T, s *component.Spec, name string) {
		if slices.Contains(behindCheckpoints, s.Name) {
			t.Skip("locked by the sink checkpoint")
		}
		alone, dir := t.TempDir(), t.TempDir()
		if err := bench(t, s, alone, name, nil); err != nil {
			t.Fatal(err)
		}
		g := flow.New(flow.Options{Name: "suite"})
		node := &component.Node{Graph: g, Spec: s, Name: "sink", Args: arguments(t, s, dir, name),
			Inputs: map[string]component.Output{s.In[0].Name: feeds(t)[s.In[0].Type.Name](g)}}
		if _, err := s.Build(node); err != nil {
			t.Fatal(err)
		}
		wait := held{Sink: flow.Discard[int](), opened: make(chan struct{}), release: make(chan struct{})}
		gate := flow.Source(g, flow.Stage{Name: "gate"}, func(ctx context.Context, _ *flow.Emitter[int]) error {
			select {
			case <-wait.release:
			case <-ctx.Done():
			}
			return context.Cause(ctx)
		})
		flow.To(gate, flow.Stage{Name: "held"}, wait)
		done := make(chan error)
		go func() { done <- g.Run(context.Background()) }()
		<-wait.opened
		for g.Stats().Stages[1].In < 1 && !g.Stats().Stages[0].Ended { // until it is at work
		}
		if err := bench(t, s, dir, name, nil); err == nil || !strings.Contains(err.Error(), "another run is writing to "+dir) {
			t.Errorf("the second run ended with %v", err)
		}
		close(wait.release)
		if err := <-done; err != nil {
			t.Fatalf("the first run ended with %v", err)
		}
		if got := foldertest.Read(t, dir); !maps.Equal(got, foldertest.Read(t, alone)) {
			t.Errorf("there are the files %v", slices.Sorted(maps.Keys(got)))
		}
	})
}

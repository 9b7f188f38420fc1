package training

import (
	"context"
	"os"
	"testing"
	"testing/synctest"

	"hpaflow/flow"
	"hpaflow/models"
	"hpaflow/models/checkpoint"
)

// An epoch is saved once it has been shown, so that a run which is killed between
// the two shows it again; or when the run ends.
func TestEpochsAreShownBeforeTheyAreSaved(t *testing.T) {
	for name, release := range map[string]func(*checkpoint.Shown, context.CancelFunc){
		"shown": func(s *checkpoint.Shown, _ context.CancelFunc) { s.Epoch(0) },
		"ended": func(_ *checkpoint.Shown, end context.CancelFunc) { end() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				shown := &checkpoint.Shown{}
				s := &checkpoints{
					dir: t.TempDir(), best: -1, graph: flow.New(flow.Options{}),
					shown: func() []*checkpoint.Shown { return []*checkpoint.Shown{shown} },
				}
				saved := func() bool {
					_, err := os.Stat(checkpoint.EpochDir(s.dir, 0))
					return err == nil
				}
				weights := models.Tensor{Name: "w", Shape: []int{1}, Data: []float32{1}}
				p := &checkpoint.Progress{Scores: &checkpoint.EpochScores{}, Checkpoint: &checkpoint.Checkpoint{
					State: models.State{Weights: []models.Tensor{weights}}, Position: checkpoint.Position{Epoch: 1},
				}}
				done := make(chan error, 1)
				go func() { done <- s.Write(ctx, flow.Record[*checkpoint.Progress]{Value: p}) }()
				synctest.Wait()
				if saved() {
					t.Error("it was saved before it was shown")
				}
				release(shown, end)
				if err := <-done; err != nil || !saved() {
					t.Errorf("it is not saved: %v", err)
				}
				end()
			})
		})
	}
}

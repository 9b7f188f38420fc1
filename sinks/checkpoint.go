package sinks

import (
	"context"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/models"
)

var epochType = flow.TypeOf[*models.Epoch]("epoch")

func checkpointSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindSink, Name: "checkpoint",
		Doc: "Save each epoch below DIR/checkpoint as epoch_NNNN: weights as safetensors, and the state of the optimiser. " +
			"A flow that finds checkpoints there goes on after the last one.",
		In: in(epochType),
		Fields: []flow.Field{
			{Name: "dir", Type: flow.OutputDir, Doc: "folder of the run, made if need be"},
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			dir := filepath.Join(n.Args.String("dir"), "checkpoint")
			if err := resumeFrom(n.Graph, dir); err != nil {
				return nil, err
			}
			flow.To(flow.In[*models.Epoch](n, "in"), n.Stage(), &checkpoints{dir: dir})
			return nil, nil
		},
	}
}

// resumeFrom lets the graph go on after the last checkpoint in a folder.
func resumeFrom(g *flow.Graph, dir string) error {
	path, err := models.LatestCheckpoint(dir)
	if err != nil || path == "" {
		return err
	}
	c, err := models.LoadCheckpoint(path)
	if err != nil {
		return err
	}
	g.ResumeFrom(flow.Resume{Epochs: c.Position.Epoch, State: c})
	return nil
}

// checkpoints saves every epoch as it comes: what is saved stays, whatever
// becomes of the run.
type checkpoints struct {
	dir    string
	unlock func() error
}

func (s *checkpoints) Open(context.Context) (err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	s.unlock, err = atomicfile.Lock(s.dir)
	return err
}

func (s *checkpoints) Write(_ context.Context, r flow.Record[*models.Epoch]) error {
	return models.SaveCheckpoint(models.EpochDir(s.dir, r.Value.Number), r.Value.Checkpoint)
}

func (s *checkpoints) Commit(context.Context) error { return s.unlock() }
func (s *checkpoints) Abort() error                 { return s.unlock() }

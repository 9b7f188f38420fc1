package training

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges/trained"
)

func checkpointSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "checkpoint",
		Doc: "Save each epoch below DIR/checkpoint as epoch_NNNN: weights as safetensors, and all that is needed to go on. " +
			"Checkpoints inside an epoch, and where an interrupted run stood, are kept until a later one is there. " +
			"best/ holds the weights of the epoch with the largest macro F1. A flow that finds checkpoints goes on from the last one.",
		In: component.Takes(trained.Progress),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the run, made if need be"},
			{Name: "keep", Type: component.Int, Default: 10, Min: 0, Max: 1 << 20, Doc: "epochs to keep, the last ones; 0: all"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &checkpoints{dir: filepath.Join(n.Args.String("dir"), "checkpoint"), best: -1, keep: n.Args.Int("keep"), graph: n.Graph}
			if err := s.resume(); err != nil {
				return nil, err
			}
			flow.To(component.In[*checkpoint.Progress](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// checkpoints saves what training yields as it comes: what is saved stays,
// whatever becomes of the run.
type checkpoints struct {
	dir    string
	keep   int
	graph  *flow.Graph
	epochs int  // that are saved
	best   int  // of them
	failed bool // to save one
}

// resume lets the graph go on from the last checkpoint in the folder.
func (s *checkpoints) resume() error {
	path, err := checkpoint.ResumePoint(s.dir)
	if err != nil || path == "" {
		return err
	}
	c, err := checkpoint.LoadCheckpoint(path)
	if err != nil {
		return err
	}
	s.epochs, s.best = c.Position.Epoch, c.Position.Best()
	if err := s.graph.ResumeFrom(flow.Resume{Epochs: c.Position.Epoch, State: c}); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Lock keeps other runs from the folder, before any sink of this one touches it.
func (s *checkpoints) Lock() (unlock func() error, err error) {
	if err := atomicfile.MakeFolder(s.dir); err != nil {
		return nil, err
	}
	return atomicfile.Lock(s.dir)
}

// Open removes what a killed run has left, and does what it has left undone.
func (s *checkpoints) Open(context.Context) error {
	list, err := checkpoint.Checkpoints(s.dir)
	for _, c := range list {
		if !c.Complete {
			err = errors.Join(err, os.RemoveAll(c.Path))
		}
		if c.Complete && c.Step == 0 && c.Epoch == s.best {
			err = errors.Join(err, checkpoint.LinkWeights(c.Path, filepath.Join(s.dir, "best")))
		}
	}
	return err
}

func (s *checkpoints) Write(_ context.Context, r flow.Record[*checkpoint.Progress]) error {
	p := r.Value
	if p.Checkpoint == nil {
		return nil
	}
	if p.Scores == nil {
		return s.save(checkpoint.StepDir(s.dir, p.Checkpoint.Position), p.Checkpoint)
	}
	path := checkpoint.EpochDir(s.dir, p.Epoch)
	if err := s.save(path, p.Checkpoint); err != nil {
		return err
	}
	s.epochs = p.Epoch + 1
	if p.Checkpoint.Position.Best() == p.Epoch {
		return checkpoint.LinkWeights(path, filepath.Join(s.dir, "best"))
	}
	return nil
}

// save writes a checkpoint, and removes those that it makes unneeded. A disk
// that is full leaves the ones before as they are.
func (s *checkpoints) save(path string, c *checkpoint.Checkpoint) error {
	if err := checkpoint.SaveCheckpoint(path, c); err != nil {
		s.failed = true
		return errors.Join(err, checkpoint.RemoveCheckpoint(path))
	}
	list, err := checkpoint.Checkpoints(s.dir)
	if err != nil {
		return err
	}
	for _, old := range list {
		outlived := old.Step > 0 && old.Path != path || old.Step == 0 && s.keep > 0 && old.Epoch <= c.Position.Epoch-1-s.keep
		if outlived {
			if err := checkpoint.RemoveCheckpoint(old.Path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *checkpoints) Commit(context.Context) error { return nil }

// Abort saves where a run stood that was interrupted, or that something else
// has ended. It does not when an epoch before is not saved yet, for the run
// would go on without it.
func (s *checkpoints) Abort() error {
	c, ok := s.graph.Left().(*checkpoint.Checkpoint)
	if !ok || s.failed || c.Position.Epoch != s.epochs {
		return nil
	}
	return s.save(checkpoint.StepDir(s.dir, c.Position), c)
}

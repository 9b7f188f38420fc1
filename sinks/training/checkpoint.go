package training

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"hpaflow/data/atomicfile"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges"
	"hpaflow/ops/edges/trained"
)

func checkpointSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "checkpoint",
		Doc: "Save each epoch below DIR/checkpoint as epoch_NNNN: weights as safetensors, and all that is needed to go on. " +
			"Checkpoints inside an epoch, and where an interrupted run stood, are kept until a later one is there. " +
			"best/ holds the weights of the epoch with the largest macro F1. A flow that finds checkpoints goes on from the last one. " +
			"Weights whose training state is gone, and other files, are left alone, and never trained over.",
		In: component.Takes(trained.Progress),
		Fields: []component.Field{
			{Name: "dir", Type: component.OutputDir, Doc: "folder of the run, made if need be"},
			{Name: "keep", Type: component.Int, Default: 10, Min: 0, Max: 1 << 20, Doc: "epochs to keep, the last ones; 0: all"},
			{Name: "resume", Type: component.String, Default: "", Doc: "the checkpoint to go on from, such as epoch_0003, and train anew what comes after; empty: the last"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			in := component.In[*checkpoint.Progress](n, "in")
			s := &checkpoints{
				dir: filepath.Join(n.Args.String("dir"), "checkpoint"), best: -1, keep: n.Args.Int("keep"), resumeAt: n.Args.String("resume"),
				graph: n.Graph, stage: n.Name,
				shown: func() []*checkpoint.Shown { return flow.Told[*checkpoint.Shown](in) },
			}
			for _, rows := range flow.Told[edges.Rows](in) {
				s.last = max(s.last, rows.Epochs)
			}
			if err := s.resume(); err != nil {
				return nil, err
			}
			flow.To(in, n.Stage(), s)
			return nil, nil
		},
	}
}

// checkpoints saves what training yields as it comes: what is saved stays,
// whatever becomes of the run.
type checkpoints struct {
	dir      string
	keep     int
	resumeAt string // the checkpoint to go on from; empty: the last
	last     int    // epochs there will be; 0: not known
	graph    *flow.Graph
	stage    string
	shown    func() []*checkpoint.Shown // by the other sinks, once all are wired

	anew   []checkpoint.SavedCheckpoint // that are trained once more
	epochs int                          // that are saved
	best   int                          // of them
	failed bool                         // to save one
}

// Lock keeps other runs from the folder, before any sink of this one touches it.
func (s *checkpoints) Lock() (unlock func() error, err error) {
	claim, err := atomicfile.ClaimFolder(s.dir)
	if err != nil {
		return nil, err
	}
	return claim.Withdraw, nil
}

// Open removes what a killed run has left, and does what it has left undone.
func (s *checkpoints) Open(ctx context.Context) error {
	list, err := checkpoint.Checkpoints(s.dir)
	if err != nil {
		return err
	}
	var pruned []string
	for _, c := range list {
		switch {
		case c.Debris || slices.ContainsFunc(s.anew, func(a checkpoint.SavedCheckpoint) bool { return a.Path == c.Path }):
			err = errors.Join(err, checkpoint.RemoveCheckpoint(c.Path))
		case c.Complete && c.Step == 0 && c.Epoch == s.best:
			err = errors.Join(err, checkpoint.LinkWeights(c.Path, filepath.Join(s.dir, checkpoint.BestDir)))
		case c.Weights && !c.Complete:
			pruned = append(pruned, c.Name())
		}
	}
	if pruned != nil {
		s.graph.Note(s.stage, "left as they are, for they lack training state: "+strings.Join(pruned, ", "))
	}
	if err != nil {
		return err
	}
	return s.graph.Saved(ctx) // what is trained anew is gone before it is there again
}

func (s *checkpoints) Write(ctx context.Context, r flow.Record[*checkpoint.Progress]) error {
	p := r.Value
	if p.Checkpoint == nil {
		return nil
	}
	if p.Scores == nil {
		if err := s.save(checkpoint.StepDir(s.dir, p.Checkpoint.Position), p.Checkpoint); err != nil {
			return err
		}
		return s.graph.Saved(ctx)
	}
	for _, shown := range s.shown() {
		shown.Wait(ctx, p.Epoch) // a run that ends here is saved all the same
	}
	path := checkpoint.EpochDir(s.dir, p.Epoch)
	if err := s.save(path, p.Checkpoint); err != nil {
		return err
	}
	s.epochs = p.Epoch + 1
	if p.Checkpoint.Position.Best() == p.Epoch {
		if err := checkpoint.LinkWeights(path, filepath.Join(s.dir, checkpoint.BestDir)); err != nil {
			return err
		}
	}
	return s.graph.Saved(ctx)
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
		if !outlived || !old.Complete {
			continue
		}
		if _, err := checkpoint.LoadPosition(old.Path); err != nil {
			s.graph.Note(s.stage, fmt.Sprintf("%s is left as it is, for it cannot be told to be the run's: %v", old.Name(), err))
			continue
		}
		if err := checkpoint.RemoveCheckpoint(old.Path); err != nil {
			return err
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

package training

import (
	"context"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges/trained"
	"hpaflow/sinks/results"
)

func averageSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "average",
		Doc: "Save averaged weights as RUN/checkpoint/swa.N.EEE, of the last N checkpoints up to epoch EEE. Weights that are there, averaged of " +
			"the same checkpoints with the same inputs and settings, are kept, and nothing is worked on again.",
		In: component.Takes(trained.Weights),
		Fields: []component.Field{
			{Name: "run", Type: component.OutputDir, Doc: "folder of the run"},
			{Name: "last", Type: component.Int, Default: 10, Min: 1, Max: 1 << 20, Doc: "checkpoints that are averaged"},
			{Name: "epoch_end", Type: component.Int, Default: -1, Min: -1, Max: 1 << 20, Doc: "epoch of the last of them, counted from 0; -1: the last there is"},
			{Name: "inputs", Type: component.Strings, Bears: component.ByContents, Whole: true, Default: []string{}, Doc: "further files the statistics of batch norm follow from"},
			{Name: "settings", Type: component.Strings, Default: []string{}, Doc: "further settings that they follow from"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			dir := filepath.Join(n.Args.String("run"), "checkpoint")
			paths, end, err := checkpoint.LastEpochs(dir, n.Args.Int("last"), n.Args.Int("epoch_end"))
			if err != nil {
				return nil, err
			}
			s := &averageSink{dir: filepath.Join(dir, checkpoint.AverageName(len(paths), end)), args: n.Args, graph: n.Graph, stage: n.Name}
			for _, path := range paths {
				s.weights = append(s.weights, checkpoint.WeightsFile(path))
			}
			in := component.In[*checkpoint.Weights](n, "in")
			s.Whole = results.NewWhole(n, checkpoint.WeightsFile(s.dir), provenance.Of(s.dir), in.Sources())
			flow.To(in, n.Stage(), s)
			return nil, nil
		},
	}
}

type averageSink struct {
	*results.Whole
	dir     string
	weights []string // files of weights that are averaged
	args    component.Args
	graph   *flow.Graph
	stage   string
	fresh   bool
}

// Lock makes the folder, and keeps other runs out of it.
func (s *averageSink) Lock() (unlock func() error, err error) {
	claim, err := atomicfile.ClaimFolder(s.dir)
	if err != nil {
		return nil, err
	}
	return claim.Withdraw, nil
}

func (s *averageSink) Open(context.Context) (err error) {
	if err := atomicfile.Sweep(atomicfile.OS, s.dir); err != nil {
		return err
	}
	if s.fresh, err = s.Fresh(s.earlier); s.fresh {
		s.graph.Note(s.stage, s.dir+" is there, of the same checkpoints")
	}
	return err
}

// earlier is the digest that an earlier version recorded.
func (s *averageSink) earlier() (string, error) {
	return provenance.Digest(s.args.Strings("settings"), append(s.weights, s.args.Strings("inputs")...))
}

// Complete says that there is nothing to do.
func (s *averageSink) Complete(string) bool { return s.fresh }

// CompleteFrom is Complete: what samples are made from was looked at before.
func (s *averageSink) CompleteFrom(key string, from flow.Origin) (bool, error) {
	if !s.fresh {
		s.Note(key, from)
	}
	return s.fresh, nil
}

func (s *averageSink) Write(_ context.Context, r flow.Record[*checkpoint.Weights]) error {
	if err := s.Replacing(); err != nil {
		return err
	}
	if err := checkpoint.SaveWeights(s.dir, r.Value.Tensors, r.Value.Inputs); err != nil {
		return err
	}
	s.graph.Note(s.stage, s.dir)
	for key, sum := range r.Value.Samples {
		s.Add(key, sum)
	}
	return s.Done()
}

func (s *averageSink) Commit(context.Context) error { return nil }
func (s *averageSink) Abort() error                 { return nil }

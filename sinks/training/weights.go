package training

import (
	"context"
	"os"
	"path/filepath"

	"hpaflow/data/atomicfile"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/models/checkpoint"
	"hpaflow/ops/edges/trained"
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
			{Name: "inputs", Type: component.Strings, Default: []string{}, Doc: "files the statistics of batch norm follow from: the table of samples"},
			{Name: "settings", Type: component.Strings, Default: []string{}, Doc: "settings that they follow from"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			a := n.Args
			dir := filepath.Join(a.String("run"), "checkpoint")
			paths, end, err := checkpoint.LastEpochs(dir, a.Int("last"), a.Int("epoch_end"))
			if err != nil {
				return nil, err
			}
			s := &averageSink{path: filepath.Join(dir, checkpoint.AverageName(len(paths), end)), graph: n.Graph, stage: n.Name}
			var weights []string
			for _, path := range paths {
				weights = append(weights, checkpoint.WeightsFile(path))
			}
			if s.digest, err = provenance.Digest(a.Strings("settings"), append(weights, a.Strings("inputs")...)); err != nil {
				return nil, err
			}
			flow.To(component.In[*checkpoint.Weights](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

type averageSink struct {
	path   string // of the folder
	digest string
	fresh  bool
	graph  *flow.Graph
	stage  string
}

func (s *averageSink) file() string { return checkpoint.WeightsFile(s.path) }

func (s *averageSink) Open(context.Context) error {
	if err := os.MkdirAll(s.path, 0o755); err != nil {
		return err
	}
	if err := atomicfile.Sweep(atomicfile.OS, s.path); err != nil {
		return err
	}
	if s.fresh = provenance.WasFresh(s.file(), s.digest); s.fresh {
		s.graph.Note(s.stage, s.path+" is there, of the same checkpoints")
	}
	return nil
}

// Complete says that there is nothing to do.
func (s *averageSink) Complete(string) bool { return s.fresh }

func (s *averageSink) Write(_ context.Context, r flow.Record[*checkpoint.Weights]) error {
	if err := provenance.Forget(s.file()); err != nil {
		return err
	}
	if err := checkpoint.SaveWeights(s.path, r.Value.Tensors); err != nil {
		return err
	}
	s.graph.Note(s.stage, s.path)
	return provenance.Record(s.file(), s.digest)
}

func (s *averageSink) Commit(context.Context) error { return nil }
func (s *averageSink) Abort() error                 { return nil }

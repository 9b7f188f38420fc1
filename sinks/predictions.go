package sinks

import (
	"context"
	"fmt"
	"path/filepath"

	"hpaflow/data/predictions"
	"hpaflow/data/provenance"
	"hpaflow/flow"
)

func predictionsSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindSink, Name: "predictions",
		Doc: "Write probabilities as a table: Id, L00, L01 and so on where labels are known, P00, P01 and so on with 4 decimals; CSV, or " +
			"compressed when the name ends in .zst. A table that is there, made from the same inputs with the same settings, is kept, " +
			"and its samples are not worked on again; beside it FILE.from has their digest.",
		In: in(predictionType),
		Fields: []flow.Field{
			{Name: "file", Type: flow.OutputFile, Doc: "the table"},
			{Name: "inputs", Type: flow.Strings, Default: []string{}, Doc: "files and folders that the probabilities follow from: the weights, the table of samples"},
			{Name: "settings", Type: flow.Strings, Default: []string{}, Doc: "settings that they follow from"},
		},
		Build: func(n *flow.Node) (flow.Output, error) {
			s := &predictionsSink{file: n.Args.String("file"), graph: n.Graph, stage: n.Name}
			inputs := n.Args.Strings("inputs")
			if len(inputs) > 0 {
				var err error
				if s.digest, err = provenance.Digest(n.Args.Strings("settings"), inputs); err != nil {
					return nil, err
				}
			}
			flow.To(flow.In[*predictions.Row](n, "in"), n.Stage(), s)
			return nil, nil
		},
	}
}

// predictionsSink gathers rows and writes them at the end.
type predictionsSink struct {
	file   string
	digest string // of what the table is made from; empty: it is always made
	fresh  bool   // the table is there, and made from that
	graph  *flow.Graph
	stage  string
	table  predictions.Table
}

func (s *predictionsSink) Open(context.Context) error {
	for _, file := range []string{s.file, s.file + provenance.Suffix} {
		if err := prepare(file); err != nil {
			return err
		}
	}
	if s.fresh = s.digest != "" && provenance.Fresh(s.file, s.digest); s.fresh {
		s.graph.Note(s.stage, filepath.Base(s.file)+" is there, of the same weights and samples")
	}
	return nil
}

// Complete says that there is nothing to do.
func (s *predictionsSink) Complete(string) bool { return s.fresh }

func (s *predictionsSink) Write(_ context.Context, r flow.Record[*predictions.Row]) error {
	if len(s.table.Rows) == 0 {
		s.table.Classes, s.table.Labeled = len(r.Value.P), r.Value.Labeled
	}
	if r.Value.Labeled != s.table.Labeled {
		return fmt.Errorf("%s: some samples of the table have labels, some have none", r.Value.ID)
	}
	s.table.Rows = append(s.table.Rows, r.Value)
	return nil
}

func (s *predictionsSink) Commit(context.Context) error {
	if s.fresh {
		return nil
	}
	if len(s.table.Rows) == 0 {
		return fmt.Errorf("%s: no sample was predicted", s.file)
	}
	if err := provenance.Forget(s.file); err != nil {
		return err
	}
	if err := predictions.Write(s.file, &s.table); err != nil || s.digest == "" {
		return err
	}
	return provenance.Record(s.file, s.digest)
}

func (s *predictionsSink) Abort() error { return nil }

package predict

import (
	"context"
	"fmt"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/predict"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func predictionsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "predictions",
		Doc: "Write probabilities as a table, whose name says how: NAME.csv: Id, L00, L01 and so on where labels are known, P00, P01 and so on " +
			"with 4 decimals; NAME.csv.zst: the same, compressed; NAME.shards: a folder of shards, KEY.probs.npy with all digits and KEY.json " +
			"with labels and split. A table that is there, made from the same inputs with the same settings, is kept, and its samples are not " +
			"worked on again; beside it FILE.from has their digest. Of shards, a run that was stopped is gone on with after the last complete one.",
		In: component.Takes(edges.Prediction),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputPath, Doc: "the table: NAME.csv, NAME.csv.zst or NAME.shards"},
			{Name: "inputs", Type: component.Strings, Default: []string{}, Doc: "files and folders that the probabilities follow from: the weights, the table of samples"},
			{Name: "settings", Type: component.Strings, Default: []string{}, Doc: "settings that they follow from"},
			{Name: "labels", Type: component.InputFile, Default: "", Doc: "names of the labels, one a line, kept in a folder of shards for those who look at it; empty: none of their own"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels that are named"},
			{Name: "samples", Type: component.Int, Default: 256, Min: 1, Max: 1 << 24, Doc: "samples in a shard, at most; a multiple of a batch lets a run that was stopped end with the same bytes"},
		},
		Check: func(a component.Args) []component.FieldFault {
			if _, err := predict.FormatOf(a.String("file")); err != nil {
				return []component.FieldFault{{Field: "file", Fault: err.Error()}}
			}
			return nil
		},
		Build: func(n *component.Node) (component.Output, error) {
			s := &predictionsSink{file: n.Args.String("file"), graph: n.Graph, stage: n.Name}
			s.options.ShardRows = n.Args.Int("samples")
			labels := n.Args.String("labels")
			if labels != "" {
				var err error
				if s.options.Names, err = data.ReadNames(labels, n.Args.Int("classes")); err != nil {
					return nil, err
				}
			}
			if inputs := n.Args.Strings("inputs"); len(inputs) > 0 {
				settings, files := madeFrom(n.Args.Strings("settings"), inputs, labels)
				var err error
				if s.options.From, err = provenance.Digest(settings, files); err != nil {
					return nil, err
				}
			}
			in := component.In[*data.Prediction](n, "in")
			if err := checkKeys(s.file, flow.Told[edges.Rows](in)); err != nil {
				return nil, err
			}
			flow.To(in, n.Stage(), s)
			return nil, nil
		},
	}
}

// predictionsSink hands rows, in order, to the writer of a table.
type predictionsSink struct {
	file    string
	options predict.Options
	graph   *flow.Graph
	stage   string
	writer  *predict.Writer
}

func (s *predictionsSink) Open(context.Context) (err error) {
	if s.writer, err = predict.Create(s.file, s.options); err != nil {
		return err
	}
	switch {
	case s.writer.Done():
		s.graph.Note(s.stage, filepath.Base(s.file)+" is there, of the same weights and samples")
	case s.writer.Left() > 0:
		s.graph.Note(s.stage, fmt.Sprintf("%s goes on after %d samples", filepath.Base(s.file), s.writer.Left()))
	}
	return nil
}

// Complete says whether the table has the sample's row.
func (s *predictionsSink) Complete(key string) bool { return s.writer.Has(key) }

func (s *predictionsSink) Write(_ context.Context, r flow.Record[*data.Prediction]) error {
	return s.writer.Add(r.Value)
}

func (s *predictionsSink) Commit(context.Context) error { return s.writer.Commit() }
func (s *predictionsSink) Abort() error                 { return s.writer.Abort() }

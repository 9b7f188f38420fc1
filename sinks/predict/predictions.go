package predict

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"hpaflow/data"
	"hpaflow/data/atomicfile"
	"hpaflow/data/place"
	"hpaflow/data/predict"
	"hpaflow/data/provenance"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sinks/results"
)

func predictionsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSink, Name: "predictions",
		Doc: "Write probabilities as a table, whose name says how: NAME.csv: Id, L00, L01 and so on where labels are known, P00, P01 and so on " +
			"with 4 decimals; NAME.csv.zst: the same, compressed; NAME.shards: a folder of shards, KEY.probs.npy with all digits and KEY.json " +
			"with labels and split. A table that is there, made from the same weights, tables and images with the same settings, is kept, and its " +
			"samples are not worked on again; .FILE.run beside it, or .run in the folder, has what it was made from. Of shards, a run that was " +
			"stopped is gone on with after the last complete one.",
		In: component.Takes(edges.Prediction),
		Fields: []component.Field{
			{Name: "file", Type: component.OutputPath, Doc: "the table: NAME.csv, NAME.csv.zst or NAME.shards"},
			{Name: "inputs", Type: component.Strings, Bears: component.NoBearing, Default: []string{}, Doc: "files and folders that the probabilities follow from: with settings, what an earlier version kept in FILE.from is compared with"},
			{Name: "settings", Type: component.Strings, Bears: component.NoBearing, Default: []string{}, Doc: "settings that they follow from, for the same"},
			{Name: "labels", Type: component.InputFile, Default: "", Known: []string{data.HPA2021}, Doc: "names of the labels, one a line, or hpa2021, kept in a folder of shards for those who look at it; empty: none of their own"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels that are named"},
			{Name: "samples", Type: component.Int, Default: 256, Min: 1, Max: 1 << 24, Doc: "samples in a shard, at most; a multiple of a batch lets a run that was stopped end with the same bytes"},
		},
		Check: func(a component.Args) []component.FieldFault {
			if _, err := predict.FormatOf(place.Base(a.String("file"))); err != nil {
				return []component.FieldFault{{Field: "file", Fault: err.Error()}}
			}
			return nil
		},
		ByUnit: byUnit(),
		Build: func(n *component.Node) (component.Output, error) {
			in := component.In[*data.Prediction](n, "in")
			if err := checkKeys(n.Args.String("file"), flow.Told[edges.Rows](in)); err != nil {
				return nil, err
			}
			s := newPredictionsSink(n, in.Sources())
			var err error
			if s.names, err = labelNames(n); err != nil {
				return nil, err
			}
			flow.To(in, n.Stage(), s)
			return nil, nil
		},
	}
}

// csvKind is a table of probabilities, with labels or without.
var csvKind = results.Kind{Name: "a table of probabilities", Is: func(head []byte) bool {
	return results.Table("", "Id", "P00").Is(head) || results.Table("", "Id", "L00").Is(head)
}}

// predictionsSink hands rows, in order, to the writer of a table.
type predictionsSink struct {
	*results.Whole
	args   component.Args
	graph  *flow.Graph
	stage  string
	folder bool            // of shards
	names  data.Names      // the labels' own; nil: none
	writer *predict.Writer // nil: the table is there and stays
}

func newPredictionsSink(n *component.Node, sources []string) *predictionsSink {
	file := filepath.Clean(n.Args.String("file"))
	format, _ := predict.FormatOf(file) // checked
	s := &predictionsSink{args: n.Args, graph: n.Graph, stage: n.Name, folder: format == predict.Shards}
	store := provenance.Beside(atomicfile.Target(file))
	if s.folder {
		store = provenance.Of(file)
	}
	s.Whole = results.NewWhole(n, file, store, sources)
	return s
}

// Lock keeps other runs from the table.
func (s *predictionsSink) Lock() (unlock func() error, err error) {
	store := provenance.Beside(atomicfile.Target(s.Path))
	return results.NotByUnits(store, store.Lock)
}

func (s *predictionsSink) Open(context.Context) error {
	if !s.folder {
		if err := csvKind.Check(s.Path); err != nil {
			return err
		}
	}
	if err := s.sweep(); err != nil {
		return err
	}
	fresh, err := s.Fresh(s.earlier)
	if err != nil {
		return err
	}
	if fresh {
		s.graph.Note(s.stage, filepath.Base(s.Path)+" is there, of the same weights and samples")
		return nil
	}
	o := predict.Options{ShardRows: s.args.Int("samples"), Names: s.names, Locked: true, Seal: s.seal}
	if s.folder {
		part := predict.Part(s.Path)
		if o.GoOn, err = s.Goes(part); err != nil {
			return err
		}
		o.Entering, o.Entered = s.Entering, s.Entered
	}
	if s.writer, err = predict.Create(s.Path, o); err != nil {
		return err
	}
	if s.folder {
		if err := s.Move(predict.Part(s.Path)); err != nil {
			return errors.Join(err, s.writer.Abort())
		}
	}
	if s.writer.Left() > 0 {
		s.graph.Note(s.stage, fmt.Sprintf("%s goes on after %d samples", filepath.Base(s.Path), s.writer.Left()))
	}
	return nil
}

// sweep removes what killed runs have left half written.
func (s *predictionsSink) sweep() error {
	if err := atomicfile.Prepare(s.Path); err != nil || !s.folder {
		return err
	}
	if err := atomicfile.Sweep(atomicfile.OS, s.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// earlier is the digest that an earlier version recorded.
func (s *predictionsSink) earlier() (string, error) {
	return provenance.Digest(madeFrom(s.args.Strings("settings"), s.args.Strings("inputs"), s.args.String("labels")))
}

// seal comes when all rows are written and the table does not appear yet. The
// records of shards are in their folder, and appear with it.
func (s *predictionsSink) seal(folder string) error {
	if folder != "" {
		return s.Seal()
	}
	return s.Replacing()
}

// Complete says whether the table has the sample's row.
func (s *predictionsSink) Complete(key string) bool { return s.writer == nil || s.writer.Has(key) }

// CompleteFrom is Complete: what samples are made from was looked at before.
func (s *predictionsSink) CompleteFrom(key string, from flow.Origin) (bool, error) {
	if s.Complete(key) {
		return true, nil
	}
	s.Note(key, from)
	return false, nil
}

func (s *predictionsSink) Write(_ context.Context, r flow.Record[*data.Prediction]) error {
	if !s.folder {
		s.Add(r.Value.ID, r.Value.Sum)
	}
	return s.writer.Add(r.Value)
}

func (s *predictionsSink) Commit(context.Context) error {
	if s.writer == nil {
		return nil
	}
	if err := s.writer.Commit(); err != nil || s.folder {
		return err
	}
	return s.Done()
}

func (s *predictionsSink) Abort() error {
	if s.writer == nil {
		return nil
	}
	return errors.Join(s.writer.Abort(), s.Stop())
}

package images

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"hpaflow/data"
	"hpaflow/data/corrections"
	"hpaflow/data/shards"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/images/balance"
	"hpaflow/sources/remote"
)

func samplesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "samples",
		Doc: "The samples of a label table, with their images from a folder of RGBY PNGs or of shards; in the table's order, " +
			"or shuffled anew in every epoch.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "table", Type: component.InputFile, Doc: "CSV with Id, Target and, when split is given, Split"},
			{Name: "corrections", Type: component.InputFile, Default: "", Doc: "CSV with Id, Target, Note and Time, as hpaflow view keeps it, by which labels of the table are corrected; empty: none are"},
			{Name: "images", Type: component.InputDirs, Streams: true, Within: []string{shards.IndexName}, Holds: []component.Content{component.Pictures, component.Shards}, Doc: "folders of ID.png files, or of shards, or OME-Zarr, whose channels are called red, green, blue and yellow; of several, a sample is taken from the first that has it"},
			{Name: "split", Type: component.String, Default: "", Doc: "the rows to take: those whose Split is this; empty: all"},
			{Name: "epochs", Type: component.Int, Default: 1, Min: 1, Max: 1 << 20, Doc: "passes over the rows"},
			{Name: "shuffle", Type: component.String, Default: unshuffled, Choices: []string{unshuffled, shuffled, windowed}, Doc: "whether each epoch has an order of its own, drawn from seed and epoch. " +
				"window: from shards, whose samples are drawn from a window of open ones; an epoch takes few, large reads, which on discs that turn and links that answer late is many times faster"},
			{Name: "window", Type: component.Int, Default: 16, Min: 1, Max: 1024, Doc: "with shuffle = window: shards open at a time; each takes up to 8 MiB of memory, and 4 more are read ahead"},
			{Name: "balance", Type: component.Bool, Default: false, Doc: "with shuffle = true: whether an epoch's samples, as many as there are rows, are drawn with replacement, each with a probability of 1/n " +
				"where n rows have its rarest label, as torch's WeightedRandomSampler draws; one that is drawn again has the key ID#2, and is augmented in another way"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
			{Name: "channels", Type: component.Int, Default: len(data.Colours), Min: 0, Max: data.MaxPlanes, Doc: "planes of an image; the first sample is looked at before the run; 0: any"},
		},
		Check: checkBalance,
		About: func(n *component.Node) (func(string) string, error) {
			read, err := rowsOnce(n)
			return table.About(read.rows), err
		},
		Build: func(n *component.Node) (component.Output, error) {
			a := n.Args
			read, err := rowsOnce(n)
			if err != nil {
				return nil, err
			}
			rows := read.rows
			s := &samples{rows: rows, epochs: a.Int("epochs"), shuffle: a.String("shuffle"), window: a.Int("window"), seed: n.Graph.Options().Seed, share: n.Graph.Options().Share}
			if a.Bool("balance") {
				if !rows[0].Labeled {
					return nil, fmt.Errorf("balance: %s has no column Target, by which samples are drawn", a.String("table"))
				}
				s.balance = balance.New(rows)
			}
			if s.images, err = component.Once(n, "images", func() (imageFolders, error) { return openImages(a.Strings("images"), a.Int("channels"), n.Limits()) }); err != nil {
				return nil, err
			}
			n.Graph.OnEnd(func() { s.images.tell(func(text string) { n.Graph.Note(n.Name, text) }) })
			planes, names, err := firstPlanes(rows, s.images.read, a.Int("channels"), n.Limits())
			if err != nil {
				return nil, err
			}
			n.OnBuilt(func() error { return s.checkImages(n, a.String("table")) })
			n.Graph.OnOrigins(n.Name, s.origins)
			if s.shuffle == windowed && s.share.World > 0 {
				return nil, errors.New(`shuffle: a window is read by one run, and several are to share the samples; shuffle = true can be shared`)
			}
			if s.shuffle == windowed {
				if err := s.images.allPacked(); err != nil {
					return nil, err
				}
			}
			if s.epochs == 1 && s.shuffle == unshuffled {
				n.Graph.OnCut(n.Name, s.cut())
			}
			out := flow.Source(n.Graph, n.Stage(), func(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
				if read.corrected != "" && !n.InUnit {
					n.Graph.Note(n.Name, read.corrected)
				}
				return s.run(ctx, out)
			})
			if s.images.remote() {
				out = remote.Fetch(out, n.Name, s.images.get)
			}
			if names != nil {
				out.Tell(edges.PlaneNames(names))
			}
			s.tell(out, edges.Rows{Table: a.String("table"), Split: a.String("split"), Planes: planes})
			return out, nil
		},
	}
}

// readRows are rows of a table, and what corrections did to it.
type readRows struct {
	rows      []table.Row
	corrected string // empty: there are none
}

// rowsOnce are the node's, read once for all units of a flow.
func rowsOnce(n *component.Node) (readRows, error) {
	return component.Once(n, "rows", func() (read readRows, err error) {
		path, classes, limits := n.Args.String("table"), n.Args.Int("classes"), n.Limits()
		read.rows, err = table.Limit(limits.MaxRows).Read(path, classes)
		if err == nil {
			err = someRows(len(read.rows), limits, path)
		}
		if err == nil {
			read.corrected, err = corrections.Correct(n.Args.String("corrections"), classes, table.Limit(limits.MaxRows), read.rows)
		}
		if err == nil {
			read.rows, err = rowsOfSplit(read.rows, path, n.Args.String("split"))
		}
		return read, err
	})
}

// rowsOfSplit are the rows of a split; of none, all.
func rowsOfSplit(rows []table.Row, path, split string) ([]table.Row, error) {
	if split == "" {
		return rows, nil
	}
	known := map[string]bool{}
	taken := rows[:0:0]
	for _, r := range rows {
		known[r.Split] = true
		if r.Split == split {
			taken = append(taken, r)
		}
	}
	switch {
	case len(taken) > 0:
	case len(known) == 1 && known[""]:
		return nil, fmt.Errorf("%s: no row has split %q: it has no column Split, or nothing stands there", path, split)
	default:
		return nil, fmt.Errorf("%s: no row has split %q; there are %q", path, split, slices.Sorted(maps.Keys(known)))
	}
	return taken, nil
}

// samples goes through the rows of a table, epoch by epoch.
type samples struct {
	rows    []table.Row
	images  imageFolders
	epochs  int
	shuffle string
	balance *balance.Sampler // nil: every row once
	window  int              // shards open at a time
	seed    uint64
	share   flow.Share
	passed  int64 // with a share, the records of passes so far
	first   int64 // the number of the first, of rows that are taken out of more
}

// ids are those of the rows, in the table's order.
func (s *samples) ids() []string {
	list := make([]string, len(s.rows))
	for i, r := range s.rows {
		list[i] = r.ID
	}
	return list
}

// tell leaves word of what the source will yield, which is of some rows.
func (s *samples) tell(out flow.Out[*data.Sample], of edges.Rows) {
	of.IDs, of.Unlabelled, of.Epochs = s.ids(), !s.rows[0].Labeled, s.epochs
	out.Tell(of)
	out.Tell(edges.Origin{What: "table", Identity: edges.Said(rowsIdentity(s.rows))})
	if s.shuffle == windowed {
		out.Tell(edges.Origin{What: "order", Identity: s.windowIdentity})
	}
	if s.balance != nil {
		out.Tell(edges.Origin{What: "balance", Identity: edges.Said("by the rarest label")})
	}
	out.Tell(edges.Origin{What: "images", Identity: func() (string, error) { return s.images.identity(s.ids()) }})
}

// checkImages refuses rows without an image, where a failed record would end
// the run. A run that is complete has no use for images.
func (s *samples) checkImages(n *component.Node, path string) error {
	options := n.Graph.Options()
	if n.InUnit || n.Graph.Resume().Epochs >= s.epochs || options.OnError == flow.OnErrorSkip {
		return nil
	}
	lacking := s.images.lacking(s.ids())
	if len(lacking) == 0 {
		return nil
	}
	return fmt.Errorf("%s: of %d rows, %d have no image in %s: %s", path, len(s.rows), len(lacking), s.images, data.Enumerate(lacking))
}

func (s *samples) run(_ context.Context, out *flow.Emitter[*data.Sample]) error {
	out.Expect(s.epochs * len(s.rows))
	out.Passed(min(out.Epoch(), s.epochs) * len(s.rows))
	for out.Epoch() < s.epochs {
		if err := s.epoch(out); err != nil {
			return err
		}
		if err := out.EndEpoch(); err != nil {
			return err
		}
	}
	return nil
}

func (s *samples) yield(key string, row table.Row, out *flow.Emitter[*data.Sample], find func() ([]data.File, error)) error {
	files, err := find()
	if err != nil {
		return out.Fail(key, err)
	}
	return out.Emit(key, &data.Sample{ID: row.ID, Labels: row.Labels, Labeled: row.Labeled, Split: row.Split, Files: files})
}

// origins tells what each row's sample will be made from, in the table's order.
func (s *samples) origins(yield func(string, flow.Origin) bool) {
	for _, row := range s.rows {
		if !yield(row.ID, s.images.origin(row.ID)) {
			return
		}
	}
}

// cut lets the rows of a table be shared out.
func (s *samples) cut() *flow.Cut {
	return &flow.Cut{
		Names: func(context.Context) ([]string, error) { return s.ids(), nil },
		Take: func(first int64, ids []string) {
			s.first, s.rows = first, rowsOf(s.rows, ids)
		},
		Origin: func(id string) (string, flow.Origin, bool) {
			_, err := s.images.of(id)
			return id, s.images.origin(id), err == nil
		},
	}
}

// rowsOf are the rows of some Ids, in their order. One that has none any more
// gets a row of its own, of a sample whose image there may still be.
func rowsOf(rows []table.Row, ids []string) []table.Row {
	return flow.Taken(rows, ids, func(r table.Row) string { return r.ID }, func(id string) table.Row { return table.Row{ID: id} })
}

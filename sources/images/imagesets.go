package images

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/names"
	"hpaflow/data/place"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/images/omezarr"
	"hpaflow/sources/remote"
)

// setTables are the label tables of the sets in a data folder.
var setTables = map[string]string{"train": "train.csv", "external": "external.csv", "test": "sample_submission.csv"}

var setNames = []string{"train", "external", "test"}

func imageSetsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "image_sets",
		Doc: "The samples of the sets in a data folder, with the image of one channel: DATA/raw/SET/ID_CHANNEL.png (or .tif, .jpg), or of OME-Zarr in DATA/raw/SET. " +
			"Ids and labels are those of DATA/train.csv, external.csv and sample_submission.csv; a sample's split is its set. " +
			"A sample whose image is missing is skipped; one with two different images is a dead letter; a set without any is an error.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "data", Type: component.InputDir, Streams: true, Doc: "the data folder"},
			{Name: "sets", Type: component.Strings, Default: setNames, Doc: "which of train, external and test, in the order to go through"},
			{Name: "channel", Type: component.String, Default: "green", Doc: "the channel: a NAME that stands in names of files, or NAME=VALUE where VALUE stands there", Check: func(v any) error {
				_, err := names.Planes([]string{v.(string)})
				return err
			}},
			patternField,
			{Name: "z", Type: component.String, Default: "", Check: oneOf, Doc: "of names with {z}: the number of the slice that is taken"},
			{Name: "t", Type: component.String, Default: "", Check: oneOf, Doc: "of names with {t}: the number of the time that is taken"},
			{Name: "classes", Type: component.Int, Default: len(data.LabelNames), Min: 1, Max: data.MaxClasses, Doc: "labels are below this"},
		},
		Reads: func(a component.Args) (tables []string) {
			for _, set := range a.Strings("sets") {
				path, err := setTable(a.String("data"), set)
				if err != nil {
					path = place.Join(a.String("data"), setTables[set]) // which whoever reads it tells of
				}
				tables = append(tables, path)
			}
			return tables
		},
		Check: func(a component.Args) (faults []component.FieldFault) {
			faults = checkSetNames(a)
			sets := a.Strings("sets")
			if len(sets) == 0 {
				faults = append(faults, component.FieldFault{Field: "sets", Fault: "is empty, and should name some of " + strings.Join(setNames, ", ")})
			}
			for i, name := range sets {
				switch {
				case setTables[name] == "":
					faults = append(faults, component.FieldFault{Field: "sets", Fault: fmt.Sprintf("%q is none of %s", name, strings.Join(setNames, ", "))})
				case slices.Contains(sets[:i], name):
					faults = append(faults, component.FieldFault{Field: "sets", Fault: name + " is named twice"})
				}
			}
			return faults
		},
		Build: func(n *component.Node) (component.Output, error) {
			all, err := component.Once(n, "sets", func() (*imageSets, error) {
				m, err := setMatcher(n.Args)
				if err != nil {
					return nil, err
				}
				s := &imageSets{channel: m.Planes[0].String(), given: n.Args.String("channel"), names: m, picks: picksOf(n.Args, m.Pattern)}
				for _, name := range n.Args.Strings("sets") {
					if err := s.add(n.Args.String("data"), name, n.Args.Int("classes"), n.Limits()); err != nil {
						return nil, err
					}
				}
				return s, nil
			})
			if err != nil {
				return nil, err
			}
			s := *all
			n.Graph.OnCut(n.Name, s.cut())
			out := flow.Source(n.Graph, n.Stage(), s.run)
			n.Graph.OnEnd(func() { s.tell(func(text string) { n.Graph.Note(n.Name, text) }) })
			if !place.Remote(n.Args.String("data")) && s.zarrs == nil {
				return out, nil
			}
			return remote.Fetch(out, n.Name, func(ctx context.Context, sample *data.Sample, f data.File) (data.File, error) {
				if z := s.zarrs[sample.Split]; z != nil {
					return z.Get(ctx, sample.ID, f)
				}
				g := s.folders[sample.Split]
				if g.store == nil {
					return f, nil // it is read where it is decoded
				}
				var err error
				f.Data, err = g.store.Get(ctx, f, g.limits)
				return f, err
			}), nil
		},
	}
}

// setTable is the path of a set's table, of a store that of a copy.
func setTable(dir, set string) (string, error) {
	name := place.Join(dir, setTables[set])
	if !place.Remote(name) {
		return name, nil
	}
	return place.Bring(context.Background(), name)
}

// imageSets is the sets to go through, one after the other.
type imageSets struct {
	channel string
	given   string // the channel as the field has it
	names   *names.Matcher
	picks   picks
	samples []*data.Sample              // without their files
	folders map[string]*setFolder       // by set
	zarrs   map[string]*omezarr.Catalog // of sets that are OME-Zarr; nil: there are none
	first   int64                       // the number of the first sample
	before  map[string]string           // the first set of each Id, where others work on the rest
}

// add reads a set's table and lists its folder.
func (s *imageSets) add(dir, set string, classes int, limits component.Limits) error {
	read := table.Limit(limits.MaxRows).ReadLabelled
	if set == "test" {
		read = table.Limit(limits.MaxRows).Read
	}
	path, err := setTable(dir, set)
	if err != nil {
		return fmt.Errorf("the %s set: %w; it can be left out of the sets", set, err)
	}
	rows, err := read(path, classes)
	if err == nil {
		err = s.list(place.Join(dir, "raw", set), set, limits)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the %s set: %w; it can be left out of the sets", set, err)
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(rows, func(r table.Row) bool { return s.has(set, r.ID) }) {
		return fmt.Errorf("the %s set: %s has no %s image of any sample in %s", set, place.Shown(place.Join(dir, "raw", set)), s.channel, setTables[set])
	}
	for _, r := range rows {
		s.samples = append(s.samples, &data.Sample{ID: r.ID, Labels: r.Labels, Labeled: r.Labeled, Split: set})
	}
	return nil
}

// has says whether there is a file of a sample.
func (s *imageSets) has(set, id string) bool {
	if z := s.zarrs[set]; z != nil {
		return z.Has(id)
	}
	return s.folders[set].samples[id] != nil
}

// listZarr lists a folder that is OME-Zarr, or has some.
func (s *imageSets) listZarr(folder, set string, limits component.Limits) (is bool, err error) {
	in, err := omezarr.Open(context.Background(), omezarr.Options{Path: folder, Channels: []string{s.given}, Level: "0", Limits: limits})
	if err != nil || in == nil {
		return false, err
	}
	c, err := in.Catalog(context.Background())
	if err != nil {
		return true, err
	}
	if s.zarrs == nil {
		s.zarrs = map[string]*omezarr.Catalog{}
	}
	s.zarrs[set] = c
	return true, nil
}

// tell says at the end of a run what was found.
func (s *imageSets) tell(note func(string)) {
	for _, z := range s.zarrs {
		z.Tell(note)
	}
}

// origin is what a sample of a set is made from.
func (s *imageSets) origin(sample *data.Sample, f data.File) flow.Origin {
	if z := s.zarrs[sample.Split]; z != nil {
		return z.Origin(sample.ID)
	}
	return s.folders[sample.Split].origin([]data.File{f})
}

// file gives the image of a sample, or why there is none.
func (s *imageSets) file(sample *data.Sample) (data.File, error) {
	if z := s.zarrs[sample.Split]; z != nil {
		if !z.Has(sample.ID) {
			return data.File{}, flow.Skip("the image is missing")
		}
		files, err := z.Files(sample.ID)
		if err != nil {
			return data.File{}, err
		}
		return files[0], nil
	}
	g := s.folders[sample.Split]
	found := g.samples[sample.ID]
	switch {
	case found == nil:
		return data.File{}, flow.Skip("the " + s.channel + " image is missing")
	case found.fault() != nil:
		return data.File{}, found.fault()
	case g.missing(found) != nil:
		return data.File{}, flow.Skip("the " + s.channel + " image is missing" + found.insteadOf())
	case !g.picks.gathers():
		return g.file(found, 0), nil
	}
	files, err := g.stack(found)
	if err != nil {
		return data.File{}, err
	}
	return files[0], nil
}

func (s *imageSets) run(_ context.Context, out *flow.Emitter[*data.Sample]) error {
	out.Expect(len(s.samples))
	set := map[string]string{} // of each Id
	for i, bare := range s.samples {
		sample := new(*bare)
		out.At(s.first + int64(i))
		var err error
		var complete bool
		file, fault := s.file(sample)
		before, twice := set[sample.ID]
		if elsewhere := s.before[sample.ID]; elsewhere != "" {
			before, twice = elsewhere, elsewhere != sample.Split
		}
		switch {
		case twice:
			err = out.Fail(sample.ID, fmt.Errorf("stands both in the %s set and in the %s set", before, sample.Split))
		case fault != nil:
			if !out.Complete(sample.ID) {
				err = out.Fail(sample.ID, fault)
			}
		default:
			sample.Files = []data.File{file}
			if complete, err = out.CompleteFrom(sample.ID, s.origin(sample, file)); err == nil && !complete {
				err = out.Emit(sample.ID, sample)
			}
		}
		if err != nil {
			return err
		}
		set[sample.ID] = sample.Split
	}
	return nil
}

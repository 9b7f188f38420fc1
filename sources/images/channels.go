package images

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/images/omezarr"
)

// keysField lets a source differ from the run block.
var keysField = component.Field{Name: "keys", Type: component.String, Default: "", Choices: append([]string{""}, component.KeyChoices...),
	Doc: `what makes a sample's key: "name", the Id alone; "path", with the folders it is in: plate/ID; empty: what the run block says`}

// limitsOf are the node's, with its own way to make keys.
func limitsOf(n *component.Node) component.Limits {
	l := n.Limits()
	l.Keys = cmp.Or(n.Args.String("keys"), l.Keys)
	return l
}

func channelsSpec(stdin io.Reader) *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource,
		Name: "channels",
		Doc: "Samples from single-channel images named ID_CHANNEL.png (or .tif, .tiff, .jpg, .jpeg), or as a pattern says. " +
			"A sample that lacks a channel is skipped and reported by name. The files of a sample stand in one folder, unless the pattern tells of folders. " +
			"Of two different pictures with one key, the second is a dead letter. With keys = \"path\" the folders in a folder are read too. " +
			"Of OME-Zarr each image is a sample, PLATE_WELL_FIELD of a plate, whose channels are found by their names or numbers.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputAny, Stdio: true, Streams: true, Holds: []component.Content{component.Pictures},
				Doc: `folder of the images; an OME-Zarr, a plate or an image, or a folder of .zarr folders; or a file or pipe that holds a tar, as it is or in gzip, bzip2, zstd or xz, a zip file, or file names, ` +
					`one a line or NUL-terminated; "-" reads one of these from standard input`},
			{Name: "channels", Type: component.Strings, Default: data.Colours[:], Doc: channelsDoc},
			patternField, keysField, SliceFields()[0], SliceFields()[1], omezarr.LevelField,
		},
		Check: func(a component.Args) []component.FieldFault { return CheckNames(a, "channels") },
		Build: func(n *component.Node) (component.Output, error) {
			m, err := matcherOf(n.Args, "channels")
			if err != nil {
				return nil, err
			}
			picks := picksOf(n.Args, m.Pattern)
			in := input{path: n.Args.String("dir"), stdin: stdin, limits: limitsOf(n), names: m, picks: picks, each: picks.inFiles(),
				note: func(text string) { n.Graph.Note(n.Name, text) }}
			if out, err := fromZarr(n, in.limits); out != nil || err != nil {
				return out, err
			}
			if place.Remote(in.path) {
				out, err := in.fromStore(n)
				if err == nil {
					out.Tell(edges.PlaneNames(m.Names()))
				}
				return out, err
			}
			if info, err := os.Stat(in.path); err == nil && info.IsDir() && !in.each.any() { // samples of slices are not known beforehand
				in.cut(n)
			}
			out := flow.Source(n.Graph, n.Stage(), in.run)
			out.Tell(edges.PlaneNames(m.Names()))
			return out, nil
		},
	}
}

// fromZarr is the source of an OME-Zarr, or of a folder of them; nil: it is something
// else.
func fromZarr(n *component.Node, limits component.Limits) (component.Output, error) {
	o := omezarr.Options{Path: n.Args.String("dir"), Channels: n.Args.Strings("channels"), Level: n.Args.String("level"), Limits: limits}
	var err error
	if o.Choice.Z, err = codec.ParsePick(n.Args.String("z"), false); err != nil {
		return nil, err
	}
	if o.Choice.T, err = codec.ParsePick(n.Args.String("t"), true); err != nil {
		return nil, err
	}
	in, err := omezarr.Open(context.Background(), o)
	if err != nil || in == nil {
		return nil, err
	}
	return in.Source(n), nil
}

// fromFolder groups a folder's files by sample and yields the samples by key.
func (in *input) fromFolder(ctx context.Context, out *flow.Emitter[*data.Sample]) error {
	if in.taken != nil {
		f, err := in.list(ctx)
		if err != nil {
			return err
		}
		return in.taken.yield(f, out)
	}
	f, err := in.find(ctx)
	if err != nil {
		return err
	}
	out.Expect(len(f.samples))
	for s := range f.ahead(f.samples, out.AsksOrigins()) {
		if err := f.yieldOnce(s, out); err != nil {
			return err
		}
	}
	return nil
}

// yield sends a sample on, or says why not.
func (g *grouping) yield(s looked, out *flow.Emitter[*data.Sample]) error {
	key := g.key(s.place)
	if fault := cmp.Or(data.CheckKey(key), s.fault()); fault != nil {
		return out.Fail(keyShown(key), fault)
	}
	if missing := g.missing(s.group); missing != nil {
		if out.Complete(key) { // with a sample that is not whole any more, whatever it was made from
			return nil
		}
		return out.Fail(key, cmp.Or(g.gone(s.group), lacks(missing, s.group.insteadOf())))
	}
	if s.undecided != nil {
		return out.Fail(key, s.undecided)
	}
	if g.each.any() {
		return g.yieldEach(key, s, out)
	}
	if complete, err := out.CompleteFrom(key, s.from); err != nil || complete {
		return err
	}
	return out.Emit(key, &data.Sample{ID: key, Files: s.files})
}

// lacks is why a sample is skipped.
func lacks(missing []string, hint string) error {
	what := "channel is"
	if len(missing) > 1 {
		what = "channels are"
	}
	return flow.Skip(strings.Join(missing, ", ") + " " + what + " missing" + hint)
}

// insteadOf tells of files that a sample has and that are not asked for.
func (s *group) insteadOf() string {
	if s.more == nil || !s.more.others.any {
		return ""
	}
	return ": " + s.more.others.instead()
}

// keyShown is a key in reports, whatever bytes it is made of.
func keyShown(key string) string {
	quoted := strconv.Quote(key)
	return quoted[1 : len(quoted)-1]
}

// each says of which dimensions of a file there is a sample for each place.
type each struct{ z, t bool }

func (e each) any() bool { return e.z || e.t }

// yieldEach sends a sample on for each slice or time of its files. How many there are
// the first file says; others that have fewer are the decoder's to refuse.
func (g *grouping) yieldEach(key string, s looked, out *flow.Emitter[*data.Sample]) error {
	zs, ts, err := extent(s.files[0], g.limits.MaxMember)
	if err != nil {
		return out.Fail(key, flow.OfFile(s.files[0].Name, fmt.Errorf("%s channel: %w", s.files[0].Channel, err)))
	}
	if !g.each.z {
		zs = 1
	}
	if !g.each.t {
		ts = 1
	}
	for t := range ts {
		for z := range zs {
			one, files := key, slices.Clone(s.files)
			if ts > 1 {
				one += fmt.Sprintf("_t%03d", t)
			}
			if zs > 1 {
				one += fmt.Sprintf("_z%03d", z)
			}
			for i := range files {
				if g.each.z {
					files[i].Z = z + 1
				}
				if g.each.t {
					files[i].T = t + 1
				}
			}
			if complete, err := out.CompleteFrom(one, s.from); err != nil {
				return err
			} else if complete {
				continue
			}
			if err := out.Emit(one, &data.Sample{ID: one, Files: files}); err != nil {
				return err
			}
		}
	}
	return nil
}

// extent reads how many slices and times a file has.
func extent(f data.File, most int64) (z, t int, err error) {
	if f.Data != nil {
		return codec.Extent(f.Data)
	}
	info, err := os.Stat(f.Name)
	if err != nil {
		return 0, 0, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return 1, 1, nil // which whoever reads it refuses
	}
	in, err := os.Open(f.Name)
	if err != nil {
		return 0, 0, err
	}
	defer in.Close()
	return codec.ExtentAt(in, info.Size())
}

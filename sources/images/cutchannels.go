package images

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/regular"
	"hpaflow/flow"
	"hpaflow/flow/component"
)

// channelFolder is what a folder of channel images holds.
type channelFolder struct {
	*grouping
	samples []*group          // by place
	rivals  map[*group]*group // of samples whose key another has that comes before: that one
	named   map[string]*group // by how a cut calls them; nil until it is asked for
}

// find finds the samples of a folder.
func (in *input) find(ctx context.Context) (*channelFolder, error) {
	f := &channelFolder{grouping: newGrouping(in.names, in.path, in.limits)}
	f.each, f.picks = in.each, in.picks
	if in.folder != nil {
		f.store, f.before = in.folder, in.folder.Prefix()
	}
	l := listing{root: in.path, store: in.folder, limits: in.limits, tally: &f.tally, wanted: f.wants, depth: in.names.Folders()}
	if l.depth == 0 { // the files of a sample stand in one folder
		l.listed = f.listed
	}
	var err error
	if in.folder != nil {
		err = l.objects(ctx, f.addObject)
	} else {
		err = l.walk(ctx, func(name string) { f.add(name, nil, nil) })
	}
	if err != nil {
		return nil, err
	}
	if err := f.tally.empty(in.path, in.limits); err != nil {
		return nil, err
	}
	f.listed()
	f.pending = nil
	slices.SortFunc(f.samples, func(a, b *group) int { return strings.Compare(a.place, b.place) })
	if err := f.undecided(in.path); err != nil {
		return nil, err
	}
	f.findRivals()
	return f, nil
}

// listed takes the samples that a folder, or all of them, had.
func (f *channelFolder) listed() {
	f.samples = slices.AppendSeq(slices.Grow(f.samples, len(f.pending)), maps.Values(f.pending))
	clear(f.pending)
}

// list is find once for all units of a flow.
func (in *input) list(ctx context.Context) (*channelFolder, error) {
	return component.Once(in.node, "list", func() (*channelFolder, error) { return in.find(ctx) })
}

// cut lets the samples of a folder be shared out.
func (in *input) cut(n *component.Node) {
	in.node = n
	n.Graph.OnCut(n.Name, &flow.Cut{
		Names: func(ctx context.Context) ([]string, error) {
			f, err := in.list(ctx)
			if err != nil {
				return nil, err
			}
			names := make([]string, len(f.samples))
			for i, s := range f.samples {
				names[i] = f.nameOf(s)
			}
			return names, nil
		},
		Take: func(first int64, names []string) { in.taken = &taken{first, names} },
		Origin: func(name string) (string, flow.Origin, bool) {
			f, err := in.list(context.Background())
			if err != nil || f.of(name) == nil {
				return name, nil, false
			}
			s := f.of(name)
			l := f.lookAt(s, false)
			return f.key(s.place), f.origin(f.there(s)), s.fault() == nil && f.missing(s) == nil && l.undecided == nil && f.rivals[s] == nil
		},
		Raw: in.raw,
	})
}

// taken are the samples of a folder that the source is to yield.
type taken struct {
	first int64
	names []string
}

// errGone is the fault of a sample that was there when the work was cut.
var errGone = errors.New("was there when the work was cut into units, and is not any more")

func (t *taken) yield(f *channelFolder, out *flow.Emitter[*data.Sample]) error {
	out.Expect(len(t.names))
	for i, name := range t.names {
		out.At(t.first + int64(i))
		s := f.of(name)
		if s == nil {
			if err := out.Fail(name, errGone); err != nil {
				return err
			}
			continue
		}
		if err := f.yieldOnce(f.lookAt(s, out.AsksOrigins()), out); err != nil {
			return err
		}
	}
	return nil
}

// nameOf is how a cut calls a sample: as its key is shown, and with its file where
// another has the key.
func (f *channelFolder) nameOf(s *group) string {
	name := keyShown(f.key(s.place))
	if f.rivals[s] != nil {
		name += keyShown(" (" + s.first + ")")
	}
	return name
}

func (f *channelFolder) of(name string) *group {
	if f.named == nil {
		f.named = make(map[string]*group, len(f.samples))
		for _, s := range f.samples {
			f.named[f.nameOf(s)] = s
		}
	}
	return f.named[name]
}

// looks is how many samples are looked at for what one comes to.
const looks = 16

// raw is the largest of what some samples' headers claim.
func (in *input) raw() (most int64) {
	f, err := in.list(context.Background())
	if err != nil {
		return 0
	}
	for i := range min(looks, len(f.samples)) {
		var sum int64
		for _, file := range f.there(f.samples[i*len(f.samples)/min(looks, len(f.samples))]) {
			claim, err := in.claimOf(file)
			if err != nil {
				continue // a bad file is the run's to find
			}
			sum += claim.Bytes()
		}
		most = max(most, sum)
	}
	return most
}

// headerBytes is as much of a file as holds the header of nearly any image.
const headerBytes = 64 << 10

func (in *input) claimOf(f data.File) (codec.Claim, error) {
	head := make([]byte, headerBytes)
	if in.folder != nil {
		n, err := in.folder.ReadAt(context.Background(), f, head)
		if n == 0 {
			return codec.Claim{}, err
		}
		return codec.ReadClaim(f.Name, head[:n])
	}
	file, _, err := regular.Open(f.Name)
	if err != nil {
		return codec.Claim{}, err
	}
	defer file.Close()
	n, err := file.ReadAt(head, 0)
	if n == 0 {
		return codec.Claim{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	return codec.ReadClaim(f.Name, head[:n])
}

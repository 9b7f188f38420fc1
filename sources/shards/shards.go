package shards

import (
	"context"
	"crypto/sha256"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/shards"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/sources/remote"
)

func shardsSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindSource, Name: "shards",
		Doc: "Samples from a folder of shards of planes, in their order, with the labels and split stored there.",
		Out: edges.Sample,
		Fields: []component.Field{
			{Name: "dir", Type: component.InputDir, Streams: true, Within: []string{shards.IndexName}, Holds: []component.Content{component.Shards}, Doc: "folder of the shards"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			r, err := shards.Open(n.Args.String("dir"), shards.Planes)
			if err != nil {
				return nil, err
			}
			n.Graph.OnOrigins(n.Name, func(yield func(string, flow.Origin) bool) {
				for _, e := range r.Entries() {
					if !yield(e.Key, r.Origin(e.Key)) {
						return
					}
				}
			})
			entries, first := r.Entries(), int64(0)
			planes := planesOf(r, n.Limits())
			n.Graph.OnCut(n.Name, &flow.Cut{
				Names: func(context.Context) ([]string, error) { return keysOf(entries), nil },
				Take: func(at int64, keys []string) {
					first, entries = at, entriesOf(r.Entries(), keys)
				},
				Origin: func(key string) (string, flow.Origin, bool) { return key, r.Origin(key), true },
			})
			out := flow.Source(n.Graph, n.Stage(), func(_ context.Context, out *flow.Emitter[*data.Sample]) error {
				defer r.Close()
				out.At(first)
				return shardSamples(r, entries, out)
			})
			if r.Remote() {
				out = remote.Fetch(out, n.Name, func(ctx context.Context, s *data.Sample, _ data.File) (data.File, error) {
					return r.FileContext(ctx, s.ID)
				})
			}
			if planes != nil {
				out.Tell(edges.PlaneNames(planes))
			}
			out.Tell(edges.Origin{What: "shards", Identity: func() (string, error) { return identity(r.Entries()), nil }})
			return out, nil
		},
	}
}

// planesOf are the names of the planes, as the first sample has them; nil where it
// cannot be read, or is beyond the limits, which the run finds out.
func planesOf(r *shards.Reader, limits component.Limits) []string {
	if len(r.Entries()) == 0 {
		return nil
	}
	f, err := r.File(r.Entries()[0].Key)
	if err != nil {
		return nil
	}
	if n, err := shards.Unpacked(f.Data); err != nil || n > limits.MaxPixels*data.MaxPlanes*2 {
		return nil
	}
	s, err := shards.DecodeSample(f.Data)
	if err != nil {
		return nil
	}
	return data.PlaneNames(s.Planes, len(s.Image.Planes))
}

// identity says which samples shards hold: their pixels by the checksums of the
// index, their labels and splits.
func identity(entries []shards.Entry) string {
	digest := sha256.New()
	for _, e := range entries {
		fmt.Fprintf(digest, "%s %x %v %d %s\n", e.Key, e.Checksum, e.Labeled, e.Labels, e.Split)
	}
	return fmt.Sprintf("%d samples of digest %.8x", len(entries), digest.Sum(nil))
}

// keysOf are those of some samples, in their order.
func keysOf(entries []shards.Entry) []string {
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return keys
}

// entriesOf are those of some keys, in their order. One that is not there any
// more is found out when its frame is read.
func entriesOf(entries []shards.Entry, keys []string) []shards.Entry {
	return flow.Taken(entries, keys, func(e shards.Entry) string { return e.Key }, func(key string) (gone shards.Entry) {
		gone.Key = key
		return gone
	})
}

func shardSamples(r *shards.Reader, entries []shards.Entry, out *flow.Emitter[*data.Sample]) error {
	out.Expect(len(entries))
	for _, e := range entries {
		if complete, err := out.CompleteFrom(e.Key, r.Origin(e.Key)); err != nil || complete {
			if err != nil {
				return err
			}
			continue
		}
		file, err := r.Find(e.Key)
		if err != nil {
			if err := out.Fail(e.Key, err); err != nil {
				return err
			}
			continue
		}
		if err := out.Emit(e.Key, &data.Sample{ID: e.Key, Labels: e.Labels, Labeled: e.Labeled, Split: e.Split, Files: []data.File{file}}); err != nil {
			return err
		}
	}
	return nil
}

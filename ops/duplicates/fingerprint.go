package duplicates

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/imagehash"
	"hpaflow/data/place"
	"hpaflow/data/provenance"
	"hpaflow/data/table"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/ops/images"
)

func fingerprintSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "fingerprint", Parallel: true,
		Doc: "Hash a sample's one file by averages (ahash) and by frequencies (phash), as Python's ImageHash 4.0 does. A file whose " +
			"hashes are in the cache, and whose content is still the same, is not decoded again; while its size and times are the same " +
			"too, it is not read.",
		In: component.Takes(edges.Sample), Out: edges.Hashed,
		Fields: []component.Field{
			{Name: "cache", Type: component.OutputFile, Default: "", Doc: "table of hashes, as the sink hashes writes it; it may not exist yet; empty: none"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			limits := n.Limits()
			k, err := component.Once(n, "known", func() (*knownHashes, error) {
				k := &knownHashes{policy: n.Graph.Options().Changed.Or(flow.ChangedRedo)}
				path, err := cacheHere(n.Args.String("cache"))
				if err != nil || path == "" {
					return k, err
				}
				return k, k.read(path, table.Limit(limits.MaxRows))
			})
			if err != nil {
				return nil, err
			}
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(ctx context.Context, r flow.Record[*data.Sample]) (*imagehash.Hashed, error) {
				return fingerprint(r.Value, k, images.NewReading(ctx, limits))
			}), nil
		},
	}
}

// cacheHere is the path of a table of hashes on this machine, with what is recorded
// of it beside it; empty: a store has none yet.
func cacheHere(name string) (path string, err error) {
	if !place.Remote(name) {
		return name, nil
	}
	ctx := context.Background()
	there, err := place.Exists(ctx, name)
	if err != nil || !there {
		return "", err
	}
	if path, err = place.Bring(ctx, name); err != nil {
		return "", err
	}
	folder, base := place.Split(name)
	records := provenance.BesideName(base)
	return path, place.FetchFolder(ctx, place.Join(folder, records), filepath.Join(filepath.Dir(path), records), func(name string) bool {
		return !strings.HasPrefix(name, provenance.UnitsName+"/")
	})
}

func fingerprint(s *data.Sample, k *knownHashes, r *images.Reading) (*imagehash.Hashed, error) {
	if len(s.Files) != 1 {
		return nil, fmt.Errorf("has %d files, want one", len(s.Files))
	}
	hashed, err := fingerprintOf(s, s.Files[0], k, r)
	if err != nil {
		return nil, flow.OfFile(s.Files[0].Name, err)
	}
	return hashed, nil
}

func fingerprintOf(s *data.Sample, f data.File, k *knownHashes, r *images.Reading) (*imagehash.Hashed, error) {
	known, sum, err := k.of(s)
	if err != nil {
		return nil, err
	}
	if known != nil {
		return &imagehash.Hashed{Sample: summed(s, sum), AHash: known.AHash, PHash: known.PHash}, nil
	}
	bytes, err := r.File(f, new([]byte))
	if err != nil {
		return nil, err
	}
	var content provenance.Sum
	content.Add(f.Channel, bytes)
	if bytes, err = r.Unpacked(f, bytes); err == nil {
		err = r.Admit(f, bytes, 1)
	}
	if err != nil {
		return nil, err
	}
	im, err := codec.Decode(f.Name, bytes)
	if err != nil {
		return nil, fmt.Errorf("%s image: %w", f.Channel, err)
	}
	return &imagehash.Hashed{Sample: summed(s, content.Value()), AHash: imagehash.AHash(im), PHash: imagehash.PHash(im)}, nil
}

// summed is the sample with the digest of its file.
func summed(s *data.Sample, sum uint64) *data.Sample {
	out := *s
	out.Sum = sum
	return &out
}

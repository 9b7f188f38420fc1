package duplicates

import (
	"context"
	"fmt"
	"os"

	"hpaflow/data"
	"hpaflow/data/codec"
	"hpaflow/data/duplicates"
	"hpaflow/data/imagehash"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
	"hpaflow/ops/images"
)

func fingerprintSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "fingerprint", Parallel: true,
		Doc: "Hash a sample's one file by averages (ahash) and by frequencies (phash), as Python's ImageHash 4.0 does. A file whose " +
			"hashes are in the cache, and whose length is still the same, is not read.",
		In: component.Takes(edges.Sample), Out: edges.Hashed,
		Fields: []component.Field{
			{Name: "cache", Type: component.OutputFile, Default: "", Doc: "table of hashes, as the sink hashes writes it; it may not exist yet; empty: none"},
		},
		Build: func(n *component.Node) (component.Output, error) {
			cache, limits := duplicates.Cache{}, n.Limits()
			if path := n.Args.String("cache"); path != "" {
				var err error
				if cache, err = duplicates.ReadCache(path); err != nil {
					return nil, err
				}
			}
			return flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(ctx context.Context, r flow.Record[*data.Sample]) (*imagehash.Hashed, error) {
				return fingerprint(r.Value, cache, images.NewReading(ctx, limits))
			}), nil
		},
	}
}

func fingerprint(s *data.Sample, cache duplicates.Cache, r *images.Reading) (*imagehash.Hashed, error) {
	if len(s.Files) != 1 {
		return nil, fmt.Errorf("has %d files, want one", len(s.Files))
	}
	f := s.Files[0]
	if known, ok := cache[s.ID]; ok && f.Data == nil {
		info, err := os.Stat(f.Name)
		if err != nil {
			return nil, err
		}
		if info.Size() == known.Bytes {
			return &imagehash.Hashed{Sample: s, AHash: known.AHash, PHash: known.PHash}, nil
		}
	}
	bytes, err := r.File(f, new([]byte))
	if err == nil {
		err = r.Admit(f, bytes, 1)
	}
	if err != nil {
		return nil, err
	}
	im, err := codec.Decode(f.Name, bytes)
	if err != nil {
		return nil, fmt.Errorf("%s image: %w", f.Channel, err)
	}
	return &imagehash.Hashed{Sample: s, AHash: imagehash.AHash(im), PHash: imagehash.PHash(im)}, nil
}

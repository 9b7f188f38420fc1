package duplicates

import (
	"context"

	"hpaflow/data/duplicates"
	"hpaflow/data/imagehash"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

// The sets whose samples are compared, as the splits of the samples name them.
const (
	trainSet = "train"
	testSet  = "test"
)

// comparing are the fields of ops that compare hashes.
func comparing() []component.Field {
	return []component.Field{
		{Name: "hash", Type: component.String, Choices: []string{"ahash", "phash"}, Doc: "which of the two hashes is compared"},
		{Name: "distance", Type: component.Int, Default: 0, Min: 0, Max: duplicates.MaxDistance,
			Doc: "hashes that differ in so many bits still count as one"},
	}
}

func duplicatesSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "duplicates",
		Doc: "Group the samples whose images have one hash, or near ones; those of the test set are passed over. The labels of a " +
			"group are those of its training samples, or of all its samples if it has none. A hash of all zeros groups nothing.",
		In: component.Takes(edges.Hashed), Out: edges.Group,
		Fields: comparing(),
		Build: func(n *component.Node) (component.Output, error) {
			c := compare{n.Args.String("hash"), n.Args.Int("distance")}
			return flow.Process(component.In[*imagehash.Hashed](n, "in"), n.Stage(),
				func(ctx context.Context, in *flow.Reader[*imagehash.Hashed], out *flow.Emitter[*duplicates.Group]) error {
					known, _, err := c.gather(ctx, in)
					if err != nil {
						return err
					}
					for i, g := range duplicates.Groups(known, c.distance) {
						if err := out.Forward(flow.Record[*duplicates.Group]{Seq: int64(i), Key: g.IDs[0], Value: &g}); err != nil {
							return err
						}
					}
					return nil
				}), nil
		},
	}
}

func leaksSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "leaks",
		Doc: "Find the samples of the test set whose images have the hash of a train or external one, or a near one: they have " +
			"the labels of the group that op duplicates would make. A hash of all zeros tells nothing.",
		In: component.Takes(edges.Hashed), Out: edges.Leak,
		Fields: comparing(),
		Build: func(n *component.Node) (component.Output, error) {
			c := compare{n.Args.String("hash"), n.Args.Int("distance")}
			return flow.Process(component.In[*imagehash.Hashed](n, "in"), n.Stage(),
				func(ctx context.Context, in *flow.Reader[*imagehash.Hashed], out *flow.Emitter[duplicates.Image]) error {
					known, test, err := c.gather(ctx, in)
					if err != nil {
						return err
					}
					for i, leak := range duplicates.Leaks(known, test, c.distance) {
						if err := out.Forward(flow.Record[duplicates.Image]{Seq: int64(i), Key: leak.ID, Value: leak}); err != nil {
							return err
						}
					}
					return nil
				}), nil
		},
	}
}

// compare says which hash counts, and how near is near.
type compare struct {
	hash     string
	distance int
}

// gather reads all samples: those of the test set, and the others. Any sample
// may be the copy of any, so nothing can be said before the last.
func (c compare) gather(ctx context.Context, in *flow.Reader[*imagehash.Hashed]) (known, test []duplicates.Image, err error) {
	for r, err := range in.Values(ctx) {
		if err != nil {
			return nil, nil, err
		}
		s := r.Value.Sample
		im := duplicates.Image{ID: s.ID, Hash: duplicates.Hash(r.Value.AHash), Labels: s.Labels, Train: s.Split == trainSet}
		if c.hash == "phash" {
			im.Hash = duplicates.Hash(r.Value.PHash)
		}
		if len(s.Files) > 0 {
			im.File = s.Files[0].Name
		}
		if s.Split == testSet {
			test = append(test, im)
		} else {
			known = append(known, im)
		}
	}
	return known, test, nil
}

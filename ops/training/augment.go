package training

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"hpaflow/data"
	"hpaflow/data/augment"
	"hpaflow/data/place"
	"hpaflow/flow"
	"hpaflow/flow/component"
	"hpaflow/ops/edges"
)

func augmentSpec() *component.Spec {
	return &component.Spec{
		Kind: flow.KindOp, Name: "augment", Parallel: true,
		Doc: "Change images at random, drawn from seed, epoch and key: a quarter turn 0..3 times, a flip (up-down, left-right or both) " +
			"and a transpose, each with probability 1/2; then a pair of operations of a policy; then resize.",
		In: component.Takes(edges.Planes), Out: edges.Planes, Seeded: true,
		Fields: []component.Field{
			{Name: "policy", Type: component.String, Bears: component.ByFile, Default: "none", Doc: "none; best: the published search's; or a JSON file of sets of pairs of operations. " +
				"A policy needs images of 8 bits"},
			{Name: "size", Type: component.Int, Default: 0, Min: 0, Max: 1 << 14,
				Doc: "resize to this many pixels square, as OpenCV's INTER_LINEAR does; 0: the size is as it comes"},
		},
		Check: func(a component.Args) []component.FieldFault {
			if place.Remote(a.String("policy")) {
				return nil // it is brought before it is read
			}
			if _, err := augment.Load(a.String("policy")); err != nil {
				return []component.FieldFault{{Field: "policy", Fault: err.Error(), Hint: "there are none, best, and files"}}
			}
			return nil
		},
		Build: func(n *component.Node) (component.Output, error) {
			policy, err := augment.Load(n.Args.String("policy"))
			if err != nil {
				return nil, err
			}
			seed := n.Graph.Options().Seed
			augmenter := augment.New(policy, n.Args.Int("size"))
			out := flow.Map(component.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
				s := *r.Value
				im, err := s.Pixels()
				if err != nil {
					return nil, err
				}
				s.Image, err = augmenter.Apply(im, flow.Rand(seed, r.Epoch, r.Key, "augment"))
				return &s, err
			})
			if side := n.Args.Int("size"); side > 0 {
				out.Tell(edges.Side(side))
			}
			out.Tell(edges.Origin{What: "policy", Identity: func() (string, error) { return policyIdentity(policy) }})
			return out, nil
		},
	}
}

// policyIdentity says which policy it is, whatever file it is from.
func policyIdentity(p augment.Policy) (string, error) {
	if len(p) == 0 {
		return "none", nil
	}
	text, err := json.Marshal(p)
	return fmt.Sprintf("%d pairs of digest %.8x", len(p.Pairs()), sha256.Sum256(text)), err
}

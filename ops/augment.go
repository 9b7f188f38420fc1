package ops

import (
	"context"
	"math/rand/v2"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/flow"
)

func augmentSpec() *flow.Spec {
	return &flow.Spec{
		Kind: flow.KindOp, Name: "augment", Parallel: true,
		Doc: "Turn and flip at random: a quarter turn 0..3 times, a flip (up-down, left-right or both) and a transpose, " +
			"each with probability 1/2, drawn from seed, epoch and key.",
		In: in(sampleType), Out: sampleType,
		Build: func(n *flow.Node) (flow.Output, error) {
			seed := n.Graph.Options().Seed
			return flow.Map(flow.In[*data.Sample](n, "in"), n.Stage(), func(_ context.Context, r flow.Record[*data.Sample]) (*data.Sample, error) {
				s := *r.Value
				s.Image = drawDihedral(flow.Rand(seed, r.Epoch, r.Key, "augment")).Apply(s.Image)
				return &s, nil
			}), nil
		},
	}
}

// drawDihedral joins RandomRotate90, Flip and Transpose, each with p = 0.5,
// into the one symmetry they amount to.
func drawDihedral(draw *rand.Rand) pixel.Dihedral {
	d := pixel.Identity
	if draw.IntN(2) == 0 {
		d = pixel.Turn(draw.IntN(4))
	}
	if draw.IntN(2) == 0 {
		d = d.Then([]pixel.Dihedral{pixel.FlipUD, pixel.FlipLR, pixel.FlipUD | pixel.FlipLR}[draw.IntN(3)])
	}
	if draw.IntN(2) == 0 {
		d = d.Then(pixel.Transpose)
	}
	return d
}

package cpu

import (
	"context"
	"fmt"
	"slices"

	"hpaflow/data"
	"hpaflow/data/pixel"
	"hpaflow/models/cpu/kernels"
)

// views gives the logits (views,N,classes) of a batch under each symmetry; none
// is the identity.
func (r *runner) views(ctx context.Context, b *data.Batch, views []pixel.Dihedral) ([]float32, error) {
	if len(views) == 0 {
		views = []pixel.Dihedral{pixel.Identity}
	}
	var all []float32
	for _, v := range views {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		logits, err := r.run(b.N, r.seen(b, v))
		if err != nil {
			return nil, fmt.Errorf("predict: %w", err)
		}
		all = append(all, logits...)
	}
	return slices.Clip(all), nil
}

// seen are the images of a batch under a symmetry: its own memory where it holds
// them so.
func (r *runner) seen(b *data.Batch, view pixel.Dihedral) []float32 {
	if b.X != nil && view == pixel.Identity {
		return b.X
	}
	for i := range r.images {
		if len(r.images[i]) < b.Pixels() && (i == 0 || view != pixel.Identity) {
			r.images[i] = make([]float32, b.Pixels())
		}
	}
	see(r.env.ws, r.images[0], r.images[1], b, view)
	return r.images[0]
}

// see fills x with a batch's images (N,C,H,W) as the network sees them under a
// symmetry. spare is as large as x; the identity has no use for it.
func see(ws *kernels.Workspace, x, spare []float32, b *data.Batch, view pixel.Dihedral) {
	size := b.H * b.W
	ws.Each(b.N*b.C, func(i int) {
		var scratch []float32
		if view != pixel.Identity {
			scratch = spare[i*size : (i+1)*size]
		}
		pixel.NormalisedPlane(x[i*size:(i+1)*size], scratch, b, i, view)
	})
}

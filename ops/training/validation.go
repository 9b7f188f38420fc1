package training

import (
	"cmp"
	"context"
	"errors"
	"io"
	"math"
	"slices"

	"hpaflow/data"
	"hpaflow/data/metrics"
	"hpaflow/data/pixel"
	"hpaflow/flow"
	"hpaflow/models/checkpoint"
)

// validation is one pass over the validation data.
type validation struct {
	trainer *trainer
	scores  *metrics.Epoch
	most    int                  // mistakes to keep
	curves  *metrics.Curves      // nil: none
	first   []checkpoint.Mistake // the first samples, up to trainer.examples
	worst   []checkpoint.Mistake // the largest losses so far, in no order
}

// run reads one epoch of validation batches.
func (v *validation) run(ctx context.Context, in *flow.Reader[*data.Batch]) error {
	for {
		r, err := in.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("the validation data end before the training data: their epochs differ")
		case err != nil:
			return err
		case r.Mark == flow.EndEpoch:
			return nil
		case r.IsValue():
			if err := v.score(ctx, r.Value); err != nil {
				return &flow.StageError{Stage: v.trainer.name, Key: "validation, " + r.Key, Err: err}
			}
		}
	}
}

func (v *validation) score(ctx context.Context, b *data.Batch) error {
	if b.Y == nil {
		return unlabelled(b)
	}
	if err := v.trainer.checkPlanes(b); err != nil {
		return err
	}
	device := v.trainer.device
	logits, err := device.Predict(ctx, b)
	if err != nil {
		return err
	}
	if err := v.scores.Add(logits, b.Y, device.Loss(logits, b.Y)); err != nil {
		return err
	}
	classes := len(logits) / b.N
	for i := range b.N {
		x, y := logits[i*classes:(i+1)*classes], b.Y[i*classes:(i+1)*classes]
		loss := device.Loss(x, y)
		v.keep(b, i, x, loss)
		if v.curves != nil {
			v.curves.Add(probabilities(x), y)
		}
		if len(v.first) < v.trainer.examples {
			v.first = append(v.first, mistakeOf(b, i, x, loss))
		}
	}
	b.Done()
	return nil
}

// keep takes sample i of a batch in if its loss is among the largest.
func (v *validation) keep(b *data.Batch, i int, logits []float32, loss float64) {
	least := -1
	if len(v.worst) >= v.most {
		for k := range v.worst {
			if least < 0 || v.worst[k].Loss < v.worst[least].Loss {
				least = k
			}
		}
		if least < 0 || loss <= v.worst[least].Loss {
			return
		}
	}
	m := mistakeOf(b, i, logits, loss)
	if least < 0 {
		v.worst = append(v.worst, m)
		return
	}
	v.worst[least] = m
}

// mistakeOf is sample i of a batch with what the network made of it.
func mistakeOf(b *data.Batch, i int, logits []float32, loss float64) checkpoint.Mistake {
	return checkpoint.Mistake{Sample: b.Samples[i], Loss: loss, Thumb: thumb(b, i), Probabilities: probabilities(logits)}
}

func probabilities(logits []float32) []float32 {
	p := make([]float32, len(logits))
	for k, x := range logits {
		p[k] = float32(1 / (1 + math.Exp(-float64(x))))
	}
	return p
}

// sorted are the mistakes, the largest loss first.
func (v *validation) sorted() []checkpoint.Mistake {
	slices.SortFunc(v.worst, func(a, b checkpoint.Mistake) int {
		return cmp.Or(cmp.Compare(b.Loss, a.Loss), cmp.Compare(a.Sample.ID, b.Sample.ID))
	})
	return v.worst
}

// thumbPixels is the most pixels a side of a mistake's picture has.
const thumbPixels = 192

// thumb is sample i of a batch as a small image: blocks of pixels averaged,
// and each plane stretched from its darkest to its brightest.
func thumb(b *data.Batch, i int) *data.Image {
	step := min((max(b.H, b.W)+thumbPixels-1)/thumbPixels, b.H, b.W)
	im := data.NewImage(b.W/step, b.H/step, b.C, 8)
	means := make([]float32, im.Width*im.Height)
	x := make([]float32, b.H*b.W)
	for c, plane := range im.Planes {
		pixel.NormalisedPlane(x, nil, b, i*b.C+c, pixel.Identity)
		lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
		for k := range means {
			top, left := k/im.Width*step, k%im.Width*step
			var sum float32
			for y := top; y < top+step; y++ {
				for _, v := range x[y*b.W+left:][:step] {
					sum += v
				}
			}
			means[k] = sum / float32(step*step)
			lo, hi = min(lo, means[k]), max(hi, means[k])
		}
		for k, v := range means {
			if hi > lo {
				plane.U8[k] = uint8(255 * (v - lo) / (hi - lo))
			}
		}
	}
	return im
}

package mixing

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"hpaflow/data"
)

// Options are the parameters alpha of the beta distributions that shares are
// drawn of; 0 is without. With both, each batch has one of the two, with
// probability 1/2.
type Options struct{ Mixup, CutMix float64 }

// Any says whether anything is mixed.
func (o Options) Any() bool { return o.Mixup > 0 || o.CutMix > 0 }

// MaxAlpha is the largest alpha: beyond it all shares are about one half.
const MaxAlpha = 100

// Validate reports all that is wrong with the options.
func (o Options) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		alpha float64
	}{{"mixup", o.Mixup}, {"cutmix", o.CutMix}} {
		if !(f.alpha >= 0 && f.alpha <= MaxAlpha) {
			errs = append(errs, fmt.Errorf("%s is %v, want 0 to %d", f.name, f.alpha, MaxAlpha))
		}
	}
	return errors.Join(errs...)
}

// Mix is what is done with a batch: every sample keeps a share Lambda of itself.
// With CutMix the rest is the box of rows Top to Bottom and columns Left to
// Right, the ends excluded.
type Mix struct {
	Lambda float64
	CutMix bool

	Top, Bottom, Left, Right int
}

// Draw draws what is done with a batch of images of h rows and w columns.
func (o Options) Draw(r *rand.Rand, h, w int) Mix {
	m := Mix{CutMix: o.CutMix > 0}
	if o.Mixup > 0 && o.CutMix > 0 {
		m.CutMix = r.Float64() < .5
	}
	if !m.CutMix {
		m.Lambda = share(r, o.Mixup)
		return m
	}
	return boxed(share(r, o.CutMix), h, w, r.IntN(h), r.IntN(w))
}

// share is a draw of the symmetric beta distribution.
func share(r *rand.Rand, alpha float64) float64 {
	lambda := distuv.Beta{Alpha: alpha, Beta: alpha, Src: r}.Rand()
	if math.IsNaN(lambda) { // alpha is so small that nothing lies between the ends
		lambda = float64(r.IntN(2))
	}
	return lambda
}

// boxed is CutMix by a box of the share 1-lambda around a pixel, which the
// border may cut: timm's rand_bbox and its correction of lambda.
func boxed(lambda float64, h, w, y, x int) Mix {
	ratio := math.Sqrt(1 - lambda)
	tall, wide := int(float64(h)*ratio), int(float64(w)*ratio)
	m := Mix{CutMix: true, Top: max(0, y-tall/2), Bottom: min(h, y+(tall+1)/2), Left: max(0, x-wide/2), Right: min(w, x+(wide+1)/2)}
	m.Lambda = 1 - float64((m.Bottom-m.Top)*(m.Right-m.Left))/float64(h*w)
	return m
}

// Floats says whether the batch, once mixed, holds normalised pixels (Batch.X):
// else its raw ones are mixed in place.
func (m Mix) Floats(b *data.Batch) bool {
	return b.X == nil && m.Lambda < 1 && (!m.CutMix || b.Norm != data.NormFixed)
}

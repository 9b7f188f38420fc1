package mixing

import (
	"hpaflow/data"
	"hpaflow/data/pixel"
)

// Apply mixes a labelled batch. Where Floats says so, its pixels go normalised to
// x, which has room for all of them, and the raw ones are let go of.
func (m Mix) Apply(b *data.Batch, x []float32) {
	if m.Lambda == 1 {
		return
	}
	if m.Floats(b) {
		size := b.H * b.W
		for i := range b.N * b.C {
			pixel.NormalisedPlane(x[i*size:(i+1)*size], nil, b, i, pixel.Identity)
		}
		b.X, b.U8, b.U16 = x, nil, nil
	}
	size := b.C * b.H * b.W
	for i := range (b.N + 1) / 2 {
		j := b.N - 1 - i
		blend(b.Y[i*b.Classes:(i+1)*b.Classes], b.Y[j*b.Classes:(j+1)*b.Classes], m.Lambda)
		switch {
		case !m.CutMix:
			blend(b.X[i*size:(i+1)*size], b.X[j*size:(j+1)*size], m.Lambda)
		case i == j:
		case b.X != nil:
			exchange(b.X[i*size:(i+1)*size], b.X[j*size:(j+1)*size], b, m)
		case b.U8 != nil:
			exchange(b.U8[i*size:(i+1)*size], b.U8[j*size:(j+1)*size], b, m)
		default:
			exchange(b.U16[i*size:(i+1)*size], b.U16[j*size:(j+1)*size], b, m)
		}
	}
}

// blend gives two samples, which may be the same one, the share lambda of
// themselves and the rest of the other, with the roundings of PyTorch.
func blend(a, b []float32, lambda float64) {
	keep, rest := float32(lambda), float32(1-lambda)
	for i, v := range a {
		w := b[i]
		a[i] = float32(v*keep) + float32(w*rest)
		b[i] = float32(w*keep) + float32(v*rest)
	}
}

// exchange exchanges the box of two images.
func exchange[T any](a, b []T, of *data.Batch, m Mix) {
	for c := range of.C {
		for y := m.Top; y < m.Bottom; y++ {
			row := (c*of.H + y) * of.W
			for k := row + m.Left; k < row+m.Right; k++ {
				a[k], b[k] = b[k], a[k]
			}
		}
	}
}

package pixel

import (
	"math"
	"testing"

	"hpaflow/data"
)

// Planes of either depth are normalised by their formulas, under each symmetry,
// and what is normalised already is left as it is.
func TestNormalisedPlane(t *testing.T) {
	const w, h = 5, 3
	flat := &data.Batch{N: 1, C: 2, H: h, W: w, U8: make([]uint8, 2*w*h)}
	deep := &data.Batch{N: 1, C: 2, H: h, W: w, U16: make([]uint16, 2*w*h)}
	for i := range 2 * w * h {
		flat.U8[i], deep.U16[i] = uint8(i*i), uint16(i*i*71)
	}
	value := func(b *data.Batch, i int) float64 {
		if b.U8 != nil {
			return float64(b.U8[i])
		}
		return float64(b.U16[i]) / 257
	}
	got, spare := make([]float32, w*h), make([]float32, w*h)
	for _, b := range []*data.Batch{flat, deep} {
		for _, b.Norm = range []data.Norm{data.NormFixed, data.NormPerImage} {
			for plane := range 2 {
				mean, deviation := 127.5, 255.
				if b.Norm == data.NormPerImage {
					var sum, squares float64
					for i := range w * h {
						sum += value(b, plane*w*h+i)
						squares += math.Pow(value(b, plane*w*h+i), 2)
					}
					mean = sum / (w * h)
					deviation = math.Sqrt(squares/(w*h)-mean*mean) + 1e-7
				}
				for view := Identity; view < 8; view++ {
					NormalisedPlane(got, spare, b, plane, view)
					for i, x := range got {
						width, height := w, h
						if view&Transpose != 0 {
							width, height = h, w
						}
						y, c := i/width, i%width
						if view&FlipUD != 0 {
							y = height - 1 - y
						}
						if view&FlipLR != 0 {
							c = width - 1 - c
						}
						if view&Transpose != 0 {
							y, c = c, y
						}
						if want := (value(b, plane*w*h+y*w+c) - mean) / deviation; math.Abs(float64(x)-want) > 1e-6 {
							t.Fatalf("%s, view %d: value %d of plane %d is %v, want %v", b.Norm, view, i, plane, x, want)
						}
					}
				}
			}
		}
	}
	done := &data.Batch{N: 1, C: 1, H: 1, W: 2, X: []float32{3, -4}}
	if NormalisedPlane(got[:2], nil, done, 0, Identity); got[0] != 3 || got[1] != -4 {
		t.Errorf("normalised values became %v", got[:2])
	}
}

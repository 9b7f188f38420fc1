package pixel

import (
	"math"

	"hpaflow/data"
)

// NormalisedPlane fills dst with plane i of a batch's N*C as a network sees it:
// normalised as the batch says, under a symmetry. The plane of a transpose is
// b.W high and b.H wide. scratch is as large as dst; it is not read where the
// symmetry is the identity.
func NormalisedPlane(dst, scratch []float32, b *data.Batch, i int, view Dihedral) {
	into := dst
	if view != Identity {
		into = scratch
	}
	if size := b.H * b.W; b.X != nil {
		copy(into, b.X[i*size:(i+1)*size])
	} else {
		normalise(into, b.Plane(i), b.Norm)
	}
	if view == Identity {
		return
	}
	w, h := b.W, b.H
	if view&Transpose != 0 {
		w, h = h, w
	}
	ApplyPlane(view, dst, scratch, w, h)
}

// normalise is the formula of a Norm.
func normalise(dst []float32, p data.Plane, norm data.Norm) {
	if norm != data.NormPerImage {
		shift(dst, p, 127.5, 255)
		return
	}
	sum, squares := Sums(p.U8)
	for _, v := range p.U16 {
		sum += uint64(v)
		squares += uint64(v) * uint64(v)
	}
	n := float64(len(dst))
	mean := float64(sum) / n
	std := math.Sqrt(max(0, float64(squares)/n-mean*mean)) // as numpy's std; a flat plane becomes zeros
	if p.U16 != nil {
		mean, std = mean/257, std/257
	}
	shift(dst, p, mean, std+1e-7)
}

// shift is (x-mean)/deviation, in single precision.
func shift(dst []float32, p data.Plane, mean, deviation float64) {
	if p.U8 != nil {
		Normalise(dst, p.U8, float32(mean), float32(deviation))
		return
	}
	for i, v := range p.U16 {
		dst[i] = float32((float64(v)/257 - mean) / deviation)
	}
}

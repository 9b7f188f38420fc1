package training

import (
	"math"

	"hpaflow/data"
	"hpaflow/data/pixel"
)

// normalise holds the ways to turn a plane into float32, by name. 16-bit
// pixels count as 1/257 of their value, so that both depths span 0..255.
var normalise = map[string]func(dst []float32, p data.Plane){
	"fixed":     normaliseFixed,
	"per_image": normalisePerImage,
}

// normaliseFixed is (x-127.5)/255, in -0.5..0.5.
func normaliseFixed(dst []float32, p data.Plane) { shift(dst, p, 127.5, 255) }

// normalisePerImage is (x-mean)/(std+1e-7) over the plane, with the standard
// deviation of the population, as numpy's std. A flat plane becomes zeros.
func normalisePerImage(dst []float32, p data.Plane) {
	sum, squares := pixel.Sums(p.U8)
	for _, v := range p.U16 {
		sum += uint64(v)
		squares += uint64(v) * uint64(v)
	}
	n := float64(len(dst))
	mean := float64(sum) / n
	std := math.Sqrt(max(0, float64(squares)/n-mean*mean))
	if p.U16 != nil {
		mean, std = mean/257, std/257
	}
	shift(dst, p, mean, std+1e-7)
}

// shift is (x-mean)/deviation, in single precision.
func shift(dst []float32, p data.Plane, mean, deviation float64) {
	if p.U8 != nil {
		pixel.Normalise(dst, p.U8, float32(mean), float32(deviation))
		return
	}
	for i, v := range p.U16 {
		dst[i] = float32((float64(v)/257 - mean) / deviation)
	}
}

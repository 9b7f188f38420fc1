package pixel

import "math"

// Filter is a resampling filter of Pillow's. When an image shrinks, the filter
// widens with it, so that no detail aliases.
type Filter uint8

// The filters, by their reach in source pixels at a scale of 1.
const (
	Triangle Filter = iota // Pillow's BILINEAR: 1 pixel to each side
	Bicubic                // Keys' cubic with a = -0.5: 2 pixels
	Lanczos                // a sinc in a sinc window: 3 pixels; Pillow's LANCZOS, once ANTIALIAS
)

func (f Filter) String() string { return [...]string{"triangle", "bicubic", "lanczos"}[f] }

// reach is how far from its centre the filter is not zero.
func (f Filter) reach() float64 { return float64(f) + 1 }

// at is the filter's value at x. The conversions keep a compiler from fusing
// a product and a sum, here and wherever else a result is to equal Pillow's.
func (f Filter) at(x float64) float64 {
	switch f {
	case Triangle:
		return max(0, 1-math.Abs(x))
	case Bicubic:
		const a = -0.5
		x = math.Abs(x)
		switch {
		case x < 1:
			return float64(float64(float64((a+2)*x)-(a+3))*x)*x + 1
		case x < 2:
			return float64((float64(float64(float64(x-5)*x)+8)*x - 4) * a)
		}
		return 0
	}
	if -3 <= x && x < 3 {
		return sinc(x) * sinc(x/3)
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// window is the source pixels that one pixel of the result is mixed from.
type window struct {
	start   int       // the first
	weights []float64 // of start, start+1, ...; their sum is 1
}

// windows gives the windows of an axis that goes from one length to another;
// none when the length stays.
func (f Filter) windows(from, to int) []window {
	if from == to {
		return nil
	}
	scale := float64(from) / float64(to)
	stretch := max(scale, 1)
	reach := f.reach() * stretch
	inverse := 1 / stretch
	list := make([]window, to)
	for i := range list {
		centre := (float64(i) + 0.5) * scale
		first := max(0, int(float64(centre-reach)+0.5))
		end := min(from, int(float64(centre+reach)+0.5))
		weights := make([]float64, end-first)
		var sum float64
		for k := range weights {
			weights[k] = f.at((float64(float64(k+first)-centre) + 0.5) * inverse)
			sum += weights[k]
		}
		if sum != 0 {
			for k := range weights {
				weights[k] /= sum
			}
		}
		list[i] = window{first, weights}
	}
	return list
}

package statedict

import (
	"fmt"
	"slices"
)

// The filters of a stem that was made for three planes, red, green and blue, become
// ones for any number by one of two rules.
//
// For four it is the published networks' for red, green, blue and yellow: the three
// stay as they are, and the fourth is the first again.
//
// For any other number it is timm's (adapt_input_conv, timm/models/_manipulate.py):
// for one, the three added up; for more, the three repeated in turn, times 3/planes,
// so that the sums that the next layers were trained on stay about as large.

// rgb is how many planes published weights are for.
const rgb = 3

// published is how many planes the first rule is for.
const published = 4

// forOtherPlanes says whether two shapes of a convolution differ in nothing but the
// planes it reads.
func forOtherPlanes(a, b []int) bool {
	return len(a) == 4 && len(b) == 4 && a[0] == b[0] && a[1] != b[1] && slices.Equal(a[2:], b[2:])
}

// adaptable says whether a stem is one of three planes.
func adaptable(t Tensor) bool { return t.Shape[1] == rgb }

// adapted are a stem's filters for so many planes, and what was done. Without
// values there are none.
func adapted(t Tensor, planes int) (values []float32, how string) {
	var filter func(out []float32, rgb [][]float32)
	switch planes {
	case 1:
		filter, how = added, "made for 1 channel from 3: their sum"
	case published:
		filter, how = repeated(planes, 1), "widened from 3 channels, the first repeated"
	default:
		filter = repeated(planes, float32(float64(rgb)/float64(planes)))
		how = fmt.Sprintf("made for %d channels from 3: repeated in turn, times 3/%[1]d", planes)
	}
	if t.Data == nil {
		return nil, how
	}
	size := t.Shape[2] * t.Shape[3]
	values = make([]float32, t.Shape[0]*planes*size)
	for out := range t.Shape[0] {
		var from [][]float32
		for c := range rgb {
			from = append(from, t.Data[(out*rgb+c)*size:][:size])
		}
		filter(values[out*planes*size:][:planes*size], from)
	}
	return values, how
}

// repeated takes the three in turn, times a factor.
func repeated(planes int, factor float32) func([]float32, [][]float32) {
	return func(out []float32, from [][]float32) {
		size := len(out) / planes
		for c := range planes {
			for i, v := range from[c%rgb] {
				out[c*size+i] = v * factor
			}
		}
	}
}

// added takes their sum.
func added(out []float32, from [][]float32) {
	for i := range out {
		out[i] = from[0][i] + from[1][i] + from[2][i]
	}
}

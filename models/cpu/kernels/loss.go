package kernels

import "math"

// Loss is a loss of logits x against targets t in 0..1, averaged over all
// values. Gamma is 0 for binary cross entropy; above, it is the focal loss
//
//	exp(gamma*logsigmoid(-x*(2t-1))) * bce(x,t)
//
// which weighs a value down the more surely it is right.
type Loss struct{ Gamma float64 }

// Value is the mean loss.
func (l Loss) Value(x, t []float32) float64 {
	var sum float64
	for i := range x {
		v, _ := l.one(float64(x[i]), float64(t[i]))
		sum += v
	}
	return sum / float64(len(x))
}

// Gradient sets dx to the gradient of scale times the mean loss.
func (l Loss) Gradient(dx, x, t []float32, scale float64) {
	scale /= float64(len(x))
	for i := range x {
		_, d := l.one(float64(x[i]), float64(t[i]))
		dx[i] = float32(d * scale)
	}
}

// one is the loss and its derivative by x of a single value.
func (l Loss) one(x, t float64) (value, slope float64) {
	bce := max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x)))
	dbce := sigmoid(x) - t
	if l.Gamma == 0 {
		return bce, dbce
	}
	side := 2*t - 1
	z := -x * side
	weight := math.Exp(l.Gamma * (min(z, 0) - math.Log1p(math.Exp(-math.Abs(z)))))
	return weight * bce, weight * (dbce - l.Gamma*side*(1-sigmoid(z))*bce)
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

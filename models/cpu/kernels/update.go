package kernels

import "math"

const updateSize = 1 << 14 // parameters of one piece of work

// AdamStep is the setting of one step of torch.optim.Adam; Step counts from 1.
type AdamStep struct {
	LR, Beta1, Beta2, Eps, WeightDecay float64
	Step                               int64
}

// Adam moves parameters p by gradients g and updates the moments m and v.
// largest is AMSGrad's largest v so far, or nil.
func Adam(ws *Workspace, p, g, m, v, largest []float32, s AdamStep) {
	adam(ws, machines[0], p, g, m, v, largest, s)
}

func adam(ws *Workspace, k *machine, p, g, m, v, largest []float32, s AdamStep) {
	c := s.constants()
	ws.split(len(p), updateSize, func(lo, hi int) {
		whole := (hi - lo) / Lanes
		if whole > 0 {
			k.adamStep(whole, vectors(p, lo, whole), vectors(g, lo, whole), vectors(m, lo, whole), vectors(v, lo, whole),
				vectors(largest, lo, whole), &c[0][0])
		}
		if lo += whole * Lanes; lo < hi { // the last vector is filled up
			var spare [5]lane
			pad := [][]float32{p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], nil}
			var most *float32
			if largest != nil {
				pad[4], most = largest[lo:hi], &spare[4][0]
			}
			for i := range pad {
				copy(spare[i][:], pad[i])
			}
			k.adamStep(1, &spare[0][0], &spare[1][0], &spare[2][0], &spare[3][0], most, &c[0][0])
			for i := range pad {
				copy(pad[i], spare[i][:])
			}
		}
	})
}

// constants are beta1, 1-beta1, beta2, 1-beta2, the weight decay, the step's
// size, the factor of the root of v, and eps:
//
//	p -= size*m / (factor*sqrt(v) + eps)
func (s AdamStep) constants() (c [8]lane) {
	step := float64(s.Step)
	for i, v := range [8]float64{
		s.Beta1, 1 - s.Beta1, s.Beta2, 1 - s.Beta2, s.WeightDecay,
		s.LR / (1 - math.Pow(s.Beta1, step)), 1 / math.Sqrt(1-math.Pow(s.Beta2, step)), s.Eps,
	} {
		for l := range Lanes {
			c[i][l] = float32(v)
		}
	}
	return c
}

// SGDStep is the setting of one step of torch.optim.SGD. First says that
// there is no momentum yet.
type SGDStep struct {
	LR, Momentum, WeightDecay float64
	Nesterov, First           bool
}

// SGD moves parameters p by gradients g and updates the momentum buffer.
func SGD(ws *Workspace, p, g, buffer []float32, s SGDStep) {
	lr, mu, wd := float32(s.LR), float32(s.Momentum), float32(s.WeightDecay)
	ws.split(len(p), updateSize, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			d := g[i] + wd*p[i]
			if s.First {
				buffer[i] = d
			} else {
				buffer[i] = mu*buffer[i] + d
			}
			if s.Nesterov {
				d += mu * buffer[i]
			} else {
				d = buffer[i]
			}
			p[i] -= lr * d
		}
	})
}

// Add adds x to y.
func Add(ws *Workspace, y, x []float32) {
	whole := len(y) / Lanes
	ws.split(whole, updateSize/Lanes, func(lo, hi int) {
		lo, n := lo*Lanes, hi-lo
		machines[0].blockAdd(n, vectors(y, lo, n), vectors(x, lo, n))
	})
	for i := whole * Lanes; i < len(y); i++ {
		y[i] += x[i]
	}
}

// Scale multiplies x by a factor.
func Scale(ws *Workspace, x []float32, by float32) {
	ws.split(len(x), updateSize, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			x[i] *= by
		}
	})
}

// Approach moves x towards y by a share of what is between them.
func Approach(ws *Workspace, x, y []float32, share float32) {
	ws.split(len(x), updateSize, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			x[i] += float32(share * (y[i] - x[i]))
		}
	})
}

// SumOfSquares is that of x, in float64: the same bits at any number of threads.
func SumOfSquares(ws *Workspace, x []float32) (total float64) {
	parts := make([]float64, ceil(len(x), updateSize))
	ws.split(len(x), updateSize, func(lo, hi int) {
		var sums [4]float64 // that do not wait for each other
		for i, v := range x[lo:hi] {
			sums[i%len(sums)] += float64(float64(v) * float64(v))
		}
		parts[lo/updateSize] = sums[0] + sums[1] + sums[2] + sums[3]
	})
	for _, v := range parts {
		total += v
	}
	return total
}

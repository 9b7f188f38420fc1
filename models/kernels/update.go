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
	b1, b2, wd, eps := float32(s.Beta1), float32(s.Beta2), float32(s.WeightDecay), float32(s.Eps)
	n1, n2 := float32(1-s.Beta1), float32(1-s.Beta2)
	size := float32(s.LR / (1 - math.Pow(s.Beta1, float64(s.Step))))
	root := float32(math.Sqrt(1 - math.Pow(s.Beta2, float64(s.Step))))
	ws.split(len(p), updateSize, func(lo, hi int) {
		p, g, m, v := p[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi]
		g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
		for i := range p {
			d := g[i] + wd*p[i]
			m[i] = b1*m[i] + n1*d
			v[i] = b2*v[i] + n2*d*d
			second := v[i]
			if largest != nil {
				second = max(second, largest[lo+i])
				largest[lo+i] = second
			}
			p[i] -= size * m[i] / (float32(math.Sqrt(float64(second)))/root + eps)
		}
	})
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
		machines[0].blockAdd(hi-lo, &y[lo*Lanes], &x[lo*Lanes])
	})
	addScaled(y[whole*Lanes:], x[whole*Lanes:len(y)], 1)
}

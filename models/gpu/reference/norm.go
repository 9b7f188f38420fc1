package reference

import (
	"math"

	"hpaflow/models/gpu/plan"
)

func (m *Machine) stats(o *plan.Stats) {
	n := m.Program.Norms[o.Norm]
	y, rows := m.Value(o.Y), m.N*m.plane(o.Y)
	gamma, beta := m.Param(n.Weight), m.Param(n.Bias)
	running := m.Running(o.Norm)
	var moments [4][]float64
	var moved [2][]float64
	for c := range n.C {
		var sum, squares float64
		for r := range rows {
			sum += y[r*n.C+c]
		}
		mean := sum / float64(rows)
		for r := range rows {
			d := y[r*n.C+c] - mean
			squares += d * d
		}
		inv := 1 / math.Sqrt(squares/float64(rows)+n.Eps)
		for i, v := range [4]float64{mean, inv, gamma[c] * inv, beta[c] - mean*gamma[c]*inv} {
			moments[i] = append(moments[i], v)
		}
		for i, v := range [2]float64{mean, squares / float64(rows-1)} {
			moved[i] = append(moved[i], (1-m.Momentum)*running[i][c]+m.Momentum*v)
		}
	}
	m.SetMoments(o.Norm, moments)
	m.SetRunning(o.Norm, moved)
	if o.Mean != plan.None {
		raw := m.means(o.Y, y)
		m.SetValue(o.Raw, raw)
		m.SetValue(o.Mean, affine(raw, moments, n.C))
	}
}

// affine is what a norm makes of its input.
func affine(y []float64, moments [4][]float64, c int) []float64 {
	out := make([]float64, len(y))
	for i, v := range y {
		out[i] = v*moments[2][i%c] + moments[3][i%c]
	}
	return out
}

// normed is a value, or what a norm makes of it.
func (m *Machine) normed(id plan.ID, norm int) []float64 {
	if norm == plan.NoNorm {
		return m.Value(id)
	}
	return affine(m.Value(id), m.Moments(norm), m.channels(id))
}

func (m *Machine) apply(o *plan.Apply) {
	out := m.normed(o.Y, o.Norm)
	if o.Residual != plan.None {
		for i, v := range m.normed(o.Residual, o.ResidualNorm) {
			out[i] += v
		}
	}
	if o.ReLU {
		for i := range out {
			out[i] = max(out[i], 0)
		}
	}
	m.SetValue(o.Out, out)
}

func (m *Machine) normBackward(o *plan.NormBackward) {
	y, dout := m.Value(o.Y), append([]float64(nil), m.Value(o.DOut)...)
	switch o.Cut {
	case plan.CutInput:
		cut(dout, m.normed(o.Y, o.Norm))
	case plan.CutOutput:
		cut(dout, m.Value(o.Out))
		defer m.SetValue(o.DOut, dout)
	}
	m.SetValue(o.DY, m.throughNorm(o.Norm, y, dout))
}

// cut sets to zero where by is not above.
func cut(v, by []float64) {
	for i := range v {
		if !(by[i] > 0) {
			v[i] = 0
		}
	}
}

// throughNorm is the gradient of a norm's input y from that of its result, and
// sets those of its parameters.
func (m *Machine) throughNorm(norm int, y, dout []float64) []float64 {
	n, moments := m.Program.Norms[norm], m.Moments(norm)
	gamma := m.Param(n.Weight)
	rows := len(y) / n.C
	dy, dgamma, dbeta := make([]float64, len(y)), make([]float64, n.C), make([]float64, n.C)
	for c := range n.C {
		mean, inv := moments[0][c], moments[1][c]
		var sum, dot float64
		for r := range rows {
			sum += dout[r*n.C+c]
			dot += dout[r*n.C+c] * (y[r*n.C+c] - mean) * inv
		}
		dgamma[c], dbeta[c] = dot, sum
		for r := range rows {
			i := r*n.C + c
			dy[i] = gamma[c] * inv * (dout[i] - sum/float64(rows) - (y[i]-mean)*inv*dot/float64(rows))
		}
	}
	m.SetGradient(n.Weight, dgamma)
	m.SetGradient(n.Bias, dbeta)
	return dy
}

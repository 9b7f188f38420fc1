package reference

import (
	"math"

	"hpaflow/models/gpu/plan"
)

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// linear is y (n,out) from x (n,in), w (out,in) and bias.
func linear(x, w, bias []float64, n int) []float64 {
	in, out := len(x)/n, len(bias)
	y := make([]float64, n*out)
	for i := range y {
		y[i] = bias[i%out]
		for k := range in {
			y[i] += x[i/out*in+k] * w[i%out*in+k]
		}
	}
	return y
}

func linearBackward(x, dy, w []float64, n int) (dx, dw, db []float64) {
	in, out := len(x)/n, len(dy)/n
	dx, dw, db = make([]float64, len(x)), make([]float64, len(w)), make([]float64, out)
	for i, v := range dy {
		db[i%out] += v
		for k := range in {
			dx[i/out*in+k] += v * w[i%out*in+k]
			dw[i%out*in+k] += v * x[i/out*in+k]
		}
	}
	return dx, dw, db
}

func (m *Machine) squeeze(o *plan.SqueezeExcite) {
	x := append([]float64(nil), m.normed(o.X, o.Norm)...)
	mean := m.means(o.X, x)
	if o.Means {
		m.SetValue(o.Mean, mean)
	} else {
		mean = m.Value(o.Mean)
	}
	between := linear(mean, m.Param(o.W1), m.Param(o.B1), m.N)
	for i := range between {
		between[i] = max(between[i], 0)
	}
	gates := linear(between, m.Param(o.W2), m.Param(o.B2), m.N)
	for i := range gates {
		gates[i] = sigmoid(gates[i])
	}
	c, plane := m.channels(o.X), m.plane(o.X)
	for i, r := range m.Value(o.Residual) {
		x[i] = max(x[i]*gates[i/c/plane*c+i%c]+r, 0)
	}
	m.SetValue(o.Between, between)
	m.SetValue(o.Gates, gates)
	m.SetValue(o.Out, x)
}

func (m *Machine) squeezeBackward(o *plan.SqueezeExciteBackward) {
	raw := m.Value(o.X)
	x := m.normed(o.X, o.Norm)
	dout := append([]float64(nil), m.Value(o.DOut)...)
	cut(dout, m.Value(o.Out))
	gates, between := m.Value(o.Gates), m.Value(o.Between)
	c, plane := m.channels(o.X), m.plane(o.X)
	at := func(i int) int { return i/c/plane*c + i%c }
	dgates := make([]float64, len(gates))
	for i, d := range dout {
		dgates[at(i)] += d * x[i]
	}
	for i, g := range gates {
		dgates[i] *= g * (1 - g)
	}
	dbetween, dw2, db2 := linearBackward(between, dgates, m.Param(o.W2), m.N)
	cut(dbetween, between)
	dmean, dw1, db1 := linearBackward(m.Value(o.Mean), dbetween, m.Param(o.W1), m.N)
	dx := make([]float64, len(x))
	for i, d := range dout {
		dx[i] = d*gates[at(i)] + dmean[at(i)]/float64(plane)
	}
	if o.Norm != plan.NoNorm {
		dx = m.throughNorm(o.Norm, raw, dx)
	}
	m.SetValue(o.DOut, dout)
	m.SetValue(o.DX, dx)
	m.SetGradient(o.W1, dw1)
	m.SetGradient(o.B1, db1)
	m.SetGradient(o.W2, dw2)
	m.SetGradient(o.B2, db2)
}

// softmax calls f with each position's weight, for map i of (N,C).
func (m *Machine) softmax(id plan.ID, scores []float64, i int, f func(at int, weight float64)) {
	c, plane := m.channels(id), m.plane(id)
	first := i/c*plane*c + i%c
	largest, sum := math.Inf(-1), 0.
	for p := range plane {
		largest = max(largest, scores[first+p*c])
	}
	for p := range plane {
		sum += math.Exp(scores[first+p*c] - largest)
	}
	for p := range plane {
		f(first+p*c, math.Exp(scores[first+p*c]-largest)/sum)
	}
}

// attended is an attention head's result, without its bias.
func (m *Machine) attended(logits, scores plan.ID) []float64 {
	l, s, c := m.Value(logits), m.Value(scores), m.channels(logits)
	y := make([]float64, m.N*c)
	for i := range y {
		m.softmax(scores, s, i, func(at int, w float64) { y[i] += w * l[at] })
	}
	return y
}

func (m *Machine) attention(o *plan.Attention) {
	y, bias := m.attended(o.Logits, o.Scores), m.Param(o.Bias)
	for i := range y {
		y[i] += bias[i%len(bias)]
	}
	m.SetValue(o.Y, y)
}

func (m *Machine) attentionBackward(o *plan.AttentionBackward) {
	l, s, dy, mean := m.Value(o.Logits), m.Value(o.Scores), m.Value(o.DY), m.attended(o.Logits, o.Scores)
	dl, ds := make([]float64, len(l)), make([]float64, len(l))
	db := make([]float64, m.channels(o.Logits))
	for i, d := range dy {
		db[i%len(db)] += d
		m.softmax(o.Scores, s, i, func(at int, w float64) {
			dl[at] = d * w
			ds[at] = d * w * (l[at] - mean[i])
		})
	}
	m.SetValue(o.DLogits, dl)
	m.SetValue(o.DScores, ds)
	m.SetGradient(o.Bias, db)
	m.SetGradient(o.Cancelled, make([]float64, len(db)))
}

func (m *Machine) loss(o *plan.Loss) {
	targets := m.Targets()
	total := 0.
	for h, id := range o.Logits {
		x := m.Value(id)
		grad := make([]float64, len(x))
		scale := o.Weights[h] / float64(m.Whole*m.channels(id))
		for i, v := range x {
			value, slope := m.lossOf(v, targets[i])
			total += value * scale
			grad[i] = slope * scale
		}
		m.SetValue(o.Gradients[h], grad)
	}
	m.SetLoss(total)
}

// lossOf is the loss of one logit and its derivative.
func (m *Machine) lossOf(x, t float64) (value, slope float64) {
	bce := max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x)))
	dbce := sigmoid(x) - t
	if m.Gamma == 0 {
		return bce, dbce
	}
	side := 2*t - 1
	z := -x * side
	weight := math.Exp(m.Gamma * (min(z, 0) - math.Log1p(math.Exp(-math.Abs(z)))))
	return weight * bce, weight * (dbce - m.Gamma*side*(1-sigmoid(z))*bce)
}

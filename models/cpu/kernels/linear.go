package kernels

// Linear is y = x*w^T + bias, for x (n,In), w (Out,In), y (n,Out). It stands at
// the end of a network, where it is small, and runs on one thread.
type Linear struct{ In, Out int }

// Forward computes y.
func (l Linear) Forward(n int, y, x, w, bias []float32) {
	for i := range n {
		row := x[i*l.In : (i+1)*l.In]
		for o := range l.Out {
			y[i*l.Out+o] = float32(dot(row, w[o*l.In:(o+1)*l.In]) + float64(bias[o]))
		}
	}
}

// BackwardData computes dx from dy.
func (l Linear) BackwardData(n int, dx, dy, w []float32) {
	clear(dx[:n*l.In])
	for i := range n {
		for o := range l.Out {
			addScaled(dx[i*l.In:(i+1)*l.In], w[o*l.In:(o+1)*l.In], dy[i*l.Out+o])
		}
	}
}

// BackwardWeights computes dw from dy and x.
func (l Linear) BackwardWeights(n int, dw, dy, x []float32) {
	clear(dw)
	for i := range n {
		for o := range l.Out {
			addScaled(dw[o*l.In:(o+1)*l.In], x[i*l.In:(i+1)*l.In], dy[i*l.Out+o])
		}
	}
}

// BackwardBias computes db from dy.
func (l Linear) BackwardBias(n int, db, dy []float32) {
	for o := range l.Out {
		var sum float64
		for i := range n {
			sum += float64(dy[i*l.Out+o])
		}
		db[o] = float32(sum)
	}
}

// dot sums in eight lanes of float32, which are then added in float64: both
// fast and closer than one running sum.
func dot(a, b []float32) float64 {
	var s [8]float32
	b = b[:len(a)]
	for len(a) >= 8 && len(b) >= 8 {
		for i := range s {
			s[i] += a[i] * b[i]
		}
		a, b = a[8:], b[8:]
	}
	for i, v := range a {
		s[i] += v * b[i]
	}
	var total float64
	for _, v := range s {
		total += float64(v)
	}
	return total
}

// addScaled adds x*scale to y.
func addScaled(y, x []float32, scale float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += v * scale
	}
}

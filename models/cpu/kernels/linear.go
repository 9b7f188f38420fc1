package kernels

// Linear is y = x*w^T + bias, for x (n,In), w (Out,In), y (n,Out). It stands at
// the end of a network, and in its gates, where it is small: there weights are
// read once, for all images.
type Linear struct {
	In, Out int

	machine *machine // the fastest if nil
}

// linearBytes is about how much of the weights a piece of work reads.
const linearBytes = 64 << 10

// Forward computes y.
func (l Linear) Forward(ws *Workspace, n int, y, x, w, bias []float32) {
	l.eachRow(ws, func(s *scratch, o int) {
		for i := range n {
			y[i*l.Out+o] = float32(l.dot(s, x[i*l.In:(i+1)*l.In], w[o*l.In:(o+1)*l.In]) + float64(bias[o]))
		}
	})
}

// eachRow calls do for each row of the weights.
func (l Linear) eachRow(ws *Workspace, do func(s *scratch, o int)) {
	size := max(1, linearBytes/(l.In*floatBytes))
	ws.each(ceil(l.Out, size), func(s *scratch, i int) {
		for o := i * size; o < min(l.Out, (i+1)*size); o++ {
			do(s, o)
		}
	})
}

// BackwardData computes dx from dy.
func (l Linear) BackwardData(ws *Workspace, n int, dx, dy, w []float32) {
	size := ceil(max(Lanes, linearBytes/(l.Out*floatBytes)), Lanes) * Lanes
	ws.each(ceil(l.In, size), func(_ *scratch, piece int) {
		lo, hi := piece*size, min(l.In, (piece+1)*size)
		for i := range n {
			clear(dx[i*l.In+lo : i*l.In+hi])
		}
		for o := range l.Out {
			for i := range n {
				l.addScaled(dx[i*l.In+lo:i*l.In+hi], w[o*l.In+lo:o*l.In+hi], &dy[i*l.Out+o])
			}
		}
	})
}

// BackwardWeights computes dw from dy and x.
func (l Linear) BackwardWeights(ws *Workspace, n int, dw, dy, x []float32) {
	l.eachRow(ws, func(_ *scratch, o int) {
		row := dw[o*l.In : (o+1)*l.In]
		clear(row)
		for i := range n {
			l.addScaled(row, x[i*l.In:(i+1)*l.In], &dy[i*l.Out+o])
		}
	})
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

// dot sums in lanes of float32, which are then added in float64: both fast and
// closer than one running sum.
func (l Linear) dot(s *scratch, a, b []float32) float64 {
	sums, whole := s.lane(0), len(a)/Lanes
	if whole > 0 {
		l.machine.orFastest().blockDot(whole, vectors(a, 0, whole), vectors(b, 0, whole), &sums[0])
	}
	b = b[:len(a)]
	for i := whole * Lanes; i < len(a); i++ {
		sums[i%Lanes] += a[i] * b[i]
	}
	var total float64
	for _, v := range sums {
		total += float64(v)
	}
	return total
}

// addScaled adds x*scale to y.
func (l Linear) addScaled(y, x []float32, scale *float32) {
	whole := len(y) / Lanes
	if whole > 0 {
		l.machine.orFastest().blockAddScaled(whole, vectors(y, 0, whole), vectors(x, 0, whole), scale)
	}
	x = x[:len(y)]
	for i := whole * Lanes; i < len(y); i++ {
		y[i] += x[i] * *scale
	}
}

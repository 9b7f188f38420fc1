package kernels

// gelus is how many values a thread takes at once.
const gelus = 1 << 13

// GELU computes y = y*Phi(y) of values in blocks, Phi being the distribution
// function of the normal distribution: the exact form, by erf.
func GELU(ws *Workspace, y []float32) {
	ws.split(len(y)/Lanes, gelus/Lanes, func(lo, hi int) {
		machines[0].tokenGELU(hi-lo, vectors(y, lo*Lanes, hi-lo))
	})
}

// GELUTo computes y = x*Phi(x).
func GELUTo(ws *Workspace, y, x []float32) {
	ws.split(len(y)/Lanes, gelus/Lanes, func(lo, hi int) {
		machines[0].tokenGELUTo(hi-lo, vectors(y, lo*Lanes, hi-lo), vectors(x, lo*Lanes, hi-lo))
	})
}

// GELUBackward computes the gradient dx of x from dy, that of x*Phi(x). dx may be
// dy.
func GELUBackward(ws *Workspace, dx, dy, x []float32) {
	ws.split(len(x)/Lanes, gelus/Lanes, func(lo, hi int) {
		machines[0].tokenGELUBack(hi-lo, vectors(dx, lo*Lanes, hi-lo), vectors(dy, lo*Lanes, hi-lo), vectors(x, lo*Lanes, hi-lo))
	})
}

// ChannelSums computes db, the sum of dy (n,c,plane) over images and positions: the
// gradient of a bias.
func ChannelSums(ws *Workspace, n, c, plane int, db, dy []float32) {
	b := BatchNorm{C: c, Plane: plane}
	ws.each(Blocks(c), func(s *scratch, block int) {
		zero, sums := s.lane(0), &s.sums
		var sum [Lanes]float64
		b.stretches(n, block, func(at, count int) {
			machines[0].blockSums(count, vectors(dy, at, count), &zero[0], &sums[0])
			for l := range sum {
				sum[l] += float64(sums[l])
			}
		})
		for l := range b.lanes(block) {
			db[block*Lanes+l] = float32(sum[l])
		}
	})
}

// ScaleRows computes the rows of y, each as many of x times a factor. y may be x.
func ScaleRows(ws *Workspace, y, x, factors []float32) {
	size := len(x) / len(factors)
	ws.each(len(factors), func(_ *scratch, i int) {
		from, by := x[i*size:(i+1)*size], factors[i]
		for k, v := range from {
			y[i*size+k] = v * by
		}
	})
}

// RowDots computes the sum of products of each row of a and b.
func RowDots(ws *Workspace, sums, a, b []float32) {
	l := Linear{In: len(a) / len(sums)}
	ws.each(len(sums), func(s *scratch, i int) {
		sums[i] = float32(l.dot(s, a[i*l.In:(i+1)*l.In], b[i*l.In:(i+1)*l.In]))
	})
}

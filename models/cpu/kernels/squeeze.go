package kernels

// SqueezeExcite weighs each channel of an image by a gate, which two small
// layers compute from the means of all its channels (Hu et al. 2018), then
// adds a residual and cuts at zero:
//
//	s = mean of x over positions       (C)
//	h = max(W1*s + b1, 0)              (Hidden)
//	g = sigmoid(W2*h + b2)             (C)
//	y = max(x*g + residual, 0)
//
// Weights are those of two 1x1 convolutions, (Hidden,C) and (C,Hidden). Images
// are in blocks.
type SqueezeExcite struct {
	C, Hidden, Plane int

	machine *machine // the fastest if nil
}

// SqueezeWeights are the parameters, or their gradients.
type SqueezeWeights struct{ W1, B1, W2, B2 []float32 }

// Gates are what the backward pass needs of the forward one: s, h and g, by
// image.
type Gates struct{ Mean, Hidden, Gate []float32 }

// NewGates makes room for n images.
func (q SqueezeExcite) NewGates(n int) Gates {
	return Gates{make([]float32, n*q.C), make([]float32, n*q.Hidden), make([]float32, n*q.C)}
}

// Forward computes y, and what goes to gates. y may be x or residual.
func (q SqueezeExcite) Forward(ws *Workspace, n int, y, x, residual []float32, w SqueezeWeights, gates Gates) {
	blocks := Blocks(q.C)
	ws.each(n*blocks, func(s *scratch, i int) {
		mean := q.mean(s, x, i)
		image, first := i/blocks, i%blocks*Lanes
		for l := range min(Lanes, q.C-first) {
			gates.Mean[image*q.C+first+l] = float32(mean[l])
		}
	})
	first, second := q.layers()
	first.Forward(ws, n, gates.Hidden, gates.Mean, w.W1, w.B1)
	for i, v := range gates.Hidden[:n*q.Hidden] {
		gates.Hidden[i] = max(v, 0)
	}
	second.Forward(ws, n, gates.Gate, gates.Hidden, w.W2, w.B2)
	for i, v := range gates.Gate[:n*q.C] {
		gates.Gate[i] = float32(sigmoid(float64(v)))
	}
	ws.each(n*blocks, func(s *scratch, i int) {
		zero, gate := s.lane(0), s.lane(1)
		q.spread(gate, gates.Gate, i)
		from := i * q.Plane * Lanes
		q.machine.orFastest().blockApply(q.Plane, vectors(y, from, q.Plane), vectors(x, from, q.Plane), vectors(residual, from, q.Plane), &gate[0], &zero[0], &zero[0])
	})
}

// layers are the two small ones.
func (q SqueezeExcite) layers() (first, second Linear) {
	return Linear{In: q.C, Out: q.Hidden, machine: q.machine}, Linear{In: q.Hidden, Out: q.C, machine: q.machine}
}

// mean is the mean of each channel of a block.
func (q SqueezeExcite) mean(s *scratch, x []float32, block int) (mean [Lanes]float64) {
	zero, sums := s.lane(0), &s.sums
	q.stretches(block, func(at, count int) {
		q.machine.orFastest().blockSums(count, vectors(x, at, count), &zero[0], &sums[0])
		for l := range mean {
			mean[l] += float64(sums[l])
		}
	})
	for l := range mean {
		mean[l] /= float64(q.Plane)
	}
	return mean
}

// Backward computes the gradients of x and of the weights from dy, the
// gradient of y that ReLUBackward has cut, which is the residual's too.
// gates are what Forward left, and are spoilt. dx must not be dy.
func (q SqueezeExcite) Backward(ws *Workspace, n int, dx, dy, x []float32, w SqueezeWeights, gates Gates, d SqueezeWeights) {
	blocks := Blocks(q.C)
	dgate := ws.shared.get(slotC, n*(q.C+q.Hidden))
	dgate, dhidden := dgate[:n*q.C], dgate[n*q.C:]
	ws.each(n*blocks, func(s *scratch, i int) {
		dot := q.dot(s, dy, x, i)
		image, first := i/blocks, i%blocks*Lanes
		for l := range min(Lanes, q.C-first) {
			c := image*q.C + first + l
			g := float64(gates.Gate[c])
			dgate[c] = float32(dot[l] * g * (1 - g)) // of the gate before the sigmoid
		}
	})
	first, second := q.layers()
	second.BackwardWeights(ws, n, d.W2, dgate, gates.Hidden)
	second.BackwardBias(n, d.B2, dgate)
	second.BackwardData(ws, n, dhidden, dgate, w.W2)
	for i, h := range gates.Hidden[:n*q.Hidden] {
		if h == 0 {
			dhidden[i] = 0
		}
	}
	first.BackwardWeights(ws, n, d.W1, dhidden, gates.Mean)
	first.BackwardBias(n, d.B1, dhidden)
	first.BackwardData(ws, n, gates.Mean, dhidden, w.W1)
	ws.each(n*blocks, func(s *scratch, i int) {
		gate, level := s.lane(0), s.lane(1)
		q.spread(gate, gates.Gate, i)
		q.spread(level, gates.Mean, i)
		for l := range level {
			level[l] /= float32(q.Plane)
		}
		from := i * q.Plane * Lanes
		q.machine.orFastest().blockApply(q.Plane, vectors(dx, from, q.Plane), vectors(dy, from, q.Plane), nil, &gate[0], &level[0], &unbounded[0])
	})
}

// dot is the sum of dy*x for each channel of a block.
func (q SqueezeExcite) dot(s *scratch, dy, x []float32, block int) (dot [Lanes]float64) {
	zero, sums := s.lane(0), &s.sums
	q.stretches(block, func(at, count int) {
		q.machine.orFastest().blockGradSums(count, vectors(dy, at, count), vectors(x, at, count), &zero[0], &zero[0], &unbounded[0], &zero[0], &sums[0])
		for l := range dot {
			dot[l] += float64(sums[Lanes+l])
		}
	})
	return dot
}

// spread puts the values of a block's channels into a vector of zeros.
func (q SqueezeExcite) spread(to *lane, v []float32, block int) {
	image, first := block/Blocks(q.C), block%Blocks(q.C)*Lanes
	copy(to[:min(Lanes, q.C-first)], v[image*q.C+first:])
}

// stretches cuts a block's plane into stretches that may be summed in float32.
func (q SqueezeExcite) stretches(block int, f func(at, count int)) {
	for p := 0; p < q.Plane; p += sumPositions {
		f((block*q.Plane+p)*Lanes, min(sumPositions, q.Plane-p))
	}
}

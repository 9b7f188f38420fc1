package kernels

import "fmt"

// JointNorm is BatchNorm of a concatenation that need not be made: of images of
// equal size, the parts, which lie apart. Its result is one image, and so is the
// gradient of all parts.
//
// A part's mean and variance are the same for all norms that read it, so they
// are taken once (Look).
type JointNorm struct {
	C     []int // channels of each part; all but the last fill their blocks
	Plane int
	ReLU  bool

	Eps, Momentum float64 // as BatchNorm's

	machine *machine // the fastest if nil
}

// Sums are the mean of each channel of a batch, and the sum of squares around it.
type Sums struct{ Mean, Squares []float64 }

// NewSums makes room for c channels.
func NewSums(c int) Sums { return Sums{make([]float64, c), make([]float64, c)} }

// Validate says what of the shape is impossible.
func (j JointNorm) Validate() error {
	if err := (Concat{C: j.C, Plane: j.Plane}).Validate(); err != nil {
		return fmt.Errorf("batch norm: %w", err)
	}
	return nil
}

// Channels is the number of channels of the result.
func (j JointNorm) Channels() int { return Concat{C: j.C}.Channels() }

// of is the norm of a part alone, or of the whole.
func (j JointNorm) of(c int) BatchNorm {
	return BatchNorm{C: c, Plane: j.Plane, ReLU: j.ReLU, Eps: j.Eps, Momentum: j.Momentum, machine: j.machine}
}

// Look computes a part's sums.
func (j JointNorm) Look(ws *Workspace, n, part int, x []float32, to Sums) {
	b := j.of(j.C[part])
	ws.each(Blocks(b.C), func(s *scratch, block int) {
		mean, squares := b.moments(s, n, block, x)
		count := b.lanes(block)
		copy(to.Mean[block*Lanes:], mean[:count])
		copy(to.Squares[block*Lanes:], squares[:count])
	})
}

// Settle makes the moments of a batch of n images of the parts' sums, and moves
// the running statistics, as BatchNorm.Train does.
func (j JointNorm) Settle(n int, sums []Sums, gamma, beta, runningMean, runningVar []float32, m Moments) {
	count, c := float64(n*j.Plane), 0
	b := j.of(0)
	for part := range j.C {
		for l, mean := range sums[part].Mean {
			squares := sums[part].Squares[l]
			move(&runningMean[c], mean, b.momentum())
			move(&runningVar[c], squares/(count-1), b.momentum())
			m.set(c, mean, squares/count+b.eps(), float64(gamma[c]), float64(beta[c]))
			c++
		}
	}
}

// Keep makes the moments of running statistics, which stay: Apply then evaluates.
func (j JointNorm) Keep(gamma, beta, runningMean, runningVar []float32, m Moments) {
	b := j.of(0)
	for c := range j.Channels() {
		m.set(c, float64(runningMean[c]), float64(runningVar[c])+b.eps(), float64(gamma[c]), float64(beta[c]))
	}
}

// Apply computes y (n,Channels,Plane) of the parts by what m says.
func (j JointNorm) Apply(ws *Workspace, n int, y []float32, parts [][]float32, m Moments) {
	b, mach := j.of(0), j.machine.orFastest()
	j.each(ws, func(s *scratch, p partBlock) {
		scales, offsets, floor := s.lane(0), s.lane(1), b.floor(s)
		copy(scales[:p.lanes], m.Scale[p.channel:])
		copy(offsets[:p.lanes], m.Offset[p.channel:])
		p.images(n, func(at, whole int) {
			mach.blockApply(j.Plane, vectors(y, whole, j.Plane), vectors(parts[p.part], at, j.Plane), nil, &scales[0], &offsets[0], &floor[0])
		})
	})
}

// Backward computes from dy, the gradient of the result, those of gamma and
// beta, and adds those of the parts, beside each other, to dx, or puts them
// there. dx may have more channels, wide in all.
func (j JointNorm) Backward(ws *Workspace, n, wide int, add bool, dx, dy []float32, parts [][]float32, gamma []float32, m Moments, dgamma, dbeta []float32) {
	b, mach, count := j.of(0), j.machine.orFastest(), float64(n*j.Plane)
	gradient := mach.blockGrad
	if add {
		gradient = mach.blockGradAdd
	}
	step := (Blocks(wide) - Blocks(j.Channels())) * j.Plane * Lanes // what an image of dx has more
	j.each(ws, func(s *scratch, p partBlock) {
		scales, offsets, means, floor := s.lane(0), s.lane(1), s.lane(2), b.floor(s)
		copy(scales[:p.lanes], m.Scale[p.channel:])
		copy(offsets[:p.lanes], m.Offset[p.channel:])
		copy(means[:p.lanes], m.Mean[p.channel:])
		x, sums := parts[p.part], &s.sums
		var sum, dot [Lanes]float64 // of dy; of dy with x-mean
		p.images(n, func(at, whole int) {
			for q := 0; q < j.Plane; q += sumPositions {
				some := min(sumPositions, j.Plane-q)
				mach.blockGradSums(some, vectors(dy, whole+q*Lanes, some), vectors(x, at+q*Lanes, some), &scales[0], &offsets[0], &floor[0], &means[0], &sums[0])
				for l := range sum {
					sum[l] += float64(sums[l])
					dot[l] += float64(sums[Lanes+l])
				}
			}
		})
		// dx = gamma*invStd * (dy - mean(dy) - xhat*mean(dy*xhat))
		ks, slopes, levels := s.lane(3), s.lane(4), s.lane(5)
		for l := range p.lanes {
			c := p.channel + l
			dgamma[c], dbeta[c] = float32(dot[l]*float64(m.InvStd[c])), float32(sum[l])
			ks[l], slopes[l], levels[l] = m.slopes(c, float64(gamma[c]), sum[l], dot[l], count)
		}
		image := 0
		p.images(n, func(at, whole int) {
			gradient(j.Plane, vectors(dx, whole+image*step, j.Plane), vectors(dy, whole, j.Plane), vectors(x, at, j.Plane),
				&scales[0], &offsets[0], &floor[0], &ks[0], &slopes[0], &levels[0])
			image++
		})
	})
}

// partBlock is a block of channels of a part.
type partBlock struct {
	part        int
	channel     int // of the whole, the first
	lanes       int // channels
	size, whole int // values of an image of the part, and of the whole
	at, to      int // where the block begins in each
}

// images calls do with where the block begins in each image of the part and of
// the whole.
func (p *partBlock) images(n int, do func(at, whole int)) {
	for i := range n {
		do(i*p.size+p.at, i*p.whole+p.to)
	}
}

// each calls do for every block of every part.
func (j JointNorm) each(ws *Workspace, do func(s *scratch, p partBlock)) {
	all := j.Channels()
	blocks, plane := Blocks(all), j.Plane*Lanes
	ws.each(blocks, func(s *scratch, i int) {
		part, block := j.find(i)
		do(s, partBlock{
			part: part, channel: i * Lanes, lanes: min(Lanes, all-i*Lanes),
			size: Blocks(j.C[part]) * plane, at: block * plane, whole: blocks * plane, to: i * plane,
		})
	})
}

// find is the part of a block of the whole, and which of the part's it is.
func (j JointNorm) find(block int) (part, of int) {
	for block >= Blocks(j.C[part]) {
		block -= Blocks(j.C[part])
		part++
	}
	return part, block
}

package kernels

import "math"

// BatchNorm normalises each of C channels over images and positions, as
// torch.nn.BatchNorm2d does, then adds a residual where one is given, then
// cuts at zero where ReLU is set. Images are in blocks.
type BatchNorm struct {
	C, Plane int     // channels; positions of a channel
	ReLU     bool    // cut the result at zero
	Eps      float64 // added to variances; 0 is BatchNormEps
	Momentum float64 // what running statistics move by towards a batch's, 0..1; 0 is a tenth, PyTorch's default

	machine *machine // the fastest if nil
}

// The constants are PyTorch's defaults.
const (
	BatchNormEps      = 1e-5
	batchNormMomentum = .1
)

// sumPositions is how many positions are summed in float32 before their sum is
// added in float64.
const sumPositions = 256

// Moments are what the backward pass needs of the forward one, by channel:
// y was max(x*Scale + Offset, 0).
type Moments struct {
	Mean, InvStd  []float32 // of the batch; InvStd is 1/sqrt(variance+eps)
	Scale, Offset []float32
}

// NewMoments makes room for c channels.
func NewMoments(c int) Moments {
	f := func() []float32 { return make([]float32, c) }
	return Moments{f(), f(), f(), f()}
}

// lane is a value for each channel of a block; spare lanes hold zero.
type lane = [Lanes]float32

// Train computes y (n,C,Plane) from x with the statistics of this batch, which
// go to m, and moves the running statistics towards them by Momentum. The
// running variance is the unbiased one, so n*Plane must be at least 2.
// residual may be nil; y may be x or residual.
func (b BatchNorm) Train(ws *Workspace, n int, y, x, residual, gamma, beta, runningMean, runningVar []float32, m Moments) {
	count := float64(n * b.Plane)
	momentum := b.momentum()
	ws.each(Blocks(b.C), func(s *scratch, block int) {
		mean, squares := b.moments(s, n, block, x)
		scales, offsets := s.lane(0), s.lane(1)
		for l := range b.lanes(block) {
			c := block*Lanes + l
			move(&runningMean[c], mean[l], momentum)
			move(&runningVar[c], squares[l]/(count-1), momentum)
			m.set(c, mean[l], squares[l]/count+b.eps(), float64(gamma[c]), float64(beta[c]))
			scales[l], offsets[l] = m.Scale[c], m.Offset[c]
		}
		b.apply(s, n, block, y, x, residual, scales, offsets)
	})
}

// set notes a channel's mean and variance, to which eps was added.
func (m *Moments) set(c int, mean, variance, gamma, beta float64) {
	invStd := 1 / math.Sqrt(variance)
	scale := gamma * invStd
	m.Mean[c], m.InvStd[c] = float32(mean), float32(invStd)
	m.Scale[c], m.Offset[c] = float32(scale), float32(beta-mean*scale)
}

// move brings a running statistic nearer to the batch's.
func move(running *float32, value, momentum float64) {
	*running = float32((1-momentum)*float64(*running) + momentum*value)
}

// moments gives the mean of each channel of a block, and the sum of squares
// around it. Both are summed around a first guess, so that little is lost in
// the difference.
func (b BatchNorm) moments(s *scratch, n, block int, x []float32) (mean, squares [Lanes]float64) {
	guess, sums := s.lane(0), &s.sums
	few := min(b.Plane, 64)
	b.machine.orFastest().blockSums(few, vectors(x, block*b.Plane*Lanes, few), &guess[0], &sums[0])
	for l := range guess {
		guess[l] = sums[l] / float32(few)
	}
	var sum [Lanes]float64
	b.stretches(n, block, func(at, count int) {
		b.machine.orFastest().blockSums(count, vectors(x, at, count), &guess[0], &sums[0])
		for l := range sum {
			sum[l] += float64(sums[l])
			squares[l] += float64(sums[Lanes+l])
		}
	})
	count := float64(n * b.Plane)
	for l := range mean {
		mean[l] = float64(guess[l]) + sum[l]/count
		squares[l] = max(squares[l]-sum[l]*sum[l]/count, 0)
	}
	return mean, squares
}

// Evaluate computes y from x with the running statistics.
func (b BatchNorm) Evaluate(ws *Workspace, n int, y, x, residual, gamma, beta, runningMean, runningVar []float32) {
	ws.each(Blocks(b.C), func(s *scratch, block int) {
		scales, offsets := s.lane(0), s.lane(1)
		for l := range b.lanes(block) {
			c := block*Lanes + l
			scale := float64(gamma[c]) / math.Sqrt(float64(runningVar[c])+b.eps())
			scales[l], offsets[l] = float32(scale), float32(float64(beta[c])-float64(runningMean[c])*scale)
		}
		b.apply(s, n, block, y, x, residual, scales, offsets)
	})
}

// alone is the norm of one part.
func (b BatchNorm) alone() JointNorm {
	return JointNorm{C: []int{b.C}, Plane: b.Plane, ReLU: b.ReLU, Eps: b.Eps, Momentum: b.Momentum, machine: b.machine}
}

// Again computes the y that Train, without a residual, computed from x and
// left m of, to the bit.
func (b BatchNorm) Again(ws *Workspace, n int, y, x []float32, m Moments) {
	b.alone().Apply(ws, n, y, [][]float32{x}, m)
}

// Backward computes from dy, the gradient of Train's y, the gradients of x,
// gamma and beta. Where y was cut, dy does not count; with a residual that
// cannot be told from x, so there cut dy with ReLUBackward first, which is
// then the residual's gradient too, and leave ReLU unset. dx may be dy.
func (b BatchNorm) Backward(ws *Workspace, n int, dx, dy, x, gamma []float32, m Moments, dgamma, dbeta []float32) {
	b.alone().Backward(ws, n, b.C, false, dx, dy, [][]float32{x}, gamma, m, dgamma, dbeta)
}

// slopes give the gradient of a channel's input: g*k + x*slope + level, where sum
// and dot are those of g and of g*(x-mean).
func (m *Moments) slopes(c int, gamma, sum, dot, count float64) (k, slope, level float32) {
	invStd := float64(m.InvStd[c])
	scale := gamma * invStd
	by := -scale * invStd * invStd * dot / count
	return float32(scale), float32(by), float32(-scale*sum/count - by*float64(m.Mean[c]))
}

func (b BatchNorm) momentum() float64 {
	if b.Momentum == 0 {
		return batchNormMomentum
	}
	return b.Momentum
}

func (b BatchNorm) eps() float64 {
	if b.Eps == 0 {
		return BatchNormEps
	}
	return b.Eps
}

// lanes is how many channels a block has.
func (b BatchNorm) lanes(block int) int { return min(Lanes, b.C-block*Lanes) }

// images calls f with where a block's plane starts in each image.
func (b BatchNorm) images(n, block int, f func(at int)) {
	for image := range n {
		f((image*Blocks(b.C) + block) * b.Plane * Lanes)
	}
}

// stretches cuts the planes into stretches that may be summed in float32.
func (b BatchNorm) stretches(n, block int, f func(at, count int)) {
	b.images(n, block, func(at int) {
		for p := 0; p < b.Plane; p += sumPositions {
			f(at+p*Lanes, min(sumPositions, b.Plane-p))
		}
	})
}

// floor is what results are cut at.
func (b BatchNorm) floor(s *scratch) *lane {
	floor := s.lane(6)
	if !b.ReLU {
		*floor = unbounded
	}
	return floor
}

// unbounded cuts nothing.
var unbounded = func() (v lane) {
	for l := range v {
		v[l] = float32(math.Inf(-1))
	}
	return v
}()

// apply sets y = x*scale + offset (+ residual) (cut at zero) for a block.
func (b BatchNorm) apply(s *scratch, n, block int, y, x, residual []float32, scale, offset *lane) {
	floor := b.floor(s)
	b.images(n, block, func(from int) {
		b.machine.orFastest().blockApply(b.Plane, vectors(y, from, b.Plane), vectors(x, from, b.Plane), vectors(residual, from, b.Plane), &scale[0], &offset[0], &floor[0])
	})
}

// ReLUBackward sets dx = dy where y, the cut result, is above zero, and 0
// elsewhere. All are in blocks. dx may be dy.
func ReLUBackward(ws *Workspace, dx, dy, y []float32) {
	ws.split(len(y)/Lanes, updateSize/Lanes, func(lo, hi int) {
		lo, n := lo*Lanes, hi-lo
		machines[0].blockCut(n, vectors(dx, lo, n), vectors(dy, lo, n), vectors(y, lo, n))
	})
}

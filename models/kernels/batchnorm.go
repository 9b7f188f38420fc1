package kernels

import "math"

// BatchNorm normalises each of C channels over images and positions, as
// torch.nn.BatchNorm2d does, then adds a residual where one is given, then
// cuts at zero where ReLU is set.
type BatchNorm struct {
	C, Plane int  // channels; positions of a channel
	ReLU     bool // cut the result at zero
}

// The constants are PyTorch's defaults.
const (
	batchNormEps      = 1e-5
	batchNormMomentum = .1
)

// Moments are a channel's statistics of the batch, kept for the backward pass.
type Moments struct {
	Mean, InvStd []float32 // (C); InvStd is 1/sqrt(variance+eps)
}

// Train computes y (n,C,Plane) from x with the statistics of this batch, which
// go to m, and moves the running statistics by a tenth towards them. The
// running variance is the unbiased one, so n*Plane must be at least 2.
// residual may be nil; y may be x or residual.
func (b BatchNorm) Train(ws *Workspace, n int, y, x, residual, gamma, beta, runningMean, runningVar []float32, m Moments) {
	count := float64(n * b.Plane)
	ws.each(b.C, func(_ *scratch, c int) {
		var sum float64
		b.planes(n, c, func(lo, hi int) { sum += sumOf(x[lo:hi]) })
		mean := sum / count
		var squares float64
		b.planes(n, c, func(lo, hi int) { squares += squaresAround(x[lo:hi], float32(mean)) })
		variance := squares / count
		invStd := 1 / math.Sqrt(variance+batchNormEps)
		m.Mean[c], m.InvStd[c] = float32(mean), float32(invStd)
		move(&runningMean[c], mean)
		move(&runningVar[c], squares/(count-1))
		scale := float64(gamma[c]) * invStd
		b.apply(n, c, y, x, residual, float32(scale), float32(float64(beta[c])-mean*scale))
	})
}

// move brings a running statistic nearer to the batch's.
func move(running *float32, value float64) {
	*running = float32((1-batchNormMomentum)*float64(*running) + batchNormMomentum*value)
}

// Evaluate computes y from x with the running statistics.
func (b BatchNorm) Evaluate(ws *Workspace, n int, y, x, residual, gamma, beta, runningMean, runningVar []float32) {
	ws.each(b.C, func(_ *scratch, c int) {
		scale := float64(gamma[c]) / math.Sqrt(float64(runningVar[c])+batchNormEps)
		b.apply(n, c, y, x, residual, float32(scale), float32(float64(beta[c])-float64(runningMean[c])*scale))
	})
}

// Backward computes from dy, the gradient of Train's y, the gradients of x,
// gamma and beta. With ReLU, y says where the cut was; without, it may be nil.
// A residual's gradient is not computed here: it is dy, after ReLUBackward
// where there is a cut. dx may be dy.
func (b BatchNorm) Backward(ws *Workspace, n int, dx, dy, y, x, gamma []float32, m Moments, dgamma, dbeta []float32) {
	count := float64(n * b.Plane)
	ws.each(b.C, func(_ *scratch, c int) {
		mean := m.Mean[c]
		var sum, dot float64 // of dy; of dy with x-mean
		b.planes(n, c, func(lo, hi int) {
			if b.ReLU {
				cutWhereZero(dx[lo:hi], dy[lo:hi], y[lo:hi])
			} else if &dx[lo] != &dy[lo] {
				copy(dx[lo:hi], dy[lo:hi])
			}
			s, d := sumAndDot(dx[lo:hi], x[lo:hi], mean)
			sum, dot = sum+s, dot+d
		})
		invStd := float64(m.InvStd[c])
		dgamma[c], dbeta[c] = float32(dot*invStd), float32(sum)
		// dx = gamma*invStd * (dy - mean(dy) - xhat*mean(dy*xhat))
		scale := float64(gamma[c]) * invStd
		slope := -scale * invStd * invStd * dot / count
		offset := -scale*sum/count - slope*float64(mean)
		b.planes(n, c, func(lo, hi int) {
			blend(dx[lo:hi], x[lo:hi], float32(scale), float32(slope), float32(offset))
		})
	})
}

// planes calls f with the bounds of a channel's plane in each image.
func (b BatchNorm) planes(n, c int, f func(lo, hi int)) {
	for image := range n {
		lo := (image*b.C + c) * b.Plane
		f(lo, lo+b.Plane)
	}
}

// apply sets y = x*scale + offset (+ residual) (cut at zero) for a channel.
func (b BatchNorm) apply(n, c int, y, x, residual []float32, scale, offset float32) {
	floor := float32(math.Inf(-1))
	if b.ReLU {
		floor = 0
	}
	b.planes(n, c, func(lo, hi int) {
		if residual == nil {
			affine(y[lo:hi], x[lo:hi], scale, offset, floor)
		} else {
			affineAdd(y[lo:hi], x[lo:hi], residual[lo:hi], scale, offset, floor)
		}
	})
}

// ReLUBackward sets dx = dy where y, the cut result and so never negative, is
// above zero, and 0 elsewhere. dx may be dy.
func ReLUBackward(ws *Workspace, dx, dy, y []float32) {
	ws.split(len(y), 1<<14, func(lo, hi int) { cutWhereZero(dx[lo:hi], dy[lo:hi], y[lo:hi]) })
}

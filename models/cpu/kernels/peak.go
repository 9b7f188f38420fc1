package kernels

import (
	"math"
	"sync/atomic"
	"time"
)

// peakRounds is how many rounds of multiply-adds are timed at once: a
// millisecond or so.
const peakRounds = 1 << 18

// PeakFlops measures how many additions and multiplications of float32 a
// second the workspace's threads can do, all together, in registers and with
// the instructions that the kernels use: what the speed of a layer may be
// compared with. It takes about as long as told and gives the best moment.
func PeakFlops(ws *Workspace, lasting time.Duration) float64 {
	threads := len(ws.workers)
	best := 0.
	for start := time.Now(); time.Since(start) < lasting; {
		from := time.Now()
		ws.each(threads, func(*scratch, int) {
			for range 8 {
				machines[0].fmaPeak(peakRounds)
			}
		})
		best = max(best, float64(8*threads*peakRounds*machines[0].peakFlops)/time.Since(from).Seconds())
	}
	return best
}

// plainPeak is n rounds of eight multiplications and additions in plain Go.
func plainPeak(n int) {
	var s [8]float32
	a := float32(n)
	for range n {
		s[0] = s[0]*a + 1
		s[1] = s[1]*a + 1
		s[2] = s[2]*a + 1
		s[3] = s[3]*a + 1
		s[4] = s[4]*a + 1
		s[5] = s[5]*a + 1
		s[6] = s[6]*a + 1
		s[7] = s[7]*a + 1
	}
	plainPeakResult.Store(math.Float32bits(s[0] + s[1] + s[2] + s[3] + s[4] + s[5] + s[6] + s[7]))
}

// plainPeakResult keeps the compiler from leaving the loop out.
var plainPeakResult atomic.Uint32

package pixel

import (
	"sync"
	"unsafe"
)

// fixedBits is the precision of weights for 8-bit planes: 32 bits, less 8 for
// the pixel and 2 for weights beyond 1 and their sums.
const fixedBits = 22

// fixed rounds a weight to fixedBits, halves away from zero.
func fixed(weight float64) int32 {
	weight *= 1 << fixedBits
	if weight < 0 {
		return int32(weight - 0.5)
	}
	return int32(weight + 0.5)
}

// mixture is a window in fixed point. The assembly knows where its fields are.
type mixture struct {
	start   int         // the first source row
	pairs   int         // source rows are taken in pairs
	weights *weightPair // of the pairs
	taps    int         // source rows
}

// end is the row after those that are read, the one of weight 0 too.
func (m *mixture) end() int { return m.start + 2*m.pairs }

func (m *mixture) list() []weightPair { return unsafe.Slice(m.weights, m.pairs) }

// weightPair is the weights of two rows, one of them 0 where rows are odd: what
// is above 11 bits, then the low 11 bits.
type weightPair [4]int16

// axis is how the pixels along one direction change.
type axis struct {
	filter   Filter
	from, to int
}

// known keeps the mixtures of axes met lately: to work them out takes as long
// as to shrink a plane by them.
var known struct {
	sync.Mutex
	axes map[axis][]mixture
}

const mostKnown = 32

// mixtures gives the windows of an axis in fixed point; nil when its length
// stays. The result is shared.
func mixtures(a axis) []mixture {
	known.Lock()
	list, found := known.axes[a]
	known.Unlock()
	if found {
		return list
	}
	windows := a.filter.windows(a.from, a.to)
	if windows == nil {
		return nil
	}
	list = make([]mixture, len(windows))
	for i, w := range windows {
		weights := make([]weightPair, (len(w.weights)+1)/2)
		start, taps := w.start, len(w.weights)
		before := 0 // rows of weight 0
		if taps%2 == 1 && start > 0 && start+taps == a.from {
			before = 1 // since after the last row there is none
		}
		for k, v := range w.weights {
			f, at := fixed(v), k+before
			weights[at/2][at%2], weights[at/2][at%2+2] = int16(f>>11), int16(f&(1<<11-1))
		}
		list[i] = mixture{start - before, len(weights), &weights[0], taps + before}
	}
	known.Lock()
	defer known.Unlock()
	if len(known.axes) >= mostKnown || known.axes == nil {
		known.axes = map[axis][]mixture{}
	}
	known.axes[a] = list
	return list
}

// mixRows makes a row of width bytes for each mixture of the plan.
func mixRows(dst []uint8, dstStride int, src []uint8, stride, width int, plan []mixture) {
	if len(plan) == 0 {
		return
	}
	blocks := (width + 31) / 32
	// A row's blocks must lie in src and, reaching into the next row, in dst.
	fits := func(y, end int) bool {
		return end*stride+32*blocks <= len(src)+stride && y*dstStride+32*blocks <= len(dst)
	}
	fast := len(plan)
	if last := &plan[fast-1]; !fits(fast-1, last.start+last.taps+1) { // nor may another that ends where the last does
		for fast = 0; fast < len(plan) && fits(fast, plan[fast].end()); fast++ {
		}
	}
	for y := fastMix(dst, dstStride, src, stride, plan[:fast], blocks); y < len(plan); y++ {
		mixRow(dst[y*dstStride:][:width], src[plan[y].start*stride:], stride, &plan[y])
	}
}

// mixRow sets dst to the sum of rows that lie stride apart, by their weights.
func mixRow(dst, src []uint8, stride int, m *mixture) {
	weights := m.list()
	for i := range dst {
		sum := int32(1 << (fixedBits - 1))
		at := i
		for k := range m.taps {
			w := &weights[k/2]
			sum += (int32(w[k%2])<<11 + int32(w[k%2+2])) * int32(src[at])
			at += stride
		}
		dst[i] = uint8(min(max(sum>>fixedBits, 0), 255))
	}
}

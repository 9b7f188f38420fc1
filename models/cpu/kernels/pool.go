package kernels

import (
	"fmt"
	"math"
)

// MaxPool takes the largest value of each window, as torch.nn.MaxPool2d does.
// The field Ceil lets a last window hang over the edge, as ceil_mode does.
// Images are in blocks.
type MaxPool struct {
	C, H, W             int
	Kernel, Stride, Pad int
	Ceil                bool
}

// OutH is the height of the output.
func (p MaxPool) OutH() int { return p.out(p.H) }

// OutW is the width of the output.
func (p MaxPool) OutW() int { return p.out(p.W) }

func (p MaxPool) out(size int) int {
	reach := size + 2*p.Pad - p.Kernel
	if !p.Ceil {
		return reach/p.Stride + 1
	}
	n := ceil(reach, p.Stride) + 1
	if (n-1)*p.Stride >= size+p.Pad { // a window must start in the image or its left padding
		n--
	}
	return n
}

// Validate says what of the shape is impossible.
func (p MaxPool) Validate() error {
	if p.C < 1 || p.Kernel < 1 || p.Stride < 1 || p.Pad < 0 || 2*p.Pad > p.Kernel ||
		min(p.H, p.W) < 1 || min(p.H, p.W)+2*p.Pad < p.Kernel {
		return fmt.Errorf("max pool %+v: impossible shape", p)
	}
	return nil
}

// Forward computes y (n,C,OutH,OutW) from x (n,C,H,W), and in from, of the
// length of y, which place of its window each value came from, counted row by
// row. Of equal values the first wins; a NaN wins over all. Without a backward
// pass to come, from may be nil.
func (p MaxPool) Forward(ws *Workspace, n int, y, x []float32, from []int32) {
	p.forward(ws, machines[0], n, y, x, from)
}

func (p MaxPool) forward(ws *Workspace, m *machine, n int, y, x []float32, from []int32) {
	outH, outW := p.OutH(), p.OutW()
	offsets := make([]int, 0, p.Kernel*p.Kernel)
	for i := range p.Kernel {
		for j := range p.Kernel {
			offsets = append(offsets, (i*p.W+j)*laneBytes)
		}
	}
	left, right := p.inside(p.W, outW)
	ws.each(n*Blocks(p.C)*outH, func(s *scratch, row int) {
		plane, oy := row/outH, row%outH
		in := x[plane*p.H*p.W*Lanes : (plane+1)*p.H*p.W*Lanes]
		at := row * outW * Lanes
		where := s.places(outW * Lanes)
		if from != nil {
			where = from[at:]
		}
		lo, hi := left, right
		if top := oy*p.Stride - p.Pad; top < 0 || top+p.Kernel > p.H {
			lo, hi = outW, outW
		}
		for ox := range outW {
			if ox < lo || ox >= hi {
				p.window(y[at+ox*Lanes:], where[ox*Lanes:], in, oy, ox)
			}
		}
		if lo < hi {
			m.blockMax(hi-lo, vectors(y, at+lo*Lanes, hi-lo), &where[lo*Lanes : hi*Lanes : len(where)][0],
				&in[((oy*p.Stride-p.Pad)*p.W+lo*p.Stride-p.Pad)*Lanes], p.Stride*laneBytes, &offsets[0], len(offsets))
		}
	})
}

// inside is the range of output positions whose windows lie in the image.
func (p MaxPool) inside(size, out int) (lo, hi int) {
	lo = min(out, ceil(p.Pad, p.Stride))
	if size+p.Pad < p.Kernel {
		return lo, lo
	}
	return lo, max(lo, min(out, (size+p.Pad-p.Kernel)/p.Stride+1))
}

// window computes one position whose window hangs over the edge.
func (p MaxPool) window(y []float32, from []int32, in []float32, oy, ox int) {
	for l := range Lanes {
		best, where := float32(math.Inf(-1)), int32(-1)
		for k := range p.Kernel * p.Kernel {
			i, j := oy*p.Stride-p.Pad+k/p.Kernel, ox*p.Stride-p.Pad+k%p.Kernel
			if i < 0 || i >= p.H || j < 0 || j >= p.W {
				continue
			}
			if v := in[(i*p.W+j)*Lanes+l]; where < 0 || v > best || v != v {
				best, where = v, int32(k)
			}
		}
		y[l], from[l] = best, where
	}
}

// Backward computes dx from dy and what Forward left in from.
func (p MaxPool) Backward(ws *Workspace, n int, dx, dy []float32, from []int32) {
	outH, outW := p.OutH(), p.OutW()
	ws.each(n*Blocks(p.C), func(_ *scratch, plane int) {
		d := dx[plane*p.H*p.W*Lanes : (plane+1)*p.H*p.W*Lanes]
		clear(d)
		for i := range outH * outW {
			top, left := i/outW*p.Stride-p.Pad, i%outW*p.Stride-p.Pad
			at := (plane*outH*outW + i) * Lanes
			for l := range Lanes {
				k := int(from[at+l])
				d[((top+k/p.Kernel)*p.W+left+k%p.Kernel)*Lanes+l] += dy[at+l]
			}
		}
	})
}

// AveragePool computes y (n,c), not in blocks, as the mean of each plane of x
// (n,c,plane).
func AveragePool(n, c, plane int, y, x []float32) {
	for i := range n * Blocks(c) {
		var sum [Lanes]float64
		var zero lane
		var sums [2 * Lanes]float32
		for p := 0; p < plane; p += sumPositions {
			count := min(sumPositions, plane-p)
			machines[0].blockSums(count, vectors(x, (i*plane+p)*Lanes, count), &zero[0], &sums[0])
			for l := range sum {
				sum[l] += float64(sums[l])
			}
		}
		image, first := i/Blocks(c), i%Blocks(c)*Lanes
		for l := range min(Lanes, c-first) {
			y[image*c+first+l] = float32(sum[l] / float64(plane))
		}
	}
}

// AveragePoolBackward computes dx, in blocks, from dy (n,c).
func AveragePoolBackward(n, c, plane int, dx, dy []float32) {
	for i := range n * Blocks(c) {
		var v lane
		image, first := i/Blocks(c), i%Blocks(c)*Lanes
		for l := range min(Lanes, c-first) {
			v[l] = dy[image*c+first+l] / float32(plane)
		}
		for p := range plane {
			*(*lane)(dx[(i*plane+p)*Lanes:]) = v
		}
	}
}

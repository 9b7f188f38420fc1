package kernels

import "fmt"

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
	if p.Kernel > mostKernel {
		return fmt.Errorf("max pool %+v: a window is larger than %d by %[2]d", p, mostKernel)
	}
	return nil
}

// mostKernel is the side of a window whose places can be told by a byte.
const mostKernel = 16

// Forward computes y (n,C,OutH,OutW) from x (n,C,H,W), and in from, of the
// length of y, which place of its window each value came from, counted row by
// row. Of equal values the first wins; a NaN wins over all. Without a backward
// pass to come, from may be nil.
func (p MaxPool) Forward(ws *Workspace, n int, y, x []float32, from []uint8) {
	p.forward(ws, machines[0], n, y, x, from)
}

func (p MaxPool) forward(ws *Workspace, m *machine, n int, y, x []float32, from []uint8) {
	outH, outW := p.OutH(), p.OutW()
	left, right := p.inside(p.W, outW)
	ws.each(n*Blocks(p.C)*outH, func(s *scratch, row int) {
		plane, oy := row/outH, row%outH
		in := x[plane*p.H*p.W*Lanes : (plane+1)*p.H*p.W*Lanes]
		at := row * outW * Lanes
		where := s.places(outW * Lanes)
		if from != nil {
			where = from[at : at+outW*Lanes]
		}
		pixels := func(ox, count int) {
			w := p.window(s, oy, ox)
			to := where[ox*Lanes : (ox+count)*Lanes]
			m.blockMax(count, vectors(y, at+ox*Lanes, count), &to[0], &in[w.first], p.Stride*laneBytes, &s.ints[0], len(s.ints))
			if from != nil && len(s.ints) < p.Kernel*p.Kernel { // numbers of the taps that there are
				for i, k := range to {
					to[i] = uint8(w.number(int(k), p.Kernel))
				}
			}
		}
		for ox := range left {
			pixels(ox, 1)
		}
		if left < right {
			pixels(left, right-left)
		}
		for ox := right; ox < outW; ox++ {
			pixels(ox, 1)
		}
	})
}

// shown is the part of a window that lies in the image.
type shown struct {
	first     int // where its first value is
	top, left int // rows and columns before it
	width     int
}

// number is which of the whole window's places one of the part's is.
func (w shown) number(k, kernel int) int { return (w.top+k/w.width)*kernel + w.left + k%w.width }

// window is that of an output position. The scratch's ints are its places, in bytes
// from the first.
func (p MaxPool) window(s *scratch, oy, ox int) shown {
	top, left := oy*p.Stride-p.Pad, ox*p.Stride-p.Pad
	w := shown{top: max(0, -top), left: max(0, -left)}
	w.width = min(p.Kernel, p.W-left) - w.left
	w.first = ((top+w.top)*p.W + left + w.left) * Lanes
	s.ints = s.ints[:0]
	for i := range min(p.Kernel, p.H-top) - w.top {
		for j := range w.width {
			s.ints = append(s.ints, (i*p.W+j)*laneBytes)
		}
	}
	return w
}

// inside is the range of output positions whose windows lie in the image.
func (p MaxPool) inside(size, out int) (lo, hi int) {
	lo = min(out, ceil(p.Pad, p.Stride))
	if size+p.Pad < p.Kernel {
		return lo, lo
	}
	return lo, max(lo, min(out, (size+p.Pad-p.Kernel)/p.Stride+1))
}

// Backward computes dx from dy and what Forward left in from.
func (p MaxPool) Backward(ws *Workspace, n int, dx, dy []float32, from []uint8) {
	p.backward(ws, machines[0], n, dx, dy, from)
}

func (p MaxPool) backward(ws *Workspace, m *machine, n int, dx, dy []float32, from []uint8) {
	outH, outW := p.OutH(), p.OutW()
	left, right := p.inside(p.W, outW)
	ws.each(n*Blocks(p.C), func(s *scratch, plane int) {
		d := dx[plane*p.H*p.W*Lanes : (plane+1)*p.H*p.W*Lanes]
		clear(d)
		for oy := range outH {
			at := (plane*outH + oy) * outW * Lanes
			lo, hi := left, right
			if top := oy*p.Stride - p.Pad; top < 0 || top+p.Kernel > p.H {
				lo, hi = outW, outW
			}
			for ox := range lo {
				p.scatter(d, dy[at+ox*Lanes:], from[at+ox*Lanes:], oy, ox)
			}
			if lo < hi {
				w := p.window(s, oy, lo)
				m.blockMaxBack(hi-lo, &d[w.first], p.Stride*laneBytes, vectors(dy, at+lo*Lanes, hi-lo), &from[at+lo*Lanes : at+hi*Lanes][0], &s.ints[0], len(s.ints))
			}
			for ox := hi; ox < outW; ox++ {
				p.scatter(d, dy[at+ox*Lanes:], from[at+ox*Lanes:], oy, ox)
			}
		}
	})
}

// scatter adds one position's gradient to where its values came from.
func (p MaxPool) scatter(d, dy []float32, from []uint8, oy, ox int) {
	top, left := oy*p.Stride-p.Pad, ox*p.Stride-p.Pad
	for l := range Lanes {
		k := int(from[l])
		d[((top+k/p.Kernel)*p.W+left+k%p.Kernel)*Lanes+l] += dy[l]
	}
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

package kernels

import (
	"fmt"
	"math"
)

// MaxPool takes the largest value of each window, as torch.nn.MaxPool2d does.
// The field Ceil lets a last window hang over the edge, as ceil_mode does.
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
// length of y, which position of its plane each value came from. Of equal
// values the first wins; a NaN wins over all.
func (p MaxPool) Forward(ws *Workspace, n int, y, x []float32, from []int32) {
	outH, outW := p.OutH(), p.OutW()
	ws.each(n*p.C, func(_ *scratch, plane int) {
		in := x[plane*p.H*p.W : (plane+1)*p.H*p.W]
		at := plane * outH * outW
		for oy := range outH {
			top, bottom := max(0, oy*p.Stride-p.Pad), min(p.H, oy*p.Stride-p.Pad+p.Kernel)
			for ox := range outW {
				left, right := max(0, ox*p.Stride-p.Pad), min(p.W, ox*p.Stride-p.Pad+p.Kernel)
				best, where := float32(math.Inf(-1)), top*p.W+left
				for i := top; i < bottom; i++ {
					for j := left; j < right; j++ {
						if v := in[i*p.W+j]; v > best || v != v {
							best, where = v, i*p.W+j
						}
					}
				}
				y[at], from[at] = best, int32(where)
				at++
			}
		}
	})
}

// Backward computes dx from dy and what Forward left in from.
func (p MaxPool) Backward(ws *Workspace, n int, dx, dy []float32, from []int32) {
	size := p.OutH() * p.OutW()
	ws.each(n*p.C, func(_ *scratch, plane int) {
		d := dx[plane*p.H*p.W : (plane+1)*p.H*p.W]
		clear(d)
		for i := plane * size; i < (plane+1)*size; i++ {
			d[from[i]] += dy[i]
		}
	})
}

// AveragePool computes y (planes) as the mean of each of x's planes.
func AveragePool(y, x []float32, planes int) {
	size := len(x) / planes
	for i := range planes {
		y[i] = float32(sumOf(x[i*size:(i+1)*size]) / float64(size))
	}
}

// AveragePoolBackward computes dx from dy.
func AveragePoolBackward(dx, dy []float32, planes int) {
	size := len(dx) / planes
	for i := range planes {
		v := dy[i] / float32(size)
		for j := i * size; j < (i+1)*size; j++ {
			dx[j] = v
		}
	}
}

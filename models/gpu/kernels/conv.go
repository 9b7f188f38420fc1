//go:build gpu

package kernels

import (
	"errors"
	"fmt"
	"math"

	"hpaflow/models/gpu/cuda"
)

// Conv is a convolution of N images: activations x (N,H,W,C) and y
// (N,OutH,OutW,K), packed weights w (K,R,S,C/Groups) of the same type. Whatever
// the type, products are summed in float32.
type Conv struct {
	N, C, H, W       int
	K, R, S          int // output channels, kernel height and width
	StrideH, StrideW int
	PadH, PadW       int
	Groups           int
}

// OutH is the output's height, OutW its width.
func (c Conv) OutH() int { return (c.H+2*c.PadH-c.R)/c.StrideH + 1 }
func (c Conv) OutW() int { return (c.W+2*c.PadW-c.S)/c.StrideW + 1 }

// size is how many weights there are.
func (c Conv) size() int { return c.K * c.R * c.S * (c.C / c.Groups) }

// check says what is impossible, or does not fit between the shape and the Mats
// of x and y.
func (c Conv) check(x, y Mat) error {
	switch {
	case c.N < 1 || c.C < 1 || c.H < 1 || c.W < 1 || c.K < 1 || c.R < 1 || c.S < 1 || c.StrideH < 1 || c.StrideW < 1 || c.PadH < 0 || c.PadW < 0,
		c.Groups < 1 || c.Groups > maxBlocks || c.C%c.Groups != 0 || c.K%c.Groups != 0,
		c.H+2*c.PadH < c.R || c.W+2*c.PadW < c.S, c.size() > math.MaxInt32/2, c.tiles() > maxBlocks:
		return fmt.Errorf("kernels: convolution %+v: impossible shape", c)
	case x.Rows != c.N*c.H*c.W || x.C != c.C || y.Rows != c.N*c.OutH()*c.OutW() || y.C != c.K || x.Type != y.Type:
		return fmt.Errorf("kernels: convolution %+v does not go from %+v to %+v", c, x, y)
	}
	return errors.Join(x.check("x"), y.check("y"))
}

// axis is Axis of conv.h.
type axis struct{ count, size, source, stride, first, base, taps, tap0 int }

func (a axis) args() []any {
	var args []any
	for _, v := range []int{a.count, a.size, a.source, a.stride, a.first, a.base, a.taps, a.tap0} {
		args = append(args, int32(v))
	}
	return args
}

// forward is the axis of an output of n positions, from size positions.
func forward(n, size, taps, stride, pad int) axis {
	return axis{count: n, size: n, source: size, stride: stride, base: -pad, taps: taps}
}

// backward are the axes of the gradient of an input of size positions, from that
// of n outputs: one for each of the first positions that there is. Position p has
// taps t where stride divides p+pad-t.
func backward(n, size, taps, stride, pad int) []axis {
	var axes []axis
	for first := range min(stride, size) {
		a := axis{count: ceil(size-first, stride), size: size, source: n, stride: stride, first: first, tap0: (first + pad) % stride}
		a.base = (first + pad - a.tap0) / stride
		a.taps = ceil(max(0, taps-a.tap0), stride)
		axes = append(axes, a)
	}
	return axes
}

func (c Conv) axes() (h, w axis) {
	return forward(c.OutH(), c.H, c.R, c.StrideH, c.PadH), forward(c.OutW(), c.W, c.S, c.StrideW, c.PadW)
}

// As in conv.cu and convgroups.cu.
const (
	tileLong   = 128
	tileShort  = 64
	groupLanes = 32
	groupStrip = 8
)

// way is how a convolution is computed.
type way uint8

const (
	byOnes   way = iota // tiles, one value at a time
	byFours             // tiles, four values at a time
	byGroups            // groups side by side, four values at a time
)

// Groups of up to so many channels are computed side by side.
const sideBySide = 32

// ways are those that the shape allows, where memory is aligned.
func (c Conv) ways() []way {
	in, out := c.C/c.Groups, c.K/c.Groups
	switch {
	case in%4 != 0 || out%4 != 0:
		return []way{byOnes}
	case c.Groups > 1 && in <= sideBySide && out <= sideBySide:
		return []way{byOnes, byFours, byGroups}
	}
	return []way{byOnes, byFours}
}

// way is the best that shape and memory allow.
func (c Conv) way(x, y Mat, w ...cuda.Ptr) way {
	bytes := cuda.Ptr(4 * x.Type.Bytes())
	all := append(w, x.Ptr, y.Ptr)
	for _, p := range all {
		if p%bytes != 0 {
			return byOnes
		}
	}
	if x.Stride%4 != 0 || y.Stride%4 != 0 {
		return byOnes
	}
	ways := c.ways()
	return ways[len(ways)-1]
}

// convKernels are the kernels of one direction: with tiles, and with groups side
// by side, one tap of a line at once or three.
type convKernels struct{ tiles, groups, groups3 string }

var (
	convForward = convKernels{"conv_forward", "conv_groups_forward", "conv_groups_forward3"}
	convBack    = convKernels{"conv_back", "conv_groups_back", "conv_groups_back3"}
)

// ConvForward computes y from x and w.
func (k *Set) ConvForward(s cuda.Stream, c Conv, y, x Mat, w cuda.Ptr) error {
	if err := c.check(x, y); err != nil {
		return err
	}
	h, v := c.axes()
	return k.conv(s, c, convForward, y, x, w, h, v, false, c.way(x, y, w))
}

// ConvBackwardData computes dx from dy and w, or adds it to what dx holds. It is
// as many launches as strides leave positions apart.
func (k *Set) ConvBackwardData(s cuda.Stream, c Conv, dx, dy Mat, w cuda.Ptr, add bool) error {
	if err := c.check(dx, dy); err != nil {
		return err
	}
	for _, h := range backward(c.OutH(), c.H, c.R, c.StrideH, c.PadH) {
		for _, v := range backward(c.OutW(), c.W, c.S, c.StrideW, c.PadW) {
			if add && h.taps*v.taps == 0 {
				continue // nothing comes to these
			}
			if err := k.conv(s, c, convBack, dx, dy, w, h, v, add, c.way(dx, dy, w)); err != nil {
				return err
			}
		}
	}
	return nil
}

// conv launches what computes the channels of to from those of from.
func (k *Set) conv(s cuda.Stream, c Conv, kernels convKernels, to, from Mat, w cuda.Ptr, h, v axis, add bool, by way) error {
	results, sources := to.C/c.Groups, from.C/c.Groups
	rows := c.N * h.count * v.count
	if h.taps*v.taps == 0 {
		h.taps, v.taps = 0, 1 // none, of which there is one in a line
	}
	adds := int32(0)
	if add {
		adds = 1
	}
	if w == 0 {
		return errors.New("kernels: a convolution's weights have no memory")
	}
	args := []any{to.Ptr, from.Ptr, w}
	rest := append([]any{int32(c.R * c.S), int32(c.S)}, append(h.args(), v.args()...)...)
	if by == byGroups {
		name := kernels.groups
		if c.StrideW == 1 && v.taps == 3 {
			name = kernels.groups3
		}
		strips := c.N * h.count * ceil(v.count, groupStrip)
		g := side(to.C / 4)
		args = append(args, int32(to.C/4), int32(results), int32(sources), int32(to.Stride), int32(from.Stride), int32(strips), adds)
		return k.launch(s, name+to.Type.suffix(), [3]int{ceil(strips, g.y), g.columns, 1}, g.threads(), append(args, rest...)...)
	}
	name, _ := variant(kernels.tiles, to.Type, by == byFours)
	args = append(args, int32(results), int32(sources), int32(to.Stride), int32(from.Stride), int32(rows), adds)
	return k.launch(s, name, [3]int{ceil(rows, tileLong), ceil(results, tileShort), c.Groups}, [3]int{blockThreads, 1, 1}, append(args, rest...)...)
}

// side lays threads along fours of channels.
func side(fours int) grid {
	columns := ceil(fours, groupLanes)
	x := ceil(fours, columns)
	return grid{x: x, y: blockThreads / x, columns: columns}
}

//go:build gpu

package kernels

import (
	"fmt"

	"hpaflow/models/gpu/cuda"
)

// What rows of a gradient of weights are cut by: about so many blocks, of so many
// rows at least.
const (
	convBlocks = 1024
	convRows   = 128
)

// cut is how many rows a block sums up, and how many spans of them there are.
func (c Conv) cut(by way) (span, spans int) {
	rows := c.N * c.OutH() * c.OutW()
	blocks := c.tiles() * c.Groups
	if by == byGroups {
		blocks = side(c.K/4).columns * c.pieces()
	}
	spans = min(ceil(rows, convRows), max(1, convBlocks/blocks))
	span = ceil(rows, spans)
	return span, ceil(rows, span)
}

// tiles are those of one group's weights.
func (c Conv) tiles() int {
	return ceil(c.R*c.S*(c.C/c.Groups), tileLong) * ceil(c.K/c.Groups, tileShort)
}

// taps is how many taps a thread takes at once where groups lie side by side.
func (c Conv) taps() int {
	if c.S == 3 {
		return 3
	}
	return 1
}

// pieces are the taps, and fours of channels of x, that threads are spread over.
func (c Conv) pieces() int { return c.R * (c.S / c.taps()) * (c.C / c.Groups / 4) }

// ConvScratch is what ConvBackwardWeights needs, in bytes.
func ConvScratch(c Conv) int64 {
	most := 0
	for _, by := range c.ways() {
		_, spans := c.cut(by)
		most = max(most, spans)
	}
	return 4 * int64(most) * int64(c.size())
}

// ConvBackwardWeights computes dw, packed values of type t, from x and dy: sums
// over spans of rows first, which a second launch adds up. scratch is as long as
// ConvScratch says, aligned to 16 bytes.
func (k *Set) ConvBackwardWeights(s cuda.Stream, c Conv, dw cuda.Ptr, t Type, x, dy Mat, scratch cuda.Ptr) error {
	if err := c.check(x, dy); err != nil {
		return err
	}
	if dw == 0 || scratch == 0 || !aligned(scratch) || t > BF16 {
		return fmt.Errorf("kernels: gradient of weights of type %d at %#x with scratch at %#x", t, dw, scratch)
	}
	by := c.way(x, dy)
	span, spans := c.cut(by)
	in, out := c.C/c.Groups, c.K/c.Groups
	h, v := c.axes()
	rest := append([]any{int32(x.Stride), int32(dy.Stride), int32(dy.Rows), int32(span), int32(c.size())}, append(h.args(), v.args()...)...)
	name, _ := variant("conv_weights", x.Type, by == byFours)
	blocks, threads := [3]int{spans, c.tiles(), c.Groups}, [3]int{blockThreads, 1, 1}
	args := []any{scratch, x.Ptr, dy.Ptr}
	if by == byGroups {
		name = "conv_groups_weights"
		if c.taps() == 3 {
			name = "conv_groups_weights3"
		}
		name += x.Type.suffix()
		g := side(c.K / 4)
		blocks, threads = [3]int{spans, c.pieces(), g.columns}, g.threads()
		args = append(args, int32(c.K/4))
	}
	if err := k.launch(s, name, blocks, threads, append(append(args, int32(out), int32(in)), rest...)...); err != nil {
		return err
	}
	return k.launch(s, "conv_weights_finish"+t.suffix(), [3]int{ceil(c.size(), 32), 1, 1}, [3]int{32, 8, 1},
		dw, scratch, int32(spans), int32(c.size()))
}

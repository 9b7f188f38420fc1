//go:build gpu && linux

package kernels

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"hpaflow/models/gpu/cuda"
)

// visit calls f for all products of a convolution, by places in y, x and w.
func (c Conv) visit(f func(y, x, w int)) {
	in, out, oh, ow := c.C/c.Groups, c.K/c.Groups, c.OutH(), c.OutW()
	for y := range c.N * oh * ow * c.K {
		k, ox, oy, n := y%c.K, y/c.K%ow, y/c.K/ow%oh, y/c.K/ow/oh
		for tap := range c.R * c.S {
			iy, ix := oy*c.StrideH-c.PadH+tap/c.S, ox*c.StrideW-c.PadW+tap%c.S
			if iy < 0 || iy >= c.H || ix < 0 || ix >= c.W {
				continue
			}
			x, w := ((n*c.H+iy)*c.W+ix)*c.C+k/out*in, (k*c.R*c.S+tap)*in
			for i := range in {
				f(y, x+i, w+i)
			}
		}
	}
}

// convs are of each kind that the networks have, and of some that they have not.
func convs() []Conv {
	list := []Conv{
		{N: 1, C: 4, H: 19, W: 22, K: 20, R: 7, S: 7, StrideH: 2, StrideW: 2, PadH: 3, PadW: 3, Groups: 1},
		{N: 2, C: 12, H: 9, W: 11, K: 72, R: 3, S: 3, StrideH: 1, StrideW: 1, PadH: 1, PadW: 1, Groups: 1},
		{N: 3, C: 16, H: 9, W: 10, K: 24, R: 1, S: 1, StrideH: 2, StrideW: 2, Groups: 1},
		{N: 1, C: 12, H: 8, W: 9, K: 20, R: 1, S: 7, StrideH: 1, StrideW: 1, PadW: 3, Groups: 1},
		{N: 1, C: 12, H: 8, W: 9, K: 20, R: 7, S: 1, StrideH: 1, StrideW: 1, PadH: 3, Groups: 1},
		{N: 1, C: 5, H: 8, W: 7, K: 7, R: 3, S: 3, StrideH: 1, StrideW: 1, Groups: 1},
		{N: 2, C: 6, H: 7, W: 5, K: 6, R: 3, S: 3, StrideH: 1, StrideW: 1, PadH: 1, PadW: 1, Groups: 6},
		{N: 1, C: 8, H: 2, W: 13, K: 8, R: 5, S: 4, StrideH: 3, StrideW: 2, PadH: 2, PadW: 1, Groups: 2},
		{N: 2, C: 128, H: 7, W: 12, K: 128, R: 3, S: 3, StrideH: 1, StrideW: 1, PadH: 1, PadW: 1, Groups: 32},
		{N: 1, C: 256, H: 8, W: 9, K: 256, R: 3, S: 3, StrideH: 2, StrideW: 2, PadH: 1, PadW: 1, Groups: 32},
		{N: 1, C: 144, H: 5, W: 10, K: 48, R: 1, S: 5, StrideH: 1, StrideW: 1, PadW: 2, Groups: 6},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		c := Conv{N: 1 + r.IntN(3), Groups: 1 + r.IntN(4), R: 1 + r.IntN(4), S: 1 + r.IntN(4), StrideH: 1 + r.IntN(3), StrideW: 1 + r.IntN(3)}
		c.PadH, c.PadW = r.IntN(c.R+1), r.IntN(c.S+1)
		c.H, c.W = c.R+r.IntN(9), c.S+r.IntN(9)
		fours := 1 + 3*r.IntN(2)
		c.C, c.K = c.Groups*fours*(1+r.IntN(5)), c.Groups*fours*(1+r.IntN(5))
		list = append(list, c)
	}
	return list
}

func TestConv(t *testing.T) {
	d := open(t)
	for i, c := range convs() {
		for _, ty := range []Type{F32, BF16} {
			for _, l := range []layout{{16, 0}, {3, 1}} {
				if l.gap == 3 && c.Groups > 8 {
					continue // one tile for each group takes long here, and those of fewer are like it
				}
				t.Run(fmt.Sprintf("%+v %s gap %d", c, ty.suffix()[1:], l.gap), func(t *testing.T) {
					d, seed := d.in(t), uint64(10*i)
					inputs, outputs := c.N*c.H*c.W, c.N*c.OutH()*c.OutW()
					x, w, dy := noise(ty, seed, inputs*c.C, 0.1, 1), noise(ty, seed+1, c.size(), 0, 1), noise(ty, seed+2, outputs*c.K, 0, 1)
					before := noise(ty, seed+3, len(x), 0, 1)
					y, dx, dw, added := make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(w)), doubles(before)
					c.visit(func(iy, ix, iw int) {
						y[iy] += float64(x[ix]) * float64(w[iw])
						dx[ix] += float64(dy[iy]) * float64(w[iw])
						dw[iw] += float64(dy[iy]) * float64(x[ix])
					})
					for i, v := range dx {
						added[i] += v
					}
					xm, dym, wp := d.mat(ty, c.C, l, x), d.mat(ty, c.K, l, dy), d.put(packed(w, ty))
					ym, dxm, addedm := d.blank(ty, outputs, c.K, l), d.blank(ty, inputs, c.C, l), d.mat(ty, c.C, l, before)
					dwp, narrow, scratch := d.room(int64(4*len(w))), d.room(int64(2*len(w))), d.room(ConvScratch(c))
					d.do(func(k *Set, s cuda.Stream) error {
						return errors.Join(
							k.ConvForward(s, c, ym, xm, wp),
							k.ConvBackwardData(s, c, dxm, dym, wp, false),
							k.ConvBackwardData(s, c, addedm, dym, wp, true),
							k.ConvBackwardWeights(s, c, narrow, BF16, xm, dym, scratch),
							k.ConvBackwardWeights(s, c, dwp, F32, xm, dym, scratch),
						)
					})
					check(t, result{"y", ty, d.values(ym), y}, result{"dx", ty, d.values(dxm), dx}, result{"dx added", ty, d.values(addedm), added},
						result{"dw", F32, d.read(dwp, len(w)), dw}, result{"dw in bfloat16", BF16, unpacked(d.get(narrow, 2*len(w)), BF16), dw})
				})
			}
		}
	}
}

// The same bits come out each time, whatever the scratch held.
func TestConvHasOneResult(t *testing.T) {
	d := open(t)
	for _, c := range convs()[7:11] {
		x, w, dy := noise(F32, 1, c.N*c.H*c.W*c.C, 0, 1), noise(F32, 2, c.size(), 0, 1), noise(F32, 3, c.N*c.OutH()*c.OutW()*c.K, 0, 1)
		var first []byte
		for i := range 2 {
			xm, dym, wp := d.mat(F32, c.C, layout{}, x), d.mat(F32, c.K, layout{}, dy), d.floats(w)
			y, dx := d.blank(F32, dym.Rows, c.K, layout{}), d.blank(F32, xm.Rows, c.C, layout{})
			dw, scratch := d.room(int64(4*len(w))), d.put(repeated(byte(i), int(ConvScratch(c))))
			d.do(func(k *Set, s cuda.Stream) error {
				return errors.Join(k.ConvForward(s, c, y, xm, wp), k.ConvBackwardData(s, c, dx, dym, wp, false), k.ConvBackwardWeights(s, c, dw, F32, xm, dym, scratch))
			})
			bits := bytes.Join([][]byte{d.get(y.Ptr, 4*len(dy)), d.get(dx.Ptr, 4*len(x)), d.get(dw, 4*len(w))}, nil)
			if i == 1 && !bytes.Equal(bits, first) {
				t.Errorf("%+v: other bits the second time", c)
			}
			first = bits
		}
	}
}

// What does not fit is refused, and nothing is launched.
func TestConvRefuses(t *testing.T) {
	d := open(t)
	c := convs()[0]
	x, y := d.blank(F32, c.N*c.H*c.W, c.C, layout{}), d.blank(F32, c.N*c.OutH()*c.OutW(), c.K, layout{})
	w, scratch := d.room(int64(4*c.size())), d.room(ConvScratch(c))
	uneven, flat, narrow := c, c, x
	uneven.Groups, flat.StrideH, narrow.Type = 3, 0, BF16
	d.run(func() error {
		for what, err := range map[string]error{
			"groups that do not divide": d.set.ConvForward(d.stream, uneven, y, x, w),
			"no stride":                 d.set.ConvForward(d.stream, flat, y, x, w),
			"no weights":                d.set.ConvForward(d.stream, c, y, x, 0),
			"x for y":                   d.set.ConvForward(d.stream, c, x, y, w),
			"two types":                 d.set.ConvBackwardData(d.stream, c, narrow, y, w, false),
			"no scratch":                d.set.ConvBackwardWeights(d.stream, c, w, F32, x, y, 0),
			"scratch out of line":       d.set.ConvBackwardWeights(d.stream, c, w, F32, x, y, scratch+4),
		} {
			if err == nil {
				t.Errorf("%s: no error", what)
			}
		}
		return nil
	})
}

//go:build gpu && linux

package kernels

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hpaflow/models/gpu/cuda"
)

// at is where a channel of a position lies.
func (g Grid) at(c, n, y, x, ch int) int { return ((n*g.H+y)*g.W+x)*c + ch }

// maxPool gives the largest of each window of x, and where it was found.
func maxPool(p MaxPool, c int, x []float64) (y []float64, from []int) {
	for o := range p.Out.Rows() * c {
		ch, ox, oy, n := o%c, o/c%p.Out.W, o/c/p.Out.W%p.Out.H, o/c/p.Out.W/p.Out.H
		best, where := math.Inf(-1), -1
		for k := range p.Kernel * p.Kernel {
			iy, ix := oy*p.Stride-p.Pad+k/p.Kernel, ox*p.Stride-p.Pad+k%p.Kernel
			if iy < 0 || ix < 0 || iy >= p.In.H || ix >= p.In.W {
				continue
			}
			if i := p.In.at(c, n, iy, ix, ch); where < 0 || x[i] > best {
				best, where = x[i], i
			}
		}
		y, from = append(y, best), append(from, where)
	}
	return y, from
}

var maxPools = []MaxPool{
	{In: Grid{2, 9, 7}, Out: Grid{2, 5, 4}, Kernel: 3, Stride: 2, Pad: 1},
	{In: Grid{3, 8, 8}, Out: Grid{3, 4, 4}, Kernel: 3, Stride: 2}, // the last windows hang over
	{In: Grid{1, 11, 13}, Out: Grid{1, 5, 6}, Kernel: 3, Stride: 2},
	{In: Grid{2, 6, 5}, Out: Grid{2, 6, 5}, Kernel: 3, Stride: 1, Pad: 1},
	{In: Grid{2, 40, 40}, Out: Grid{2, 20, 20}, Kernel: 2, Stride: 2},
}

func TestMaxPool(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, p := range maxPools {
			for _, c := range []int{3, 28, 64} {
				t.Run(fmt.Sprintf("%+v C %d", p, c), func(t *testing.T) {
					d := d.in(t)
					x := noise(ty, uint64(i), p.In.Rows()*c, 0, 1)
					for j := range x {
						x[j] = round(x[j] * 8) // some are equal
					}
					want, from := maxPool(p, c, doubles(x))
					y, xm, index := d.blank(ty, p.Out.Rows(), c, l), d.mat(ty, c, l, x), d.room(int64(p.Out.Rows()*c))
					d.do(func(k *Set, s cuda.Stream) error { return k.MaxPoolForward(s, p, y, xm, 0, index) })
					check(t, result{"y", ty, d.values(y), want})

					dy, before := noise(ty, uint64(i+10), len(want), 0, 1), noise(ty, uint64(i+20), len(x), 0, 1)
					dxWant, dxAdded := make([]float64, len(x)), doubles(before)
					for o, i := range from {
						dxWant[i] += float64(dy[o])
						dxAdded[i] += float64(dy[o])
					}
					dx, dym, added := d.blank(ty, p.In.Rows(), c, l), d.mat(ty, c, l, dy), d.mat(ty, c, l, before)
					d.do(func(k *Set, s cuda.Stream) error {
						if err := k.MaxPoolBackward(s, p, dx, dym, index, false); err != nil {
							return err
						}
						return k.MaxPoolBackward(s, p, added, dym, index, true)
					})
					check(t, result{"dx", ty, d.values(dx), dxWant}, result{"dx added", ty, d.values(added), dxAdded})
				})
			}
		}
	})
}

// A NaN in a window is its largest value, wherever it stands.
func TestMaxPoolOfNaN(t *testing.T) {
	d := open(t)
	p := MaxPool{In: Grid{1, 2, 2}, Out: Grid{1, 1, 1}, Kernel: 2, Stride: 2}
	for place := range 4 {
		x := []float32{1, 2, 3, 4}
		x[place] = float32(math.NaN())
		y, xm, index := d.blank(F32, 1, 1, layout{}), d.mat(F32, 1, layout{}, x), d.room(1)
		d.do(func(k *Set, s cuda.Stream) error { return k.MaxPoolForward(s, p, y, xm, 0, index) })
		if v := d.values(y)[0]; v == v || int(d.get(index, 1)[0]) != place {
			t.Errorf("NaN at %d: %v from %d", place, v, d.get(index, 1)[0])
		}
	}
}

// normPoolResults runs norm, ReLU and pool in one, there and back.
func normPoolResults(d *device, ty Type, l layout, p MaxPool, c int, seed uint64) []result {
	x := noise(ty, seed, p.In.Rows()*c, .2, 1)
	n := newNormed(seed+10, x, c)
	n.gamma[0] = -n.gamma[0] // the largest result is of the smallest value
	want, from := maxPool(p, c, cut(n.apply(x)))
	norm, xm := n.put(d), d.mat(ty, c, l, x)
	y, index, scratch := d.blank(ty, p.Out.Rows(), c, l), d.room(int64(p.Out.Rows()*c)), d.room(NormStatsScratch(ty, p.In.Rows(), c, 1))
	d.do(func(k *Set, s cuda.Stream) error {
		if err := k.NormStats(s, xm, norm, .1, 0, nil, scratch); err != nil {
			return err
		}
		return k.MaxPoolForward(s, p, y, xm, norm.Moments, index)
	})
	results := []result{{"y", ty, d.values(y), want}}

	dy := noise(ty, seed+20, len(want), .1, 1)
	between := make([]float64, len(x))
	for o, i := range from {
		if want[o] > 0 {
			between[i] += float64(dy[o])
		}
	}
	dxWant, dgammaWant, dbetaWant := n.backward(x, between)
	dx, dym, dgamma, dbeta := d.blank(ty, p.In.Rows(), c, l), d.mat(ty, c, l, dy), d.room(int64(4*c)), d.room(int64(4*c))
	d.do(func(k *Set, s cuda.Stream) error {
		return k.NormMaxPoolBackward(s, p, dx, xm, dym, index, norm, dgamma, dbeta, scratch)
	})
	return append(results, result{"dx", ty, d.values(dx), dxWant},
		result{"dgamma", F32, d.read(dgamma, c), dgammaWant}, result{"dbeta", F32, d.read(dbeta, c), dbetaWant})
}

func TestNormMaxPool(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, p := range maxPools {
			for _, c := range []int{5, 64} {
				t.Run(fmt.Sprintf("%+v C %d", p, c), func(t *testing.T) {
					check(t, normPoolResults(d.in(t), ty, l, p, c, uint64(100*i+c))...)
				})
			}
		}
	})
}

// meansOver is the matrix of means over windows, y and x from..to of each output;
// count is what a sum is divided by, or 0 for as many as there are.
func meansOver(out, in Grid, count float64, window func(oy, ox int) (top, bottom, left, right int), f func(o, i int, weight float64)) {
	for n := range out.N {
		for oy := range out.H {
			for ox := range out.W {
				top, bottom, left, right := window(oy, ox)
				weight := 1 / count
				if count == 0 {
					weight = 1 / float64((bottom-top)*(right-left))
				}
				for y := max(top, 0); y < min(bottom, in.H); y++ {
					for x := max(left, 0); x < min(right, in.W); x++ {
						f((n*out.H+oy)*out.W+ox, (n*in.H+y)*in.W+x, weight)
					}
				}
			}
		}
	}
}

func adaptiveWindow(out, in Grid) func(oy, ox int) (top, bottom, left, right int) {
	return func(oy, ox int) (top, bottom, left, right int) {
		return oy * in.H / out.H, ceil((oy+1)*in.H, out.H), ox * in.W / out.W, ceil((ox+1)*in.W, out.W)
	}
}

// adaptiveResults runs an adaptive pool there and back.
func adaptiveResults(d *device, ty Type, l layout, out, in Grid, c int, seed uint64) []result {
	x, dy, before := noise(ty, seed, in.Rows()*c, .5, 1), noise(ty, seed+1, out.Rows()*c, 0, 1), noise(ty, seed+2, in.Rows()*c, 0, 1)
	yWant, dxWant, dxAdded := make([]float64, len(dy)), make([]float64, len(x)), doubles(before)
	meansOver(out, in, 0, adaptiveWindow(out, in), func(o, i int, w float64) {
		for ch := range c {
			yWant[o*c+ch] += w * float64(x[i*c+ch])
			dxWant[i*c+ch] += w * float64(dy[o*c+ch])
			dxAdded[i*c+ch] += w * float64(dy[o*c+ch])
		}
	})
	y, xm, dx, dym, added := d.blank(ty, out.Rows(), c, l), d.mat(ty, c, l, x), d.blank(ty, in.Rows(), c, l), d.mat(ty, c, l, dy), d.mat(ty, c, l, before)
	d.do(func(k *Set, s cuda.Stream) error {
		if err := k.AdaptivePoolForward(s, out, in, y, xm); err != nil {
			return err
		}
		if err := k.AdaptivePoolBackward(s, out, in, dx, dym, false); err != nil {
			return err
		}
		return k.AdaptivePoolBackward(s, out, in, added, dym, true)
	})
	return []result{{"y", ty, d.values(y), yWant}, {"dx", ty, d.values(dx), dxWant}, {"dx added", ty, d.values(added), dxAdded}}
}

func TestAdaptivePool(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, g := range [][2]Grid{
			{{2, 3, 4}, {2, 7, 9}}, {{2, 7, 9}, {2, 3, 4}}, {{1, 5, 5}, {1, 5, 5}}, {{3, 1, 1}, {3, 6, 2}}, {{1, 17, 17}, {1, 30, 30}}, {{2, 11, 8}, {2, 1, 3}},
		} {
			for _, c := range []int{3, 40} {
				t.Run(fmt.Sprintf("%v C %d", g, c), func(t *testing.T) {
					check(t, adaptiveResults(d.in(t), ty, l, g[0], g[1], c, uint64(50*i))...)
				})
			}
		}
	})
}

// averageResults runs the 3x3 average there, which is the way back, too.
func averageResults(d *device, ty Type, l layout, g Grid, c int, seed uint64) []result {
	x, before := noise(ty, seed, g.Rows()*c, .5, 1), noise(ty, seed+1, g.Rows()*c, 0, 1)
	want, added := make([]float64, len(x)), doubles(before)
	window := func(oy, ox int) (top, bottom, left, right int) { return oy - 1, oy + 2, ox - 1, ox + 2 }
	meansOver(g, g, 9, window, func(o, i int, w float64) {
		for ch := range c {
			want[o*c+ch] += w * float64(x[i*c+ch])
			added[o*c+ch] += w * float64(x[i*c+ch])
		}
	})
	y, xm, to := d.blank(ty, g.Rows(), c, l), d.mat(ty, c, l, x), d.mat(ty, c, l, before)
	d.do(func(k *Set, s cuda.Stream) error {
		if err := k.AveragePool3(s, g, y, xm, false); err != nil {
			return err
		}
		return k.AveragePool3(s, g, to, xm, true)
	})
	return []result{{"y", ty, d.values(y), want}, {"y added", ty, d.values(to), added}}
}

func TestAveragePool3(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, g := range []Grid{{2, 5, 7}, {1, 1, 1}, {3, 1, 4}, {2, 17, 17}} {
			for _, c := range []int{3, 48} {
				t.Run(fmt.Sprintf("%v C %d", g, c), func(t *testing.T) {
					check(t, averageResults(d.in(t), ty, l, g, c, uint64(10*i))...)
				})
			}
		}
	})
}

// meanResults runs the mean over positions there and back.
func meanResults(d *device, ty Type, l layout, n, plane, c int, seed uint64) []result {
	x, dy, before := noise(ty, seed, n*plane*c, .5, 1), noise(F32, seed+1, n*c, 0, 1), noise(ty, seed+2, n*plane*c, 0, 1)
	norm := newNormed(seed+3, x, c)
	yWant, normWant, dxWant, dxAdded := make([]float64, n*c), make([]float64, n*c), make([]float64, len(x)), doubles(before)
	for i, v := range norm.apply(x) {
		at := i/(plane*c)*c + i%c
		yWant[at] += float64(x[i]) / float64(plane)
		normWant[at] += v / float64(plane)
		dxWant[i] = float64(dy[at]) / float64(plane)
		dxAdded[i] += dxWant[i]
	}
	xm, dx, added := d.mat(ty, c, l, x), d.blank(ty, n*plane, c, l), d.mat(ty, c, l, before)
	y, normed, dyp, np := d.room(int64(4*n*c)), d.room(int64(4*n*c)), d.floats(dy), norm.put(d)
	scratch := d.room(max(MeanPoolScratch(ty, n*plane, c, n), NormStatsScratch(ty, n*plane, c, 1)))
	d.do(func(k *Set, s cuda.Stream) error {
		for _, f := range []func() error{
			func() error { return k.NormStats(s, xm, np, .1, 0, nil, scratch) },
			func() error { return k.MeanPoolForward(s, n, y, xm, 0, scratch) },
			func() error { return k.MeanPoolForward(s, n, normed, xm, np.Moments, scratch) },
			func() error { return k.MeanPoolBackward(s, n, dx, dyp, false) },
			func() error { return k.MeanPoolBackward(s, n, added, dyp, true) },
		} {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	})
	return []result{
		{"y", F32, d.read(y, n*c), yWant}, {"y of a norm", F32, d.read(normed, n*c), normWant},
		{"dx", ty, d.values(dx), dxWant}, {"dx added", ty, d.values(added), dxAdded},
	}
}

func TestMeanPool(t *testing.T) {
	bothTypes(t, func(t *testing.T, d *device, ty Type, l layout) {
		for i, s := range [][3]int{{2, 1, 8}, {3, 35, 7}, {2, 300, 72}, {1, 5000, 16}, {40, 64, 32}} {
			t.Run(fmt.Sprint(s), func(t *testing.T) {
				check(t, meanResults(d.in(t), ty, l, s[0], s[1], s[2], uint64(10*i))...)
			})
		}
	})
}

func TestPoolsRefuse(t *testing.T) {
	d := open(t)
	m := d.blank(F32, 4, 4, layout{})
	for _, p := range []MaxPool{
		{In: Grid{1, 2, 2}, Out: Grid{1, 2, 2}, Kernel: 2, Stride: 2}, // the second window is beyond the image
		{In: Grid{1, 2, 2}, Out: Grid{1, 2, 2}, Kernel: 17, Stride: 1, Pad: 1},
		{In: Grid{1, 2, 3}, Out: Grid{1, 2, 2}, Kernel: 2, Stride: 1},
	} {
		if err := d.card.Do(func() error { return d.set.MaxPoolForward(d.stream, p, m, m, 0, 0) }); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}

// The same inputs give the same bits, and so does another set of kernels.
func TestSameBits(t *testing.T) {
	var first []result
	for range 2 {
		d := open(t)
		all := normResults(d, BF16, layout{}, 3000, 72, true, true, 1)
		all = append(all, normPoolResults(d, F32, layout{}, maxPools[4], 64, 2)...)
		all = append(all, squeezeResults(d, BF16, layout{}, 3, 200, 64, 4, true, 3)...)
		for i, r := range all {
			if first != nil && !slices.Equal(r.got, first[i].got) {
				t.Errorf("%s has other bits", r.name)
			}
		}
		first = all
	}
}

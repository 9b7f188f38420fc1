package kernels

import (
	"math"
	"unsafe"
)

// plainMachine is the loops in plain Go: the twin that the assembly is held
// against, and what runs on other machines.
func plainMachine() *machine {
	m := &machine{
		name: "go", bits: "go", blocks: 2, product: 2, pixels: pixelsOf(12, 6), combos: 6, source: 96 << 10,
		fmaPeak: plainPeak, peakFlops: 8 * 2,
		winogradInput:  plainTransform(6, 6, inputRow),
		winogradKernel: plainTransform(3, 6, interpolateRow), winogradGrad: plainTransform(4, 6, interpolateRow),
		winogradWeights: plainTransform(6, 3, evaluateRow),
		winogradOutput:  plainOutput,
		lineInput:       plainProduct(lineInputs()),
		blockSums:       plainSums, blockApply: plainApply, blockGradSums: plainGradSums, blockGrad: plainGrad, blockGradAdd: plainGradAdd,
		blockCut: plainCut, blockAdd: plainAdd, blockDot: plainDot, blockAddScaled: plainAddScaled, blockMax: plainMax, blockMaxBack: plainMaxBack, blockAverage3: plainAverage3, adamStep: plainAdam,
		transpose: plainTranspose, moveVectors: plainMoves, moveRuns: plainRuns, interleave4: plainInterleave, fetchRows: func(int, int, *float32, int) {},
		tokenSquares: plainSquares, tokenNorm: plainNorm, tokenSoftmax: plainSoftmax, tokenScale: plainTokenScale, tokenGELU: plainGELU,
		tokenGELUTo: plainGELUTo, tokenGELUBack: plainGELUBack, tokenNormSums: plainNormSums, tokenNormBack: plainNormBack,
		depthPixels: 8, depthGrad: plainDepthGrad,
	}
	for _, taps := range []int{5, 7} {
		m.lineKernel[taps], m.lineOutput[taps] = plainProduct(lineKernels(taps)), plainLineOutput(taps)
	}
	for _, pixels := range []int{1, 2, 4, 8} {
		m.depthTile[pixels] = plainDepthTile(pixels)
	}
	for pixels := 1; pixels <= quadPixels; pixels++ {
		m.quadTiles[pixels] = plainQuadTiles(pixels)
	}
	for blocks := 1; blocks <= m.blocks; blocks++ {
		for pixels := 1; pixels <= m.pixels[blocks]; pixels++ {
			m.convTiles[blocks][pixels] = oneByOne(plainConvTile(blocks, pixels))
		}
		m.gradTile[blocks] = plainGradTile(blocks, m.combos)
	}
	return m
}

func plainConvTile(blocks, pixels int) func(int, *int, int, *float32, int, *float32, *float32, int, int, *float32, *float32, int) {
	return func(n int, offsets *int, lanes int, x *float32, xstep int, w *float32,
		y *float32, ystep, yblock int, bias, res *float32, flags int,
	) {
		taps := unsafe.Slice(offsets, n)
		for b := range blocks {
			for p := range pixels {
				var acc [Lanes]float32
				if bias != nil {
					acc = *vec(bias, b*laneBytes)
				}
				for i, offset := range taps {
					from := unsafe.Slice(value(x, offset+p*xstep), lanes) // a vector may be more than there is
					for c, v := range from {
						ws := vec(w, ((i*lanes+c)*blocks+b)*laneBytes)
						for l := range acc {
							acc[l] += v * ws[l]
						}
					}
				}
				to := vec(y, p*ystep+b*yblock)
				if flags&addResult != 0 {
					for l := range acc {
						acc[l] += to[l]
					}
				}
				if res != nil {
					for l, v := range vec(res, p*ystep+b*yblock) {
						acc[l] += v
					}
				}
				if flags&cutResult != 0 {
					for l := range acc {
						acc[l] = max(acc[l], 0)
					}
				}
				*to = acc
			}
		}
	}
}

func plainGradTile(blocks, combos int) func(int, int, *float32, *int, int, int, *float32, int, *float32) {
	return func(rows, cols int, x *float32, offsets *int, xstep, xrow int, dy *float32, dyrow int, acc *float32) {
		for i, offset := range unsafe.Slice(offsets, combos) {
			for b := range blocks {
				var sum [Lanes]float32
				for r := range rows {
					for c := range cols {
						v := *value(x, offset+r*xrow+c*xstep)
						for l, d := range vec(dy, r*dyrow+(c*blocks+b)*laneBytes) {
							sum[l] += v * d
						}
					}
				}
				to := vec(acc, (i*blocks+b)*laneBytes)
				for l, v := range sum {
					to[l] += v
				}
			}
		}
	}
}

func plainSums(n int, x, shift, sums *float32) {
	var sum, squares [Lanes]float32
	for i := range n {
		v := vec(x, i*laneBytes)
		for l, s := range vec(shift, 0) {
			d := v[l] - s
			sum[l] += d
			squares[l] += d * d
		}
	}
	*vec(sums, 0), *vec(sums, laneBytes) = sum, squares
}

func plainApply(n int, y, x, res, scale, offset, floor *float32) {
	s, o, f := vec(scale, 0), vec(offset, 0), vec(floor, 0)
	for i := range n {
		v := *vec(x, i*laneBytes)
		for l := range v {
			v[l] = v[l]*s[l] + o[l]
			if res != nil {
				v[l] += vec(res, i*laneBytes)[l]
			}
			v[l] = max(v[l], f[l])
		}
		*vec(y, i*laneBytes) = v
	}
}

// passed is dy where x*scale+offset > floor, else 0.
func passed(i int, dy, x, scale, offset, floor *float32) [Lanes]float32 {
	g, v := *vec(dy, i*laneBytes), vec(x, i*laneBytes)
	s, o, f := vec(scale, 0), vec(offset, 0), vec(floor, 0)
	for l := range g {
		if !(v[l]*s[l]+o[l] > f[l]) {
			g[l] = 0
		}
	}
	return g
}

func plainGradSums(n int, dy, x, scale, offset, floor, mean, sums *float32) {
	var sum, dot [Lanes]float32
	for i := range n {
		v, m := vec(x, i*laneBytes), vec(mean, 0)
		for l, g := range passed(i, dy, x, scale, offset, floor) {
			sum[l] += g
			dot[l] += g * (v[l] - m[l])
		}
	}
	*vec(sums, 0), *vec(sums, laneBytes) = sum, dot
}

func plainGrad(n int, dx, dy, x, scale, offset, floor, k, slope, level *float32) {
	ks, ss, ls := vec(k, 0), vec(slope, 0), vec(level, 0)
	for i := range n {
		v := *vec(x, i*laneBytes)
		for l, g := range passed(i, dy, x, scale, offset, floor) {
			v[l] = v[l]*ss[l] + ls[l] + g*ks[l]
		}
		*vec(dx, i*laneBytes) = v
	}
}

func plainGradAdd(n int, dx, dy, x, scale, offset, floor, k, slope, level *float32) {
	for i := range n {
		at := i * laneBytes
		var more [Lanes]float32
		plainGrad(1, &more[0], value(dy, at), value(x, at), scale, offset, floor, k, slope, level)
		for l, v := range more {
			vec(dx, at)[l] += v
		}
	}
}

func plainCut(n int, dx, dy, y *float32) {
	for i := range n {
		g := *vec(dy, i*laneBytes)
		for l, v := range vec(y, i*laneBytes) {
			if !(v > 0) {
				g[l] = 0
			}
		}
		*vec(dx, i*laneBytes) = g
	}
}

func plainAdd(n int, y, x *float32) {
	for i := range n {
		to := vec(y, i*laneBytes)
		for l, v := range vec(x, i*laneBytes) {
			to[l] += v
		}
	}
}

func plainMax(n int, y *float32, from *uint8, x *float32, xstep int, offsets *int, taps int) {
	where := unsafe.Slice(from, n*Lanes)
	for i := range n {
		best := vec(y, i*laneBytes)
		for l := range best {
			best[l], where[i*Lanes+l] = float32(math.Inf(-1)), 0
		}
		for k, offset := range unsafe.Slice(offsets, taps) {
			for l, v := range vec(x, i*xstep+offset) {
				if k == 0 || v > best[l] || v != v {
					best[l], where[i*Lanes+l] = v, uint8(k)
				}
			}
		}
	}
}

func plainMaxBack(n int, dx *float32, xstep int, dy *float32, from *uint8, offsets *int, taps int) {
	where := unsafe.Slice(from, n*Lanes)
	for i := range n {
		for k, offset := range unsafe.Slice(offsets, taps) {
			to := vec(dx, i*xstep+offset)
			for l, v := range vec(dy, i*laneBytes) {
				if where[i*Lanes+l] == uint8(k) {
					to[l] += v
				}
			}
		}
	}
}

func plainAverage3(n int, y, mid, up, down, ninth *float32) {
	var before, own, next [Lanes]float32
	column := func(i int) (c [Lanes]float32) {
		for l := range c {
			by := vec(ninth, 0)[l]
			c[l] = vec(mid, i*laneBytes)[l]*by + vec(up, i*laneBytes)[l]*by + vec(down, i*laneBytes)[l]*by
		}
		return c
	}
	own = column(0)
	for i := range n {
		if next = [Lanes]float32{}; i+1 < n {
			next = column(i + 1)
		}
		to := vec(y, i*laneBytes)
		for l := range to {
			to[l] = own[l] + next[l] + before[l]
		}
		before, own = own, next
	}
}

func plainAdam(n int, p, g, m, v, largest, c *float32) {
	var k [8]float32
	for i := range k {
		k[i] = vec(c, i*laneBytes)[0]
	}
	for i := range n {
		at := i * laneBytes
		x, ms, vs := vec(p, at), vec(m, at), vec(v, at)
		for l, d := range vec(g, at) {
			d += k[4] * x[l]
			ms[l] = k[0]*ms[l] + k[1]*d
			vs[l] = k[2]*vs[l] + k[3]*d*d
			second := vs[l]
			if largest != nil {
				most := vec(largest, at)
				second = max(second, most[l])
				most[l] = second
			}
			x[l] -= k[5] * ms[l] / (k[6]*float32(math.Sqrt(float64(second))) + k[7])
		}
	}
}

func plainTranspose(n int, out *float32, outRow, outNext int, in *float32, inRow, inNext int) {
	for t := range n {
		for r := range Lanes {
			for c, v := range vec(in, t*inNext+r*inRow) {
				vec(out, t*outNext+c*outRow)[r] = v
			}
		}
	}
}

func plainRuns(runs, n int, to *float32, toStep int, from *float32, fromStep int) {
	for r := range runs {
		for i := range n {
			*vec(to, r*toStep+i*laneBytes) = *vec(from, r*fromStep+i*laneBytes)
		}
	}
}

func plainMoves(n int, to *float32, toStep int, from *float32, fromStep int) {
	for i := range n {
		*vec(to, i*toStep) = *vec(from, i*fromStep)
	}
}

func plainInterleave(n int, to, from *float32, plane int) {
	for i := range 8 * n {
		for c := range 4 {
			*value(to, (4*i+c)*floatBytes) = *value(from, c*plane+i*floatBytes)
		}
	}
}

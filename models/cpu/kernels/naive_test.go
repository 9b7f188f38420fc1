package kernels

// The definitions, as loops over every index: what the kernels are held
// against. In float64 they also serve finite differences.

type float interface{ ~float32 | ~float64 }

// naiveTaps calls f for every pair of values a convolution multiplies.
func naiveTaps(s ConvShape, n int, f func(out, in, weight int)) {
	outH, outW := s.OutH(), s.OutW()
	inG, outG := s.In/s.Groups, s.Out/s.Groups
	for image := range n {
		for co := range s.Out {
			for ci := range inG {
				for ky := range s.KH {
					for kx := range s.KW {
						for oy := range outH {
							for ox := range outW {
								y := oy*s.StrideH - s.PadH + ky*s.DilationH
								x := ox*s.StrideW - s.PadW + kx*s.DilationW
								if y < 0 || y >= s.H || x < 0 || x >= s.W {
									continue
								}
								out := ((image*s.Out+co)*outH+oy)*outW + ox
								in := ((image*s.In+co/outG*inG+ci)*s.H+y)*s.W + x
								f(out, in, ((co*inG+ci)*s.KH+ky)*s.KW+kx)
							}
						}
					}
				}
			}
		}
	}
}

func naiveForward[T float](s ConvShape, n int, y, x, w []T) {
	clear(y)
	naiveTaps(s, n, func(out, in, weight int) { y[out] += x[in] * w[weight] })
}

func naiveBackwardData[T float](s ConvShape, n int, dx, dy, w []T) {
	clear(dx)
	naiveTaps(s, n, func(out, in, weight int) { dx[in] += dy[out] * w[weight] })
}

func naiveBackwardWeights[T float](s ConvShape, n int, dw, dy, x []T) {
	clear(dw)
	naiveTaps(s, n, func(out, in, weight int) { dw[weight] += dy[out] * x[in] })
}

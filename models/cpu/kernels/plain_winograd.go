package kernels

// The one-dimensional transforms of winograd.go on vectors, in plain Go.

type row = [6][Lanes]float32

func inputRow(x *row, _, _ int) (r row) {
	const aa, bb = winogradA * winogradA, winogradB * winogradB
	for l := range Lanes {
		r[0][l] = x[4][l] - (aa+bb)*x[2][l] + aa*bb*x[0][l]
		r[5][l] = x[5][l] - (aa+bb)*x[3][l] + aa*bb*x[1][l]
		even, odd := x[4][l]-bb*x[2][l], winogradA*x[3][l]-winogradA*bb*x[1][l]
		r[1][l], r[2][l] = even+odd, even-odd
		even, odd = x[4][l]-aa*x[2][l], winogradB*x[3][l]-winogradB*aa*x[1][l]
		r[3][l], r[4][l] = even+odd, even-odd
	}
	return r
}

func evaluateRow(x *row, _, outputs int) (y row) {
	powers := [4][2]float32{{1, 1}}
	for k := 1; k < len(powers); k++ {
		powers[k] = [2]float32{powers[k-1][0] * winogradA, powers[k-1][1] * winogradB}
	}
	for l := range Lanes {
		for k := range outputs {
			p, q := x[1][l]+x[2][l], x[3][l]+x[4][l]
			if k%2 == 1 {
				p, q = x[1][l]-x[2][l], x[3][l]-x[4][l]
			}
			y[k][l] = powers[k][0]*p + powers[k][1]*q
		}
		y[0][l] += x[0][l]
		y[outputs-1][l] += x[5][l]
	}
	return y
}

func interpolateRow(x *row, inputs, _ int) (r row) {
	const aa, bb = winogradA * winogradA, winogradB * winogradB
	for l := range Lanes {
		r[0][l] = x[0][l] * (1 / (aa * bb))
		r[5][l] = x[inputs-1][l]
		for i, p := range [2][2]float64{{winogradA, winogradB}, {winogradB, winogradA}} {
			pow := 1 / (2 * p[0] * p[0] * (p[0]*p[0] - p[1]*p[1]))
			var even, odd float32
			for k := range inputs {
				if k%2 == 0 {
					even += x[k][l] * float32(pow)
				} else {
					odd += x[k][l] * float32(pow)
				}
				pow *= p[0]
			}
			r[1+2*i][l], r[2+2*i][l] = even+odd, even-odd
		}
	}
	return r
}

// plainTransform applies f to the columns of a tile, then to the rows.
func plainTransform(from, to int, f func(*row, int, int) row) func(int, *float32, int, int, int, *float32, int, int, int) {
	return func(n int, out *float32, outRow, outCol, outNext int, in *float32, inRow, inCol, inNext int) {
		for t := range n {
			var middle [6]row
			for j := range from {
				var x row
				for i := range from {
					x[i] = *vec(in, t*inNext+i*inRow+j*inCol)
				}
				for i, v := range f(&x, from, to) {
					middle[i][j] = v
				}
			}
			for i := range to {
				y := f(&middle[i], from, to)
				for j := range to {
					*vec(out, t*outNext+i*outRow+j*outCol) = y[j]
				}
			}
		}
	}
}

func plainOutput(n int, out *float32, outRow, outCol, outNext int, in *float32, inRow, inCol, inNext int, bias, res *float32, relu int) {
	transform := plainTransform(6, 4, evaluateRow)
	for t := range n {
		var tile [16 * Lanes]float32 // out may be res
		transform(1, &tile[0], 4*laneBytes, laneBytes, 0, &vec(in, t*inNext)[0], inRow, inCol, 0)
		for i := range 16 {
			endPlain(out, t*outNext+i/4*outRow+i%4*outCol, vec(&tile[0], i*laneBytes), bias, res, relu)
		}
	}
}

// endPlain stores a vector of results at bytes from out: + bias, + res, which lies like
// out, where they are not nil; cut at zero if asked to.
func endPlain(out *float32, at int, result *[Lanes]float32, bias, res *float32, relu int) {
	y := vec(out, at)
	for l, v := range result {
		if bias != nil {
			v += vec(bias, 0)[l]
		}
		if res != nil {
			v += vec(res, at)[l]
		}
		if relu != 0 {
			v = max(v, 0)
		}
		y[l] = v
	}
}

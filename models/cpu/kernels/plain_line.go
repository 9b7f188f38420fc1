package kernels

// The transforms of winogradline.go in plain Go: products with the matrices that
// define them.

// pointsOf are the finite points: 0, then each with its negative.
func pointsOf() []float64 {
	points := []float64{0}
	for _, p := range linePoints {
		points = append(points, p, -p)
	}
	return points
}

// powers gives the first n powers of each point times a scale, and for infinity the
// last one's, 1.
func powers(n int, scale func(i int) float64) (rows [][]float64) {
	points := pointsOf()
	for i, p := range points {
		row, v := make([]float64, n), scale(i)
		for k := range row {
			row[k] = v
			v *= p
		}
		rows = append(rows, row)
	}
	last := make([]float64, n)
	last[n-1] = 1
	return append(rows, last)
}

// lineInputs are the coefficients of the product of all x-q but one.
func lineInputs() (rows [][]float64) {
	points := pointsOf()
	for but := range lineIn {
		row := make([]float64, lineIn)
		row[0] = 1
		for i, q := range points {
			if i == but {
				continue
			}
			for k := lineIn - 1; k > 0; k-- {
				row[k] = row[k-1] - q*row[k]
			}
			row[0] *= -q
		}
		rows = append(rows, row)
	}
	return rows
}

// lineKernels are the powers over the product of the distances.
func lineKernels(taps int) [][]float64 {
	points := pointsOf()
	return powers(taps, func(i int) float64 {
		d := 1.
		for j, q := range points {
			if j != i {
				d *= points[i] - q
			}
		}
		return 1 / d
	})
}

func lineOutputs(taps int) [][]float64 {
	turned := powers(lineIn+1-taps, func(int) float64 { return 1 })
	rows := make([][]float64, lineIn+1-taps)
	for k := range rows {
		for i := range turned {
			rows[k] = append(rows[k], turned[i][k])
		}
	}
	return rows
}

// plainProduct is a matrix times vectors that lie a step apart, for n lines.
func plainProduct(matrix [][]float64) func(n int, out *float32, outStep, outNext int, in *float32, inStep, inNext int) {
	return func(n int, out *float32, outStep, outNext int, in *float32, inStep, inNext int) {
		for line := range n {
			for i, row := range matrix {
				var sum [Lanes]float32
				for j, c := range row {
					for l, v := range vec(in, line*inNext+j*inStep) {
						sum[l] += float32(c) * v
					}
				}
				*vec(out, line*outNext+i*outStep) = sum
			}
		}
	}
}

func plainLineOutput(taps int) lineOutput {
	outputs := lineIn + 1 - taps
	product := plainProduct(lineOutputs(taps))
	return func(n int, out *float32, outStep, outNext int, in *float32, inStep, inNext int, bias, res *float32, relu int) {
		for line := range n {
			var tile [lineIn * Lanes]float32 // out may be res
			product(1, &tile[0], laneBytes, 0, &vec(in, line*inNext)[0], inStep, 0)
			for k := range outputs {
				endPlain(out, line*outNext+k*outStep, vec(&tile[0], k*laneBytes), bias, res, relu)
			}
		}
	}
}

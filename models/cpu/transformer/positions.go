package transformer

import (
	"math"

	"hpaflow/models/cpu/kernels"
)

// positions is a table of (1+grid*grid) rows for a grid of h by w: as it is, or
// with the part behind the first row resized, bicubic with a = -0.75 and corners
// not aligned, rows and columns beyond the border being those at it.
func positions(table []float32, grid, h, w, channels int) []float32 {
	if h == grid && w == grid {
		return table
	}
	to := make([]float32, (1+h*w)*channels)
	copy(to, table[:channels])
	for y := range h {
		rows, down := taps(y, h, grid)
		for x := range w {
			columns, across := taps(x, w, grid)
			row := to[(1+y*w+x)*channels:][:channels]
			for c := range row {
				var sum float64
				for i, fy := range down {
					var line float64
					for j, fx := range across {
						line += fx * float64(table[(1+rows[i]*grid+columns[j])*channels+c])
					}
					sum += fy * line
				}
				row[c] = float32(sum)
			}
		}
	}
	return to
}

// taps are the places of size that make place i of others, and their weights.
func taps(i, others, size int) (places [4]int, weights [4]float64) {
	at := (float64(i)+.5)*float64(size)/float64(others) - .5
	first := math.Floor(at)
	for k := range places {
		places[k] = min(max(int(first)+k-1, 0), size-1)
		weights[k] = cubic(math.Abs(at - first + 1 - float64(k)))
	}
	return places, weights
}

// cubic is the convolution kernel with a = -0.75, of a distance.
func cubic(d float64) float64 {
	const a = -.75
	switch {
	case d <= 1:
		return ((a+2)*d-(a+3))*d*d + 1
	case d < 2:
		return ((a*d-5*a)*d+8*a)*d - 4*a
	}
	return 0
}

// inBlocks lays rows of channels out as tokens.
func inBlocks(rows []float32, tokens, channels int) []float32 {
	to := make([]float32, len(rows))
	for t := range tokens {
		for c, v := range rows[t*channels:][:channels] {
			to[(c/kernels.Lanes*tokens+t)*kernels.Lanes+c%kernels.Lanes] = v
		}
	}
	return to
}

package kernels

import "math"

// LayerNorm brings each token's channels to mean 0 and variance 1, then scales
// and moves each channel: y = (x-mean)/sqrt(variance+Eps)*gamma + beta. C is a
// multiple of Lanes.
type LayerNorm struct {
	C, Tokens int
	Eps       float64

	machine *machine // nil: the fastest
}

// tokenTile is how many tokens are normed at once: few enough that all their
// channels stay in the second cache.
const tokenTile = 32

// Forward computes y from x, both (n,Blocks(C),Tokens,Lanes). y may be x.
func (l LayerNorm) Forward(ws *Workspace, n int, y, x, gamma, beta []float32) {
	m := l.machine.orFastest()
	blocks, tiles := l.C/Lanes, ceil(l.Tokens, tokenTile)
	ws.each(n*tiles, func(s *scratch, i int) {
		lo := i % tiles * tokenTile
		count := min(tokenTile, l.Tokens-lo)
		at := func(block int) int { return ((i/tiles*blocks+block)*l.Tokens + lo) * Lanes }
		buf := s.get(slotX, 3*tokenTile*Lanes)
		sums, mean, scale := buf[:count*Lanes], buf[tokenTile*Lanes:], buf[2*tokenTile*Lanes:]

		clear(sums)
		for b := range blocks {
			m.blockAdd(count, &sums[0], vectors(x, at(b), count))
		}
		spread(mean, sums, func(sum float64) float64 { return sum / float64(l.C) })
		clear(sums)
		for b := range blocks {
			m.tokenSquares(count, &sums[0], vectors(x, at(b), count), &mean[0])
		}
		spread(scale, sums, func(sum float64) float64 { return 1 / math.Sqrt(sum/float64(l.C)+l.Eps) })
		for b := range blocks {
			m.tokenNorm(count, vectors(y, at(b), count), vectors(x, at(b), count), &mean[0], &scale[0], vectors(gamma, b*Lanes, 1), vectors(beta, b*Lanes, 1))
		}
	})
}

// spread sets all lanes of each vector to what f makes of the sum of the lanes
// of the same vector of sums.
func spread(to, sums []float32, f func(sum float64) float64) {
	for i := 0; i < len(sums); i += Lanes {
		var sum float64
		for _, v := range sums[i : i+Lanes] {
			sum += float64(v)
		}
		fill(to[i:i+Lanes], float32(f(sum)))
	}
}

func fill(to []float32, v float32) {
	for i := range to {
		to[i] = v
	}
}

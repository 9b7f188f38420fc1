package kernels

import "math"

// LayerNorm brings each token's channels to mean 0 and variance 1, then scales
// and moves each channel: y = (x-mean)/sqrt(variance+Eps)*gamma + beta. The tokens
// of an image are its positions, as torch's layer_norm has them over the last
// dimension of (N,H,W,C). C is a multiple of Lanes.
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
	l.tiles(ws, n, func(s *scratch, image, at, count int) {
		l.norm(s, image, at, count, y, x, gamma, beta)
	})
}

// tiles calls do for all tiles: their image, where they begin in it, and how many
// tokens they have.
func (l LayerNorm) tiles(ws *Workspace, n int, do func(s *scratch, image, at, count int)) {
	tiles := ceil(l.Tokens, tokenTile)
	ws.each(n*tiles, func(s *scratch, i int) {
		at := i % tiles * tokenTile
		do(s, i/tiles, at, min(tokenTile, l.Tokens-at))
	})
}

// norm norms a tile, and gives its tokens' means and 1/sqrt(variance+Eps) in all
// lanes.
func (l LayerNorm) norm(s *scratch, image, at, count int, y, x, gamma, beta []float32) (mean, scale []float32) {
	m, buf := l.machine.orFastest(), s.get(slotX, 3*tokenTile*Lanes)
	sums, mean, scale := buf[:count*Lanes], buf[tokenTile*Lanes:], buf[2*tokenTile*Lanes:]
	clear(sums)
	for b := range l.C / Lanes {
		m.blockAdd(count, &sums[0], vectors(x, l.block(image, b, at), count))
	}
	spread(mean, sums, func(sum float64) float64 { return sum / float64(l.C) })
	clear(sums)
	for b := range l.C / Lanes {
		m.tokenSquares(count, &sums[0], vectors(x, l.block(image, b, at), count), &mean[0])
	}
	spread(scale, sums, func(sum float64) float64 { return 1 / math.Sqrt(sum/float64(l.C)+l.Eps) })
	l.apply(image, at, count, y, x, mean, scale, gamma, beta)
	return mean, scale
}

// apply computes a tile of y of what is known of its tokens.
func (l LayerNorm) apply(image, at, count int, y, x, mean, scale, gamma, beta []float32) {
	m := l.machine.orFastest()
	for b := range l.C / Lanes {
		from := l.block(image, b, at)
		m.tokenNorm(count, vectors(y, from, count), vectors(x, from, count), &mean[0], &scale[0], vectors(gamma, b*Lanes, 1), vectors(beta, b*Lanes, 1))
	}
}

// block is where a block's vectors of a tile begin.
func (l LayerNorm) block(image, block, at int) int {
	return ((image*l.C/Lanes+block)*l.Tokens + at) * Lanes
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

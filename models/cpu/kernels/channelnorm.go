package kernels

import "math"

// ChannelNorm is LayerNorm of images that trains: each position's channels are
// brought to mean 0 and variance 1, as torch's layer_norm does over the last
// dimension of (N,H,W,C). C is a multiple of Lanes.
type ChannelNorm struct {
	C, Plane int
	Eps      float64

	machine *machine // the fastest if nil
}

// Positions are what the backward pass needs of the forward one: the mean and
// 1/sqrt(variance+eps) of each position.
type Positions struct{ Mean, Scale []float32 }

// NewPositions makes room for so many positions.
func NewPositions(n int) Positions { return Positions{make([]float32, n), make([]float32, n)} }

// positionTile is how many positions are normed at once, and positionTiles how
// many tiles are a piece of work.
const (
	positionTile  = 32
	positionTiles = 8
)

// pieces calls do for tiles of positions, a piece at a time: where they begin in
// a plane, how many, and where their image begins among values and positions.
func (c ChannelNorm) pieces(ws *Workspace, n int, do func(s *scratch, piece int, tiles func(func(image, at, count int)))) int {
	each := ceil(c.Plane, positionTile*positionTiles)
	if ws != nil {
		ws.each(n*each, func(s *scratch, i int) {
			do(s, i, func(tile func(image, at, count int)) {
				first := i % each * positionTile * positionTiles
				for at := first; at < min(c.Plane, first+positionTile*positionTiles); at += positionTile {
					tile(i/each, at, min(positionTile, c.Plane-at))
				}
			})
		})
	}
	return n * each
}

// block is where a block's vectors of a tile begin.
func (c ChannelNorm) block(image, block, at int) int {
	return ((image*c.C/Lanes+block)*c.Plane + at) * Lanes
}

// Train computes y from x, both (n,Blocks(C),Plane,Lanes), and leaves p.
func (c ChannelNorm) Train(ws *Workspace, n int, y, x, gamma, beta []float32, p Positions) {
	m := c.machine.orFastest()
	c.pieces(ws, n, func(s *scratch, _ int, tiles func(func(image, at, count int))) {
		buf := s.get(slotX, 3*positionTile*Lanes)
		tiles(func(image, at, count int) {
			sums, mean, scale := buf[:count*Lanes], buf[positionTile*Lanes:], buf[2*positionTile*Lanes:]
			clear(sums)
			for b := range c.C / Lanes {
				m.blockAdd(count, &sums[0], vectors(x, c.block(image, b, at), count))
			}
			spread(mean, sums, func(sum float64) float64 { return sum / float64(c.C) })
			clear(sums)
			for b := range c.C / Lanes {
				m.tokenSquares(count, &sums[0], vectors(x, c.block(image, b, at), count), &mean[0])
			}
			spread(scale, sums, func(sum float64) float64 { return 1 / math.Sqrt(sum/float64(c.C)+c.Eps) })
			for i := range count {
				p.Mean[image*c.Plane+at+i], p.Scale[image*c.Plane+at+i] = mean[i*Lanes], scale[i*Lanes]
			}
			c.apply(m, image, at, count, y, x, mean, scale, gamma, beta)
		})
	})
}

// Again computes the y that Train computed from x and left p of, to the bit.
func (c ChannelNorm) Again(ws *Workspace, n int, y, x, gamma, beta []float32, p Positions) {
	m := c.machine.orFastest()
	c.pieces(ws, n, func(s *scratch, _ int, tiles func(func(image, at, count int))) {
		buf := s.get(slotX, 2*positionTile*Lanes)
		tiles(func(image, at, count int) {
			mean, scale := c.known(buf, image, at, count, p)
			c.apply(m, image, at, count, y, x, mean, scale, gamma, beta)
		})
	})
}

// known spreads what is known of a tile's positions over lanes.
func (c ChannelNorm) known(buf []float32, image, at, count int, p Positions) (mean, scale []float32) {
	mean, scale = buf[:positionTile*Lanes], buf[positionTile*Lanes:]
	for i := range count {
		fill(mean[i*Lanes:(i+1)*Lanes], p.Mean[image*c.Plane+at+i])
		fill(scale[i*Lanes:(i+1)*Lanes], p.Scale[image*c.Plane+at+i])
	}
	return mean, scale
}

func (c ChannelNorm) apply(m *machine, image, at, count int, y, x, mean, scale, gamma, beta []float32) {
	for b := range c.C / Lanes {
		from := c.block(image, b, at)
		m.tokenNorm(count, vectors(y, from, count), vectors(x, from, count), &mean[0], &scale[0], vectors(gamma, b*Lanes, 1), vectors(beta, b*Lanes, 1))
	}
}

// Backward computes from dy, the gradient of Train's y, those of x, gamma and
// beta. dx may be dy.
func (c ChannelNorm) Backward(ws *Workspace, n int, dx, dy, x, gamma []float32, p Positions, dgamma, dbeta []float32) {
	m := c.machine.orFastest()
	parts := ws.shared.get(slotC, c.pieces(nil, n, nil)*2*c.C) // of each piece, the gradients of gamma and beta by block
	c.pieces(ws, n, func(s *scratch, piece int, tiles func(func(image, at, count int))) {
		buf := s.get(slotX, 4*positionTile*Lanes)
		part := parts[piece*2*c.C : (piece+1)*2*c.C]
		clear(part)
		tiles(func(image, at, count int) {
			mean, scale := c.known(buf, image, at, count, p)
			one, two := buf[2*positionTile*Lanes:][:count*Lanes], buf[3*positionTile*Lanes:][:count*Lanes]
			clear(one)
			clear(two)
			for b := range c.C / Lanes {
				from := c.block(image, b, at)
				m.tokenNormSums(count, &one[0], &two[0], vectors(dy, from, count), vectors(x, from, count), &mean[0], &scale[0],
					vectors(gamma, b*Lanes, 1), vectors(part, b*2*Lanes, 2))
			}
			spread(one, one, func(sum float64) float64 { return sum / float64(c.C) })
			spread(two, two, func(sum float64) float64 { return sum / float64(c.C) })
			for b := range c.C / Lanes {
				from := c.block(image, b, at)
				m.tokenNormBack(count, vectors(dx, from, count), vectors(dy, from, count), vectors(x, from, count), &mean[0], &scale[0],
					vectors(gamma, b*Lanes, 1), &one[0], &two[0])
			}
		})
	})
	ws.each(c.C/Lanes, func(_ *scratch, b int) {
		var sum [2 * Lanes]float64
		for i := 0; i < len(parts); i += 2 * c.C {
			for l, v := range parts[i+b*2*Lanes:][:2*Lanes] {
				sum[l] += float64(v)
			}
		}
		for l := range Lanes {
			dgamma[b*Lanes+l], dbeta[b*Lanes+l] = float32(sum[l]), float32(sum[Lanes+l])
		}
	})
}

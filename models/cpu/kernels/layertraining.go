package kernels

// Positions are what the backward pass needs of the forward one: the mean and
// 1/sqrt(variance+Eps) of each token.
type Positions struct{ Mean, Scale []float32 }

// NewPositions makes room for so many tokens.
func NewPositions(n int) Positions { return Positions{make([]float32, n), make([]float32, n)} }

// Train is Forward, and leaves p. y is not x, which Again and Backward read.
func (l LayerNorm) Train(ws *Workspace, n int, y, x, gamma, beta []float32, p Positions) {
	l.tiles(ws, n, func(s *scratch, image, at, count int) {
		mean, scale := l.norm(s, image, at, count, y, x, gamma, beta)
		for i := range count {
			p.Mean[image*l.Tokens+at+i], p.Scale[image*l.Tokens+at+i] = mean[i*Lanes], scale[i*Lanes]
		}
	})
}

// Again computes the y that Train computed from x and left p of, to the bit.
func (l LayerNorm) Again(ws *Workspace, n int, y, x, gamma, beta []float32, p Positions) {
	l.tiles(ws, n, func(s *scratch, image, at, count int) {
		mean, scale := l.known(s.get(slotX, 2*tokenTile*Lanes), image, at, count, p)
		l.apply(image, at, count, y, x, mean, scale, gamma, beta)
	})
}

// known spreads what is known of a tile's tokens over lanes.
func (l LayerNorm) known(buf []float32, image, at, count int, p Positions) (mean, scale []float32) {
	mean, scale = buf[:tokenTile*Lanes], buf[tokenTile*Lanes:]
	for i := range count {
		fill(mean[i*Lanes:(i+1)*Lanes], p.Mean[image*l.Tokens+at+i])
		fill(scale[i*Lanes:(i+1)*Lanes], p.Scale[image*l.Tokens+at+i])
	}
	return mean, scale
}

// pieceTokens is how many tokens' gradients of gamma and beta are summed in
// float32: some tiles, which are a piece of work.
const pieceTokens = 8 * tokenTile

// Backward computes from dy, the gradient of Train's y, those of x, gamma and
// beta. dx may be dy.
func (l LayerNorm) Backward(ws *Workspace, n int, dx, dy, x, gamma []float32, p Positions, dgamma, dbeta []float32) {
	pieces, size := ceil(l.Tokens, pieceTokens), 2*l.C
	parts := ws.shared.get(slotC, n*pieces*size) // of each piece, the gradients of gamma and beta by block
	ws.each(n*pieces, func(s *scratch, i int) {
		part := parts[i*size : (i+1)*size]
		clear(part)
		first := i % pieces * pieceTokens
		for at := first; at < min(l.Tokens, first+pieceTokens); at += tokenTile {
			l.backTile(s, i/pieces, at, min(tokenTile, l.Tokens-at), dx, dy, x, gamma, p, part)
		}
	})
	ws.each(l.C/Lanes, func(_ *scratch, b int) {
		var sum [2 * Lanes]float64
		for i := 0; i < len(parts); i += size {
			for k, v := range parts[i+b*2*Lanes:][:2*Lanes] {
				sum[k] += float64(v)
			}
		}
		for k := range Lanes {
			dgamma[b*Lanes+k], dbeta[b*Lanes+k] = float32(sum[k]), float32(sum[Lanes+k])
		}
	})
}

// backTile computes a tile of dx, and adds its gradients of gamma and beta to sums.
func (l LayerNorm) backTile(s *scratch, image, at, count int, dx, dy, x, gamma []float32, p Positions, sums []float32) {
	m, buf := l.machine.orFastest(), s.get(slotX, 4*tokenTile*Lanes)
	mean, scale := l.known(buf, image, at, count, p)
	one, two := buf[2*tokenTile*Lanes:][:count*Lanes], buf[3*tokenTile*Lanes:][:count*Lanes]
	clear(one)
	clear(two)
	for b := range l.C / Lanes {
		from := l.block(image, b, at)
		m.tokenNormSums(count, &one[0], &two[0], vectors(dy, from, count), vectors(x, from, count), &mean[0], &scale[0],
			vectors(gamma, b*Lanes, 1), vectors(sums, b*2*Lanes, 2))
	}
	spread(one, one, func(sum float64) float64 { return sum / float64(l.C) })
	spread(two, two, func(sum float64) float64 { return sum / float64(l.C) })
	for b := range l.C / Lanes {
		from := l.block(image, b, at)
		m.tokenNormBack(count, vectors(dx, from, count), vectors(dy, from, count), vectors(x, from, count), &mean[0], &scale[0],
			vectors(gamma, b*Lanes, 1), &one[0], &two[0])
	}
}

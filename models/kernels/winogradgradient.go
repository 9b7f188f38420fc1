package kernels

// The gradient of a 3x3 kernel in minimal form, F(3x3,4x4): of each tile, the
// 4x4 gradients are the kernel that slides over the 6x6 inputs. Both are
// turned, multiplied and summed over the tiles of all images; the sums are
// turned back once.

// gradBytes is about how much turned input and gradient is in work at once.
const gradBytes = 3 << 20

// gradient computes dw from dy and x.
func (p *winogradPass) gradient(ws *Workspace, m *machine, n int, dw, dy, x []float32) {
	total := n * p.tilesH * p.tilesW
	chunk := min(total, max(48, gradBytes/(tilePoints*(p.inBl+p.outBl)*laneBytes)))
	shared := &ws.shared
	points := shared.get(slotX, tilePoints*p.inBl*chunk*Lanes)
	grads := shared.get(slotB, tilePoints*p.outBl*chunk*Lanes)
	combos := ceil(p.inBl*Lanes, gradCombos) * gradCombos
	sumSize := combos * maxBlocks * Lanes // of one point and pair
	sums := shared.get(slotC, tilePoints*p.pairs()*sumSize)
	clear(sums)
	for first := 0; first < total; first += chunk {
		count := min(chunk, total-first)
		whole := winogradPiece{winogradPass: p, machine: m, first: first, count: count}
		p.turnAll(ws, whole, points, grads, x, dy)
		shared.ints = p.laneOffsets(shared.ints, count)
		ws.each(tilePoints*p.pairs(), func(_ *scratch, i int) {
			point, pair := i%tilePoints, i/tilePoints
			blocks := p.blocksOf(pair)
			d := &grads[(point*p.outBl+pair*maxBlocks)*count*Lanes]
			from := &points[point*p.inBl*count*Lanes]
			to := sums[(pair*tilePoints+point)*sumSize:]
			for k := 0; k < combos; k += gradCombos {
				m.gradTile[blocks](1, count, from, &shared.ints[k], laneBytes, 0, d, 0, count*laneBytes, &to[k*blocks*Lanes])
			}
		})
	}
	ws.each(p.pairs()*p.inBl, func(_ *scratch, i int) {
		pair, block := i/p.inBl, i%p.inBl
		p.unpack(m, dw, sums[pair*tilePoints*sumSize:], sumSize, pair, block)
	})
}

// laneOffsets are the places of all input channels, filled up with the first.
func (p *winogradPass) laneOffsets(to []int, count int) []int {
	to = to[:0]
	for c := range p.inBl * Lanes {
		to = append(to, c/Lanes*count*laneBytes+c%Lanes*floatBytes)
	}
	for len(to)%gradCombos > 0 {
		to = append(to, 0)
	}
	return to
}

// turnAll turns the input and gradient tiles of a piece, each thread some
// blocks.
func (p *winogradPass) turnAll(ws *Workspace, w winogradPiece, points, grads, x, dy []float32) {
	ws.each(p.inBl+p.outBl, func(s *scratch, i int) {
		if i < p.inBl {
			w.turnBlock(s, points, x, p.inBl, i)
		} else {
			w.turnGrad(grads, dy, p.outBl, i-p.inBl)
		}
	})
}

// turnGrad turns one block's gradient tiles.
func (w *winogradPiece) turnGrad(points, dy []float32, blocks, b int) {
	point := blocks * w.count * laneBytes
	w.eachRun(func(t, image, ty, tx, count int) {
		plane := dy[(image*blocks+b)*w.outH*w.outW*Lanes:][:w.outH*w.outW*Lanes]
		to := points[(b*w.count+t)*Lanes:]
		whole := 0
		if ty*tileOut+tileOut <= w.outH {
			whole = max(0, min(count, w.outW/tileOut-tx))
		}
		if whole > 0 {
			w.machine.winogradGrad(whole, &to[0], tileIn*point, point, laneBytes,
				&plane[(ty*tileOut*w.outW+tx*tileOut)*Lanes], w.outW*laneBytes, laneBytes, tileOut*laneBytes)
		}
		for i := whole; i < count; i++ {
			var edge [tileOut * tileOut * Lanes]float32
			y, x := ty*tileOut, (tx+i)*tileOut
			for r := range min(tileOut, w.outH-y) {
				copy(edge[r*tileOut*Lanes:][:min(tileOut, w.outW-x)*Lanes], plane[((y+r)*w.outW+x)*Lanes:])
			}
			w.machine.winogradGrad(1, &to[i*Lanes], tileIn*point, point, 0, &edge[0], tileOut*laneBytes, laneBytes, 0)
		}
	})
}

// unpack turns the sums of a pair and an input block back and puts them in
// their places in dw.
func (p *winogradPass) unpack(m *machine, dw, sums []float32, sumSize, pair, block int) {
	blocks := p.blocksOf(pair)
	var kernels [Lanes * maxBlocks * 9 * Lanes]float32 // [lane][block][tap][output lane]
	m.winogradWeights(Lanes*blocks, &kernels[0], 3*laneBytes, laneBytes, 9*laneBytes,
		&sums[block*Lanes*blocks*Lanes], tileIn*sumSize*floatBytes, sumSize*floatBytes, laneBytes)
	for o := range blocks * Lanes {
		r := p.row(0, pair*maxBlocks*Lanes+o)
		for c := max(r.lo, block*Lanes); c < min(r.hi, (block+1)*Lanes); c++ {
			from := kernels[(c%Lanes*blocks+o/Lanes)*9*Lanes+o%Lanes:]
			to := dw[r.at(c):]
			for t := range 9 {
				to[t] = from[t*Lanes]
			}
		}
	}
}

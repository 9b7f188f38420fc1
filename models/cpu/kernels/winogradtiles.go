package kernels

// winogradTiles is about how many tiles are in work at once.
func (p *winogradPass) winogradTiles(m *machine, total, threads int) int {
	tiles := max(24, winogradBytes/(tilePoints*p.inBl*laneBytes))
	tiles = min(tiles, max(24, ceil(total, threads)))
	tile := m.pixels[m.blocks]
	return ceil(tiles, tile) * tile
}

const winogradBytes = 400 << 10

// run computes out from src for n images.
func (p *winogradPass) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	total := n * p.tilesH * p.tilesW
	if p.byPanels(total * p.inBl) {
		p.runPanels(ws, m, total, out, src, w, e)
		return
	}
	packed := w.ready(ws, m, p)
	tiles := p.winogradTiles(m, total, len(ws.workers))
	ws.each(ceil(total, tiles), func(s *scratch, i int) {
		first := i * tiles
		w := winogradPiece{winogradPass: p, machine: m, scratch: s, first: first, count: min(tiles, total-first)}
		w.input(src)
		for panel := range p.panels() {
			w.multiply(panel, packed[panel*p.panelSize():])
			w.output(panel, out, e)
		}
	})
}

// byPanels says whether the turned kernels are so large, and the images so
// small, that threads share out the output channels, not the tiles: kernels
// are turned where they are used, and never leave the second cache.
func (p *winogradPass) byPanels(blockTiles int) bool {
	const kernelBytes, imageBytes = 2 << 20, 24 << 20
	return tilePoints*p.inBl*Lanes*p.outBl*laneBytes >= kernelBytes && blockTiles*tilePoints*laneBytes <= imageBytes
}

func (p *winogradPass) runPanels(ws *Workspace, m *machine, total int, out, src []float32, w weights, e Epilogue) {
	all := winogradPiece{winogradPass: p, machine: m, count: total}
	all.points = ws.shared.get(slotX, tilePoints*p.inBl*total*Lanes)
	ws.each(p.inBl, func(s *scratch, b int) { all.turnBlock(s, all.points, src, p.inBl, b) })
	size := p.panelSize()
	ws.each(p.panels(), func(s *scratch, panel int) {
		piece := all
		piece.scratch = s
		var packed []float32
		if w.packed != nil {
			packed = w.packed[panel*size : (panel+1)*size]
		} else {
			packed = s.get(slotA, size)
			for b := range p.inBl {
				p.packBlock(s, m, packed, w.plain, panel, b)
			}
		}
		piece.multiply(panel, packed)
		piece.output(panel, out, e)
	})
}

// winogradPiece is a run of tiles.
type winogradPiece struct {
	*winogradPass
	machine      *machine
	scratch      *scratch
	first, count int

	points   []float32 // of the source: [point][block][tile][lane]
	products []float32 // [point][block of the panel][tile][lane]
}

// input turns the source tiles.
func (w *winogradPiece) input(src []float32) {
	w.points = w.scratch.get(slotX, tilePoints*w.inBl*w.count*Lanes)
	for b := range w.inBl {
		w.turnBlock(w.scratch, w.points, src, w.inBl, b)
	}
}

// turnBlock turns one block's source tiles into points, [point][block][tile][lane].
func (w *winogradPiece) turnBlock(s *scratch, points, src []float32, blocks, b int) {
	point := blocks * w.count * laneBytes
	w.eachRun(func(t, image, ty, tx, count int) {
		plane := src[(image*blocks+b)*w.srcH*w.srcW*Lanes:][:w.srcH*w.srcW*Lanes]
		y, x := ty*tileOut-w.padH, tx*tileOut-w.padW
		row, from := w.srcW, (y*w.srcW+x)*Lanes
		if width := (count-1)*tileOut + tileIn; y < 0 || y+tileIn > w.srcH || x < 0 || x+width > w.srcW {
			plane, row, from = w.copyRows(s, plane, y, x, width), width, 0
		}
		w.machine.winogradInput(count, &points[(b*w.count+t)*Lanes], tileIn*point, point, laneBytes,
			&plane[from], row*laneBytes, laneBytes, tileOut*laneBytes)
	})
}

// copyRows copies what a run of tiles at (y,x) reads, with zeros where it
// hangs over.
func (w *winogradPiece) copyRows(s *scratch, plane []float32, y, x, width int) []float32 {
	rows := s.get(slotRows, tileIn*width*Lanes)
	lo, hi := min(width, max(0, -x)), max(0, min(width, w.srcW-x))
	for i := range tileIn {
		to := rows[i*width*Lanes : (i+1)*width*Lanes]
		if y+i < 0 || y+i >= w.srcH || lo >= hi {
			clear(to)
			continue
		}
		clear(to[:lo*Lanes])
		clear(to[hi*Lanes:])
		copy(to[lo*Lanes:hi*Lanes], plane[((y+i)*w.srcW+x+lo)*Lanes:])
	}
	return rows
}

// eachRun calls do for the piece's tiles, in runs within a row of tiles: run
// starts with the piece's tile t, which is (ty,tx) of image.
func (w *winogradPiece) eachRun(do func(t, image, ty, tx, count int)) {
	for t := 0; t < w.count; {
		tile := w.first + t
		row, tx := tile/w.tilesW, tile%w.tilesW
		count := min(w.count-t, w.tilesW-tx)
		do(t, row/w.tilesH, row%w.tilesH, tx, count)
		t += count
	}
}

// multiply sums the products over channels.
func (w *winogradPiece) multiply(panel int, packed []float32) {
	blocks := w.blocksOf(panel)
	w.products = w.scratch.get(slotB, tilePoints*blocks*w.count*Lanes)
	offsets := w.scratch.ints[:0]
	for b := range w.inBl {
		offsets = append(offsets, b*w.count*laneBytes)
	}
	w.scratch.ints = offsets
	parts := ceil(w.count, w.machine.pixels[blocks])
	for p := range tilePoints {
		u := &packed[p*w.inBl*Lanes*blocks*Lanes]
		x := w.points[p*w.inBl*w.count*Lanes:]
		y := w.products[p*blocks*w.count*Lanes:]
		for i := range parts {
			t, next := i*w.count/parts, (i+1)*w.count/parts
			w.machine.convTile[blocks][next-t](w.inBl, &offsets[0], Lanes, &x[t*Lanes], laneBytes, u,
				&y[t*Lanes], laneBytes, w.count*laneBytes, nil, nil, 0)
		}
	}
}

// output turns the sums of a panel back, into its blocks of the result.
func (w *winogradPiece) output(panel int, out []float32, e Epilogue) {
	blocks := w.blocksOf(panel)
	point := blocks * w.count * laneBytes
	relu := 0
	if e.ReLU {
		relu = 1
	}
	w.eachRun(func(t, image, ty, tx, count int) {
		for b := range blocks {
			block := panel*w.perPanel + b
			plane := (image*w.outBl + block) * w.outH * w.outW * Lanes
			from := w.products[(b*w.count+t)*Lanes:]
			bias := at(e.Bias, block*Lanes)
			whole := 0
			if ty*tileOut+tileOut <= w.outH {
				whole = max(0, min(count, w.outW/tileOut-tx))
			}
			if whole > 0 {
				to := plane + (ty*tileOut*w.outW+tx*tileOut)*Lanes
				w.machine.winogradOutput(whole, &out[to], w.outW*laneBytes, laneBytes, tileOut*laneBytes,
					&from[0], tileIn*point, point, laneBytes, bias, at(e.Residual, to), relu)
			}
			for i := whole; i < count; i++ {
				edge, res := &w.scratch.edges[0], &w.scratch.edges[1]
				y, x := ty*tileOut, (tx+i)*tileOut
				at := func(r int) int { return plane + ((y+r)*w.outW+x)*Lanes }
				rows, width := min(tileOut, w.outH-y), min(tileOut, w.outW-x)*Lanes
				var residual *float32
				if e.Residual != nil {
					residual = &res[0]
					for r := range rows {
						copy(res[r*tileOut*Lanes:], e.Residual[at(r):at(r)+width])
					}
				}
				w.machine.winogradOutput(1, &edge[0], tileOut*laneBytes, laneBytes, 0,
					&from[i*Lanes], tileIn*point, point, 0, bias, residual, relu)
				for r := range rows {
					copy(out[at(r):at(r)+width], edge[r*tileOut*Lanes:])
				}
			}
		}
	})
}

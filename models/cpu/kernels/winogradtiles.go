package kernels

// winogradTiles is about how many tiles are in work at once.
func (p *winogradPass) winogradTiles(m *machine, total, threads int) int {
	tiles := max(maxPixels, winogradBytes/(tilePoints*p.inBl*laneBytes))
	tiles = min(tiles, max(maxPixels, ceil(total, threads)))
	tile := m.pixels[m.blocks]
	return ceil(tiles, tile) * tile
}

const winogradBytes = 96 << 10

// run computes out from src for n images.
func (p *winogradPass) run(ws *Workspace, m *machine, n int, out, src []float32, w weights, e Epilogue) {
	total := n * p.tilesH * p.tilesW
	if p.byPanels(total*p.inBl) && p.suitsThreads(len(ws.workers)) {
		p.runPanels(ws, m, total, out, src, w, e)
		return
	}
	packed := w.ready(ws, m, p)
	tiles := p.winogradTiles(m, total, len(ws.workers))
	runs := ceil(total, tiles)
	ws.each(p.groups*runs, func(s *scratch, i int) {
		group, first := i/runs, i%runs*tiles
		w := winogradPiece{winogradPass: p, machine: m, scratch: s, group: group, first: first, count: min(tiles, total-first)}
		w.input(src)
		for panel := range p.panels() {
			w.multiplyAll(panel, packed[(group*p.panels()+panel)*p.panelSize():])
			w.output(panel, out, e)
		}
	})
}

// byPanels says whether the turned kernels are so large, and the images so
// small, that threads share out the output channels, not the tiles: kernels
// are turned where they are used, and never leave the second cache.
func (p *winogradPass) byPanels(blockTiles int) bool {
	const kernelBytes, imageBytes = 2 << 20, 24 << 20
	return p.groups == 1 && tilePoints*p.inBl*Lanes*p.outBl*laneBytes >= kernelBytes && blockTiles*tilePoints*laneBytes <= imageBytes
}

// suitsThreads says whether the panels are enough to keep so many threads busy.
func (p *winogradPass) suitsThreads(threads int) bool {
	return 4*p.panels() >= 3*threads*ceil(p.panels(), threads)
}

func (p *winogradPass) runPanels(ws *Workspace, m *machine, total int, out, src []float32, w weights, e Epilogue) {
	all := winogradPiece{winogradPass: p, machine: m, count: total}
	all.points = ws.shared.get(slotX, tilePoints*spaced(p.inBl*total))
	ws.each(p.inBl, func(s *scratch, b int) { all.turnBlock(s, all.points, src, b) })
	ws.each(p.panels(), func(s *scratch, panel int) {
		piece := all
		piece.scratch = s
		if w.packed != nil {
			piece.multiplyAll(panel, w.packed[panel*p.panelSize():])
		} else {
			p.chunks(func(lo, hi int) {
				packed := s.get(slotA, tilePoints*kernelsOf(hi-lo, p.perPanel))
				for b := lo; b < hi; b++ {
					p.packBlock(s, m, packed, w.plain, 0, panel, b, hi-lo, b-lo)
				}
				piece.multiply(panel, packed, hi-lo, lo, hi)
			})
		}
		piece.output(panel, out, e)
	})
}

// winogradPiece is a run of tiles of a group of channels.
type winogradPiece struct {
	*winogradPass
	machine      *machine
	scratch      *scratch
	group        int
	first, count int

	points   []float32 // of the source: [point][block][tile][lane]
	products []float32 // [point][block of the panel][tile][lane]
}

// input turns the source tiles.
func (w *winogradPiece) input(src []float32) {
	w.points = w.scratch.get(slotX, tilePoints*spaced(w.inBl*w.count))
	for b := range w.inBl {
		w.turnBlock(w.scratch, w.points, src, b)
	}
}

// fewTiles are so few to a row that all are read from a copy: most of them hang over.
const fewTiles = 4

// turnBlock turns one block's source tiles into points, [point][block][tile][lane].
// Tiles inside the source are read where they lie, those that hang over from a copy.
func (w *winogradPiece) turnBlock(s *scratch, points, src []float32, b int) {
	point := spaced(w.inBl*w.count) * floatBytes
	insideFrom := ceil(w.padW, tileOut)                        // of a row's tiles
	insideTo := (w.srcW - tileIn + w.padW + tileOut) / tileOut // where 4*tx - padW + 6 is srcW at most
	w.eachRun(func(t, image, ty, tx, count int) {
		plane := src[((image*w.groups+w.group)*w.inBl+b)*w.srcH*w.srcW*Lanes:][:w.srcH*w.srcW*Lanes]
		y := ty*tileOut - w.padH
		turn := func(first, end int, from []float32, row int) {
			w.machine.winogradInput(end-first, &points[(b*w.count+t+first)*Lanes], tileIn*point, point, laneBytes,
				&from[0], row*laneBytes, laneBytes, tileOut*laneBytes)
		}
		turnCopy := func(first, end int) {
			if first < end {
				width := (end-first-1)*tileOut + tileIn
				rows := s.get(slotRows, tileIn*width*Lanes)
				w.machine.copyWindow(rows, plane, w.srcH, w.srcW, y, (tx+first)*tileOut-w.padW, tileIn, width)
				turn(first, end, rows, width)
			}
		}
		first, end := count, count
		if y >= 0 && y+tileIn <= w.srcH && w.tilesW > fewTiles {
			first = max(0, insideFrom-tx)
			first = min(count, first+(t+first)%2) // pairs of tiles begin where vectors of two do
			end = max(first, min(count, insideTo-tx))
			end -= (end - first) % 2
		}
		turnCopy(0, first)
		if first < end {
			turn(first, end, plane[(y*w.srcW+(tx+first)*tileOut-w.padW)*Lanes:], w.srcW)
		}
		turnCopy(end, count)
	})
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

// multiplyAll sums the products over all channels.
func (w *winogradPiece) multiplyAll(panel int, packed []float32) {
	kernels := w.blocksOf(panel) * Lanes * Lanes // of a point and a block
	w.chunks(func(lo, hi int) { w.multiply(panel, packed[lo*kernels:], w.inBl, lo, hi) })
}

// multiply adds the products of the blocks lo..hi-1 of input channels to the sums; the
// first are the sums. Packed has the kernels of so many blocks a point, of which the
// first is lo's.
func (w *winogradPiece) multiply(panel int, packed []float32, packedBlocks, lo, hi int) {
	blocks := w.blocksOf(panel)
	w.products = w.scratch.get(slotB, tilePoints*spaced(blocks*w.count))
	offsets := w.scratch.ints[:0]
	for b := range hi - lo {
		offsets = append(offsets, b*w.count*laneBytes)
	}
	w.scratch.ints = offsets
	row := tileRow{n: hi - lo, lanes: Lanes, offsets: &offsets[0], xStep: laneBytes, yStep: laneBytes, yBlock: w.count * laneBytes}
	if lo > 0 {
		row.flags = addResult
	}
	parts := sharesOf(w.count, w.machine.pixels[blocks])
	for p := range tilePoints {
		row.x = &w.points[p*spaced(w.inBl*w.count)+lo*w.count*Lanes]
		row.w, row.y = &packed[p*kernelsOf(packedBlocks, blocks)], &w.products[p*spaced(blocks*w.count)]
		w.machine.row(w.scratch, blocks, parts, &row)
	}
}

// output turns the sums of a panel back, into its blocks of the result.
func (w *winogradPiece) output(panel int, out []float32, e Epilogue) {
	blocks := w.blocksOf(panel)
	point := spaced(blocks*w.count) * floatBytes
	w.eachRun(func(t, image, ty, tx, count int) {
		for b := range blocks {
			block := w.group*w.outBl + panel*w.perPanel + b
			plane := (image*w.groups*w.outBl + block) * w.outH * w.outW * Lanes
			from := w.products[(b*w.count+t)*Lanes:]
			bias := at(e.Bias, block*Lanes)
			whole := 0
			if ty*tileOut+tileOut <= w.outH {
				whole = max(0, min(count, w.outW/tileOut-tx))
			}
			if whole > 0 {
				to := plane + (ty*tileOut*w.outW+tx*tileOut)*Lanes
				w.machine.winogradOutput(whole, &out[to], w.outW*laneBytes, laneBytes, tileOut*laneBytes,
					&from[0], tileIn*point, point, laneBytes, bias, at(e.Residual, to), e.relu())
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
					&from[i*Lanes], tileIn*point, point, 0, bias, residual, e.relu())
				for r := range rows {
					copy(out[at(r):at(r)+width], edge[r*tileOut*Lanes:])
				}
			}
		}
	})
}

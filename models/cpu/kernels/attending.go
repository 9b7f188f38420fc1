package kernels

import "math"

// attending is some tiles of queries of a head. Within such a tile all that belongs to
// a query lies as the innermost loops take it: by the few queries, its pixels, that
// they compute at once, [those][block][query][lane].
type attending struct {
	*SelfAttention
	scratch *scratch

	q, k, v, y []float32
}

// ownRows is what a query has before its results: the largest score so far, and the sums.
const ownRows = 2

// compute makes the results of tiles lo..hi-1 of queries.
func (p *attending) compute(lo, hi int) {
	packed := p.pack()
	for i := lo; i < hi; i++ {
		p.attend(i, packed)
	}
}

// packedKeys are a tile's keys and values as weights of the two products.
type packedKeys struct{ scores, values []float32 }

// at gives those of a tile of keys, of all that are packed.
func (a *SelfAttention) at(packed []float32, j int) packedKeys {
	_, _, last := a.keys.tile(j)
	scores, values := a.scores[last].packedSize(), a.values[last].packedSize()
	own := packed[j*(a.scores[0].packedSize()+a.values[0].packedSize()):]
	return packedKeys{own[:scores], own[scores:][:values]}
}

// pack prepares all keys and values.
func (p *attending) pack() []float32 {
	packed := p.scratch.get(slotA, p.keys.count*(p.scores[0].packedSize()+p.values[0].packedSize()))
	for j := range p.keys.count {
		lo, keys, last := p.keys.tile(j)
		to := p.at(packed, j)
		p.packKeys(p.scores[last], to.scores, lo, keys)
		p.packValues(p.values[last], to.values, lo, keys)
	}
	return packed
}

// packKeys lays some keys out as weights of a product that gives a score for each:
// [panel][channel][key of the panel].
func (p *attending) packKeys(c *pass, to []float32, lo, keys int) {
	corner := p.scratch.get(slotC, Lanes*Lanes)
	for panel := range c.panels() {
		row, first := c.blocksOf(panel)*Lanes, panel*c.perPanel*Lanes
		full := min(keys-first, row) / Lanes // blocks of keys that are all there
		for b := range p.Dim / Lanes {
			rows := to[c.rowsAt(0, panel, b):][:Lanes*row]
			from := p.k[(b*p.Tokens+lo+first)*Lanes:]
			if full > 0 {
				_ = from[full*Lanes*Lanes-1]
				p.machine.transpose(full, &rows[0], row*floatBytes, laneBytes, &from[0], laneBytes, Lanes*laneBytes)
			}
			if full*Lanes < row {
				clear(corner)
				copy(corner, from[full*Lanes*Lanes:(keys-first)*Lanes])
				p.machine.transpose(1, &rows[full*Lanes], row*floatBytes, 0, &corner[0], laneBytes, 0)
			}
		}
	}
}

// packValues lays some values out as weights of a product that sums them:
// [panel][key][channel of the panel].
func (p *attending) packValues(c *pass, to []float32, lo, keys int) {
	for panel := range c.panels() {
		row := c.blocksOf(panel) * Lanes
		rows := to[c.rowsAt(0, panel, 0):][:c.inBlocks()*Lanes*row]
		for o := range c.blocksOf(panel) {
			from := p.v[((panel*c.perPanel+o)*p.Tokens+lo)*Lanes:]
			_ = from[keys*Lanes-1]
			p.machine.moveVectors(keys, &rows[o*Lanes], row*floatBytes, &from[0], laneBytes)
		}
		clear(rows[keys*row:])
	}
}

// attend makes the results of tile i of queries.
func (p *attending) attend(i int, packed []float32) {
	lo, queries, _ := p.queries.tile(i)
	tiles, dim := sharesOf(queries, p.machine.pixels[p.machine.most()]), p.Dim/Lanes
	query := p.scratch.get(slotX, queries*dim*Lanes)
	scores := p.scratch.get(slotB, queries*Blocks(p.keys.size)*Lanes)
	own := p.scratch.get(slotRows, queries*(ownRows+dim)*Lanes)
	p.load(query, tiles, lo, queries)
	clear(own)
	tiles.each(func(first, size int) {
		fill(own[first*(ownRows+dim)*Lanes:][:size*Lanes], float32(math.Inf(-1)))
	})
	for j := range p.keys.count {
		_, keys, last := p.keys.tile(j)
		weights, blocks := p.at(packed, j), Blocks(keys)
		p.multiply(p.scores[last], tiles, scores, 0, query, weights.scores, 0)
		tiles.each(func(first, size int) {
			tile := scores[first*blocks*Lanes:][:size*blocks*Lanes]
			if spare := keys % Lanes; spare > 0 {
				for t := range size {
					fill(tile[((blocks-1)*size+t)*Lanes:][spare:Lanes], -math.MaxFloat32)
				}
			}
			p.machine.tokenSoftmax(size, blocks, &tile[0], dim, &own[first*(ownRows+dim)*Lanes])
		})
		p.multiply(p.values[last], tiles, own, ownRows, scores, weights.values, addResult)
	}
	p.store(own, tiles, lo, queries)
}

// load takes queries, scaled.
func (p *attending) load(to []float32, tiles shares, lo, queries int) {
	scale, zero := p.scratch.lane(0), p.scratch.lane(1)
	fill(scale[:], float32(1/math.Sqrt(float64(p.Dim))))
	dim := p.Dim / Lanes
	for b := range dim {
		p.machine.deal(to, p.q[(b*p.Tokens+lo)*Lanes:][:queries*Lanes], tiles, b, dim)
	}
	p.machine.blockApply(queries*dim, &to[0], &to[0], nil, &scale[0], &zero[0], &unbounded[0])
}

// multiply computes, with addResult adds, rows of y from those of x, after so many that
// are not of the result.
func (p *attending) multiply(c *pass, tiles shares, y []float32, before int, x, packed []float32, flags int) {
	for panel := range c.panels() {
		p.machine.row(p.scratch, c.blocksOf(panel), tiles, &tileRow{
			n: c.inBlocks(), lanes: Lanes, dealt: true, x: &x[0], w: &packed[c.rowsAt(0, panel, 0)],
			y: &y[0], yDealt: before + c.outBl, yFirst: before + panel*c.perPanel, flags: flags,
		})
	}
}

// store writes results, divided by the sums.
func (p *attending) store(own []float32, tiles shares, lo, queries int) {
	dim := p.Dim / Lanes
	sums := p.scratch.get(slotB, queries*Lanes)
	p.machine.undeal(sums, own, tiles, 1, ownRows+dim)
	spread(sums, sums, func(sum float64) float64 { return 1 / sum })
	for b := range dim {
		to := p.y[(b*p.Tokens+lo)*Lanes:][:queries*Lanes]
		p.machine.undeal(to, own, tiles, ownRows+b, ownRows+dim)
		p.machine.tokenScale(queries, &to[0], &sums[0])
	}
}

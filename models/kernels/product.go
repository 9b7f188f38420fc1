package kernels

// product is a convolution pass written as matrix products: for each group,
// out (rows, columns) = A (rows, depth*taps) * S, where a column is a position
// of a grid laid over the images and
//
//	S[(c,t)][(image,i,l)] = source[image][c][i*stepY + t.y][l*stepX + t.x],
//
// zero outside the source. Forward, the grid is the output. Backward, the
// gradient of the input falls into stride*stride phases, each a grid of
// positions that the same taps reach; so no product is wasted on zeros that a
// strided convolution would put between its rows.
type product struct {
	groups, rows, depth int // channels of a group: rows out, depth in

	srcH, srcW   int
	stepY, stepX int
	taps         []tap
	weights      int // taps of the whole kernel

	weightRow, weightDepth int // how far apart in the weights rows and depths lie

	gridH, gridW int
	outH, outW   int // the plane that grid position (i,l) lies in ...
	fromY, fromX int // ... at (fromY+i*outStepY, fromX+l*outStepX)
	outStepY     int
	outStepX     int

	padded paddedPlane
}

// tap is one element of the kernel: where it reads relative to the grid
// position's source, which weight it multiplies, and, once the plan is
// complete, how far into the padded plane that is.
type tap struct {
	y, x, weight int
	offset       int
}

func forwardProduct(s ConvShape) product {
	all := s.KH * s.KW
	p := product{
		groups: s.Groups, rows: s.Out / s.Groups, depth: s.In / s.Groups,
		srcH: s.H, srcW: s.W, stepY: s.StrideH, stepX: s.StrideW,
		weights: all, weightRow: s.In / s.Groups * all, weightDepth: all,
		gridH: s.OutH(), gridW: s.OutW(), outH: s.OutH(), outW: s.OutW(), outStepY: 1, outStepX: 1,
	}
	for ky := range s.KH {
		for kx := range s.KW {
			p.taps = append(p.taps, tap{y: ky*s.DilationH - s.PadH, x: kx*s.DilationW - s.PadW, weight: ky*s.KW + kx})
		}
	}
	p.padded = padPlane(&p)
	return p
}

// backwardProduct is the phase whose input positions are fromY, fromY+StrideH,
// .. by fromX, fromX+StrideW, ..
func backwardProduct(s ConvShape, fromY, fromX int) product {
	all := s.KH * s.KW
	p := product{
		groups: s.Groups, rows: s.In / s.Groups, depth: s.Out / s.Groups,
		srcH: s.OutH(), srcW: s.OutW(), stepY: 1, stepX: 1,
		weights: all, weightRow: all, weightDepth: s.In / s.Groups * all,
		gridH: ceil(s.H-fromY, s.StrideH), gridW: ceil(s.W-fromX, s.StrideW),
		outH: s.H, outW: s.W, fromY: fromY, fromX: fromX, outStepY: s.StrideH, outStepX: s.StrideW,
	}
	for ky := range s.KH {
		y := fromY + s.PadH - ky*s.DilationH
		if y%s.StrideH != 0 {
			continue
		}
		for kx := range s.KW {
			if x := fromX + s.PadW - kx*s.DilationW; x%s.StrideW == 0 {
				p.taps = append(p.taps, tap{y: y / s.StrideH, x: x / s.StrideW, weight: ky*s.KW + kx})
			}
		}
	}
	p.padded = padPlane(&p)
	return p
}

const (
	blockDepth   = 256 // of a block of packed columns: a tile's fit the first cache
	blockColumns = 256 // so that a block fits the second
)

// run computes out from src for n images.
func (p *product) run(ws *Workspace, t tile, n int, out, src, weights []float32) {
	if len(p.taps) == 0 {
		p.clear(ws, n, out)
		return
	}
	depth := p.depth * len(p.taps)
	panels := ceil(p.rows, t.rows)
	a := ws.shared.get(slotA, p.groups*panels*t.rows*depth)
	ws.each(p.groups*panels, func(_ *scratch, i int) {
		p.packRows(t, a[i*t.rows*depth:(i+1)*t.rows*depth], weights, i/panels, i%panels*t.rows)
	})
	images, band := p.chunk(n, len(ws.workers), t.cols)
	bands := ceil(p.gridH, band)
	ws.each(ceil(n, images)*bands, func(s *scratch, i int) {
		first, top := i/bands*images, i%bands*band
		c := columns{
			product: p, tile: t, scratch: s,
			first: first, images: min(images, n-first), top: top, band: min(band, p.gridH-top),
		}
		c.layout()
		for g := range p.groups {
			c.multiply(g, out, src, a[g*panels*t.rows*depth:(g+1)*panels*t.rows*depth])
		}
	})
}

// chunk is how much of the grid one piece of work takes: several small images,
// though not so many that a thread goes without, or a band of rows of a large
// one.
func (p *product) chunk(n, threads, tileColumns int) (images, band int) {
	if size := p.gridH * p.gridW; size < blockColumns {
		fair := max(ceil(n, 2*threads), ceil(tileColumns, size))
		return min(blockColumns/size, fair), p.gridH
	}
	return 1, min(p.gridH, max(1, blockColumns/p.gridW))
}

// clear zeroes the grid: no tap reaches it.
func (p *product) clear(ws *Workspace, n int, out []float32) {
	plane := p.outH * p.outW
	ws.each(n*p.groups*p.rows, func(_ *scratch, i int) {
		o := out[i*plane : (i+1)*plane]
		for y := p.fromY; y < p.outH; y += p.outStepY {
			for x := p.fromX; x < p.outW; x += p.outStepX {
				o[y*p.outW+x] = 0
			}
		}
	})
}

// packRows lays rows row.. of a group's weights out as a tile wants them,
// [depth][tile.rows], zero beyond the last row.
func (p *product) packRows(t tile, a, weights []float32, group, row int) {
	w := weights[group*p.rows*p.depth*p.weights:]
	for r := range t.rows {
		k := r
		if row+r >= p.rows {
			for ; k < len(a); k += t.rows {
				a[k] = 0
			}
			continue
		}
		for c := range p.depth {
			from := w[(row+r)*p.weightRow+c*p.weightDepth:]
			for i := range p.taps {
				a[k] = from[p.taps[i].weight]
				k += t.rows
			}
		}
	}
}

package kernels

// The gradient of the weights is, for each group, one product
//
//	dW (Out/Groups, taps*In/Groups) = dY (Out/Groups, positions) * S^T,
//
// summed over the positions of all images. Positions are taken in chunks. For
// each, dY is packed and the images are turned to (H,W,C) order with zeros
// around them, so that a row of S^T, all channels of a tap at one position, is
// contiguous; then the threads share out the columns of dW. A column's sum
// runs through all positions in order, whatever the thread.

// weightPositions is the most positions of a chunk, and weightDepth of one
// call of the tile within it.
const (
	weightPositions = 2048
	weightDepth     = 256
)

// BackwardWeights computes the gradient dw (Out,In/Groups,KH,KW) from dy
// (n,Out,OutH,OutW) and the input x (n,In,H,W).
func (c *Conv) BackwardWeights(ws *Workspace, n int, dw, dy, x []float32) {
	c.check(n, dy, x, dw)
	images, band := 1, c.OutH()
	if size := c.OutH() * c.OutW(); size < weightPositions {
		images = weightPositions / size
	} else {
		band = max(1, weightPositions/c.OutW())
	}
	for g := range c.Groups {
		w := weightGradient{Conv: c, ws: ws, group: g}
		w.prepare(min(images, n) * band * c.OutW())
		for first := 0; first < n; first += images {
			for top := 0; top < c.OutH(); top += band {
				w.first, w.images = first, min(images, n-first)
				w.top, w.band = top, min(band, c.OutH()-top)
				w.accumulate(dy, x)
			}
		}
		w.unpack(dw)
	}
}

// weightGradient is the product of one group at one chunk.
type weightGradient struct {
	*Conv
	ws    *Workspace
	group int

	rows, depth  int // channels of the group: out, in
	panels       int // of rows
	columns      int // of dW, rounded up to tiles
	padH, padW   int // size of the (H,W,C) copy that serves a band
	first, top   int
	images, band int
	started      bool // product holds a sum already

	dy, x, product []float32
}

func (w *weightGradient) prepare(positions int) {
	w.rows, w.depth = w.Out/w.Groups, w.In/w.Groups
	w.panels = ceil(w.rows, w.tile.rows)
	w.columns = ceil(w.depth*w.KH*w.KW, w.tile.cols) * w.tile.cols
	w.dy = w.ws.shared.get(slotA, w.panels*w.tile.rows*positions)
	w.product = w.ws.shared.get(slotC, w.panels*w.tile.rows*w.columns)
}

func (w *weightGradient) accumulate(dy, x []float32) {
	w.padH = (w.band-1)*w.StrideH + (w.KH-1)*w.DilationH + 1
	w.padW = (w.OutW()-1)*w.StrideW + (w.KW-1)*w.DilationW + 1
	w.x = w.ws.shared.get(slotX, w.images*w.padH*w.padW*w.depth)
	w.ws.each(w.panels+w.images*w.padH, func(_ *scratch, i int) {
		if i < w.panels {
			w.packRows(dy, i)
		} else {
			w.turn(x, (i-w.panels)/w.padH, (i-w.panels)%w.padH)
		}
	})
	w.ws.each(w.columns/w.tile.cols, func(s *scratch, i int) {
		w.multiply(s, i*w.tile.cols)
	})
	w.started = true
}

// positions is how many the chunk has.
func (w *weightGradient) positions() int { return w.images * w.band * w.OutW() }

// packRows lays a panel of channels of dY out as [position][tile.rows].
func (w *weightGradient) packRows(dy []float32, panel int) {
	rows, n := w.tile.rows, w.positions()
	plane, stretch := w.OutH()*w.OutW(), w.band*w.OutW()
	a := w.dy[panel*rows*n : (panel+1)*rows*n]
	for r := range rows {
		row := panel*rows + r
		at := r
		if row >= w.rows {
			for ; at < len(a); at += rows {
				a[at] = 0
			}
			continue
		}
		for image := range w.images {
			from := ((w.first+image)*w.Out+w.group*w.rows+row)*plane + w.top*w.OutW()
			for _, v := range dy[from : from+stretch] {
				a[at] = v
				at += rows
			}
		}
	}
}

// turn fills one row of an image's padded (H,W,C) copy.
func (w *weightGradient) turn(x []float32, image, row int) {
	d := w.depth
	dst := w.x[(image*w.padH+row)*w.padW*d:][:w.padW*d]
	y := w.top*w.StrideH - w.PadH + row
	if y < 0 || y >= w.H {
		clear(dst)
		return
	}
	lo := min(w.PadW, w.padW)
	hi := min(w.padW, w.PadW+w.W)
	clear(dst[:lo*d])
	clear(dst[hi*d:])
	for c := range d {
		from := (((w.first+image)*w.In+w.group*d+c)*w.H + y) * w.W
		at := lo*d + c
		for _, v := range x[from : from+hi-lo] {
			dst[at] = v
			at += d
		}
	}
}

// multiply adds the chunk to one tile's width of columns.
func (w *weightGradient) multiply(s *scratch, column int) {
	t := w.tile
	w.columnRuns(s, column)
	b := s.get(slotB, weightDepth*t.cols)
	n := w.positions()
	for from := 0; from < n; from += weightDepth {
		count := min(weightDepth, n-from)
		w.gather(b, s.runs, from, count)
		for p := range w.panels {
			t.run(count, &w.dy[(p*n+from)*t.rows], &b[0], &w.product[p*t.rows*w.columns+column], w.columns, w.started || from > 0)
		}
	}
}

// columnRuns finds where the columns from column on, counted (tap,channel),
// lie in the padded copy relative to a position. Neighbouring taps of a row
// often lie side by side and become one run.
func (w *weightGradient) columnRuns(s *scratch, column int) {
	s.runs = s.runs[:0]
	for i := 0; i < w.tile.cols; {
		t, c := (column+i)/w.depth, (column+i)%w.depth
		if t >= w.KH*w.KW {
			return
		}
		n := min(w.depth-c, w.tile.cols-i)
		src := (t/w.KW*w.DilationH*w.padW+t%w.KW*w.DilationW)*w.depth + c
		if last := len(s.runs) - 1; last >= 0 && s.runs[last].src+s.runs[last].len == src {
			s.runs[last].len += n
		} else {
			s.runs = append(s.runs, run{column: i, src: src, len: n})
		}
		i += n
	}
}

// gather packs positions from..from+count: [count][tile.cols].
func (w *weightGradient) gather(b []float32, runs []run, from, count int) {
	cols := w.tile.cols
	outW := w.OutW()
	row, col := from/outW, from%outW
	for i := range count {
		image, y := row/w.band, row%w.band
		src := w.x[((image*w.padH+y*w.StrideH)*w.padW+col*w.StrideW)*w.depth:]
		to := b[i*cols : (i+1)*cols]
		for _, r := range runs {
			copyRun(to[r.column:], src[r.src:], r.len)
		}
		if col++; col == outW {
			row, col = row+1, 0
		}
	}
}

// unpack brings the sums from (row,tap,channel) to (row,channel,tap) order.
func (w *weightGradient) unpack(dw []float32) {
	taps := w.KH * w.KW
	w.ws.each(w.rows, func(_ *scratch, row int) {
		from := w.product[row*w.columns:]
		to := dw[(w.group*w.rows+row)*w.depth*taps:]
		for c := range w.depth {
			for t := range taps {
				to[c*taps+t] = from[t*w.depth+c]
			}
		}
	})
}

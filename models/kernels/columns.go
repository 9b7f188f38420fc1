package kernels

// columns is one piece of a product: the columns of some images, or of a band
// of rows of one image.
type columns struct {
	*product
	tile    tile
	scratch *scratch

	first, images int
	top, band     int
}

// run is a stretch of columns within one row of the grid: source positions
// are contiguous, output positions outStepX apart.
type run struct {
	column   int // in its tile
	src, out int // in the padded planes; in an image's channel 0
	len      int
}

// layout cuts the columns into tiles, and each tile into runs.
func (c *columns) layout() {
	s := c.scratch
	s.runs, s.tiles = s.runs[:0], append(s.tiles[:0], 0)
	imageSize := c.depth * c.paddedSize(c.band)
	outImage := c.groups * c.rows * c.outH * c.outW
	column := 0
	for image := range c.images {
		for i := range c.band {
			src := image*imageSize + i*c.stepY*c.padded.row
			out := (c.first+image)*outImage + (c.fromY+(c.top+i)*c.outStepY)*c.outW + c.fromX
			for l := 0; l < c.gridW; {
				n := min(c.gridW-l, c.tile.cols-column)
				s.runs = append(s.runs, run{column: column, src: src + l, out: out + l*c.outStepX, len: n})
				l += n
				if column += n; column == c.tile.cols {
					s.tiles = append(s.tiles, len(s.runs))
					column = 0
				}
			}
		}
	}
	if column > 0 {
		s.tiles = append(s.tiles, len(s.runs))
	}
}

// multiply computes one group's rows for the columns.
func (c *columns) multiply(group int, out, src, a []float32) {
	s, t := c.scratch, c.tile
	planeSize := c.paddedSize(c.band)
	x := s.get(slotX, c.images*c.depth*planeSize)
	srcPlane := c.srcH * c.srcW
	for image := range c.images {
		for ch := range c.depth {
			from := ((c.first+image)*c.groups+group)*c.depth + ch
			at := (image*c.depth + ch) * planeSize
			c.pad(x[at:at+planeSize], src[from*srcPlane:(from+1)*srcPlane], c.top, c.band)
		}
	}
	depth := c.depth * len(c.taps)
	b := s.get(slotB, blockDepth*t.cols)
	plane := c.outH * c.outW
	var result [maxTile]float32
	for k := 0; k < depth; k += blockDepth {
		n := min(blockDepth, depth-k)
		for i := range len(s.tiles) - 1 {
			runs := s.runs[s.tiles[i]:s.tiles[i+1]]
			c.gather(b, x, runs, planeSize, k, n)
			whole := c.contiguous(runs)
			for row := 0; row < c.rows; row += t.rows {
				at := a[row*depth+k*t.rows:]
				o := out[(group*c.rows+row)*plane:]
				if whole && row+t.rows <= c.rows {
					t.run(n, &at[0], &b[0], &o[runs[0].out], plane, k > 0)
					continue
				}
				t.run(n, &at[0], &b[0], &result[0], t.cols, false)
				for r := range min(t.rows, c.rows-row) {
					c.scatter(o[r*plane:], result[r*t.cols:], runs, k > 0)
				}
			}
		}
	}
}

// contiguous says whether a tile can be written straight to the output.
func (c *columns) contiguous(runs []run) bool {
	if c.outStepX > 1 {
		return false
	}
	end := 0
	for _, r := range runs {
		if r.out != runs[0].out+r.column {
			return false
		}
		end = r.column + r.len
	}
	return end == c.tile.cols
}

// gather packs rows k..k+n of S for one tile: [n][tile.cols].
func (c *columns) gather(b, x []float32, runs []run, planeSize, k, n int) {
	cols := c.tile.cols
	ch, t := k/len(c.taps), k%len(c.taps)
	for i := range n {
		from := x[ch*planeSize+c.taps[t].offset:]
		to := b[i*cols : (i+1)*cols]
		for _, r := range runs {
			copyRun(to[r.column:], from[r.src:], r.len)
		}
		if t++; t == len(c.taps) {
			ch, t = ch+1, 0
		}
	}
}

// copyRun copies n values; the lengths that powers of two bring are unrolled.
func copyRun(dst, src []float32, n int) {
	switch n {
	case 4:
		*(*[4]float32)(dst) = *(*[4]float32)(src)
	case 8:
		*(*[8]float32)(dst) = *(*[8]float32)(src)
	case 16:
		*(*[16]float32)(dst) = *(*[16]float32)(src)
	default:
		copy(dst[:n], src[:n])
	}
}

func (c *columns) scatter(out, result []float32, runs []run, add bool) {
	step := c.outStepX
	for _, r := range runs {
		from, o := result[r.column:r.column+r.len], r.out
		for _, v := range from {
			if add {
				v += out[o]
			}
			out[o] = v
			o += step
		}
	}
}

package pixel

import "fmt"

// MaxBlur is the largest side of a blur's kernel, in pixels.
const MaxBlur = 15

// Blur is the mean over size by size pixels, size being odd and at most
// MaxBlur, and what lies beyond the edges mirrored (reflect-101): OpenCV's blur.
func (p *Packed) Blur(size int) {
	checkKernel(size)
	if size == 1 {
		return
	}
	reach := size / 2
	width, dst := 4*p.Width, p.result(p.Width, p.Height)
	all := sized(&p.sums, width+8*reach+slack)
	clear(all)
	sums := all[4*reach:][:width]
	zero := sized(&p.padded, width)
	clear(zero)
	for y := -reach; y < reach; y++ {
		slideRow(sums, p.row(y), zero)
	}
	for y := range p.Height {
		drop := zero
		if y > 0 {
			drop = p.row(y - reach - 1)
		}
		slideRow(sums, p.row(y+reach), drop)
		for i := range reach {
			left := 4 * int(mirror(int32(-reach+i), int32(p.Width-1)))
			right := 4 * int(mirror(int32(p.Width+i), int32(p.Width-1)))
			copy(all[4*i:4*i+4], sums[left:left+4])
			copy(all[4*reach+width+4*i:][:4], sums[right:right+4])
		}
		boxRow(dst[y*width:(y+1)*width], all, size)
	}
	p.replace(p.Width, p.Height)
}

// row is row y of the image, mirrored at its edges.
func (p *Packed) row(y int) []uint8 {
	y = int(mirror(int32(y), int32(p.Height-1)))
	return p.pix[4*y*p.Width : 4*(y+1)*p.Width]
}

func checkKernel(size int) {
	if size < 1 || size > MaxBlur || size%2 == 0 {
		panic(fmt.Sprintf("pixel: no blur of %d pixels", size))
	}
}

func slideRow(sum []uint16, add, drop []uint8) {
	for i := fastSlide(sum, add, drop); i < len(sum); i++ {
		sum[i] += uint16(add[i]) - uint16(drop[i])
	}
}

// boxRow rounds to the nearest; an odd area leaves no halves.
func boxRow(dst []uint8, sums []uint16, size int) {
	area := size * size
	for i := fastBox(dst, sums, size); i < len(dst); i++ {
		sum := area / 2
		for k := range size {
			sum += int(sums[i+4*k])
		}
		dst[i] = uint8(sum / area)
	}
}

// Cell is a place in a blur's kernel: column and row, from 0.
type Cell struct{ X, Y int }

// MotionBlur is the mean over the pixels on the line from one cell of a size by
// size kernel to another, size being odd and at most MaxBlur, and what lies
// beyond the edges mirrored (reflect-101). The line has OpenCV's pixels, and the
// mean is rounded as OpenCV's filter2D does it, halves to even.
func (p *Packed) MotionBlur(size int, from, to Cell) {
	checkKernel(size)
	reach := size / 2
	cells := line(from, to)
	if len(cells) == 1 {
		panic("pixel: a motion blur needs two cells")
	}
	wide := p.Width + 2*reach
	padded := sized(&p.padded, 4*wide*p.Height+slack)
	for y := range p.Height {
		row, to := p.row(y), padded[4*y*wide:4*(y+1)*wide]
		copy(to[4*reach:], row)
		for i := range reach {
			left := 4 * int(mirror(int32(-reach+i), int32(p.Width-1)))
			right := 4 * int(mirror(int32(p.Width+i), int32(p.Width-1)))
			copy(to[4*i:4*i+4], row[left:left+4])
			copy(to[4*(reach+p.Width+i):][:4], row[right:right+4])
		}
	}
	width, dst := 4*p.Width, p.result(p.Width, p.Height)
	rows, taps := make([][]uint8, len(cells)), make([]*uint8, len(cells))
	for y := range p.Height {
		for i, c := range cells {
			from := int(mirror(int32(y+c.Y-reach), int32(p.Height-1)))
			rows[i] = padded[4*(from*wide+c.X):][:width]
			taps[i] = &rows[i][0]
		}
		lineRow(dst[y*width:(y+1)*width], rows, taps)
	}
	p.replace(p.Width, p.Height)
}

func lineRow(dst []uint8, rows [][]uint8, taps []*uint8) {
	n := len(rows)
	for i := fastLine(dst, taps, uint16((1<<16+n-1)/n)); i < len(dst); i++ {
		sum := n / 2
		for _, r := range rows {
			sum += int(r[i])
		}
		mean := sum / n
		if n%2 == 0 && mean*n == sum {
			mean &^= 1
		}
		dst[i] = uint8(mean)
	}
}

// line gives the cells of OpenCV's line of one pixel's width, by Bresenham from
// the left end; from the first end if the line is upright.
func line(from, to Cell) []Cell {
	if to.X < from.X {
		from, to = to, from
	}
	dx, dy, down := to.X-from.X, to.Y-from.Y, 1
	if dy < 0 {
		dy, down = -dy, -1
	}
	along, across := Cell{1, 0}, Cell{0, down}
	if dy > dx {
		dx, dy = dy, dx
		along, across = across, along
	}
	cells := []Cell{from}
	behind := dx - 2*dy
	for range dx {
		if behind < 0 {
			from.X, from.Y = from.X+across.X, from.Y+across.Y
			behind += 2 * dx
		}
		behind -= 2 * dy
		from.X, from.Y = from.X+along.X, from.Y+along.Y
		cells = append(cells, from)
	}
	return cells
}

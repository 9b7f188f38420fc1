package jpeg

// band is a component's samples of one row of units, and the last line of the row
// before, which the first lines of pixels may weigh. Each line has margins, where
// its ends are repeated.
type band struct {
	buf    []byte
	stride int
	lines  int // of a row of units
	first  int // which of the component's lines is the first of the row
	last   int // the component's last line
	width  int // samples
	wide   []byte
	hx, vx int // pixels across and down that a sample stands for
}

// margin is how many bytes are before and after a line.
const margin = 32

// openBands makes each component's band.
func (d *decoder) openBands() {
	for i := range d.components {
		c := &d.components[i]
		b := &c.band
		b.stride = margin + 8*c.across + margin
		b.lines = 8 * c.v
		b.width, b.last = c.width, c.height-1
		b.hx, b.vx = d.h/c.h, d.v/c.v
		b.buf = grown(b.buf, (1+b.lines)*b.stride)
		b.wide = grown(b.wide, b.hx*8*c.across)
		c.spread = spreading(b)
	}
	d.out.shown, d.out.inks = 0, len(d.components) == 4
	d.out.rgb = len(d.components) == 3 && d.isRGB() || d.out.inks && !d.isYCCK()
}

// grown gives a slice of n bytes, of b's memory if it is enough.
func grown(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// place is where a block of the row of units begins.
func (b *band) place(x, y int) (at, stride int) {
	return (1+8*y)*b.stride + margin + 8*x, b.stride
}

// line is one of the component's lines, or the nearest that there is.
func (b *band) line(y int) []byte { return b.around(y)[1 : 1+b.width] }

// around is line with a sample before and one after, which repeat its ends.
func (b *band) around(y int) []byte {
	y = max(0, min(y, b.last))
	return b.buf[(1+y-b.first)*b.stride+margin-1:][:b.width+2]
}

// filled is called when a row of units is in the band.
func (b *band) filled(row int) {
	b.first = row * b.lines
	for y := b.first; y < b.first+b.lines; y++ {
		line := b.buf[(1+y-b.first)*b.stride:]
		line[margin-1], line[margin+b.width] = line[margin], line[margin+b.width-1]
	}
}

// keep moves the last line to where the next row of units finds it.
func (b *band) keep() { copy(b.buf[:b.stride], b.buf[b.lines*b.stride:]) }

// emit makes pixels of a row of units. The last line of pixels may want what
// comes after, and waits for the next row.
func (d *decoder) emit(row int) {
	for i := range d.components {
		d.components[i].band.filled(row)
	}
	end := (row+1)*8*d.v - 1
	if row == d.down-1 {
		end = d.header.Height
	}
	for ; d.out.shown < end; d.out.shown++ {
		var lines [4][]byte
		for i := range d.components {
			c := &d.components[i]
			lines[i] = c.spread(&c.band, d.out.shown)[:d.header.Width]
		}
		d.out.line(&lines)
	}
	for i := range d.components {
		d.components[i].band.keep()
	}
}

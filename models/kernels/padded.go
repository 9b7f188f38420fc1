package kernels

// paddedPlane is how a band of a source plane is copied before columns are
// gathered from it: with zeros around it, so that no tap needs a bounds check,
// and, where columns lie stepX apart, dealt out into stepX parts a row, so
// that the source of neighbouring columns is always contiguous.
type paddedPlane struct {
	minY, minX int
	spanY      int // rows that the taps of one grid row reach over
	part       int // values of one part of a row
	row        int // values of a row: stepX parts
}

// padPlane works out the copy's layout and every tap's offset in it.
func padPlane(p *product) paddedPlane {
	if len(p.taps) == 0 {
		return paddedPlane{}
	}
	l := paddedPlane{minY: p.taps[0].y, minX: p.taps[0].x}
	maxY, maxX := l.minY, l.minX
	for _, t := range p.taps {
		l.minY, maxY = min(l.minY, t.y), max(maxY, t.y)
		l.minX, maxX = min(l.minX, t.x), max(maxX, t.x)
	}
	l.spanY = maxY - l.minY + 1
	l.part = p.gridW + (maxX-l.minX)/p.stepX
	l.row = p.stepX * l.part
	for i := range p.taps {
		t := &p.taps[i]
		x := t.x - l.minX
		t.offset = (t.y-l.minY)*l.row + x%p.stepX*l.part + x/p.stepX
	}
	return l
}

// size is the number of values of the copy that serves band grid rows.
func (p *product) paddedSize(band int) int {
	return ((band-1)*p.stepY + p.padded.spanY) * p.padded.row
}

// pad copies what grid rows top..top+band read of a source plane.
func (p *product) pad(dst, src []float32, top, band int) {
	l := &p.padded
	for r := range (band-1)*p.stepY + l.spanY {
		row := dst[r*l.row : (r+1)*l.row]
		y := top*p.stepY + l.minY + r
		if y < 0 || y >= p.srcH {
			clear(row)
			continue
		}
		from := src[y*p.srcW : (y+1)*p.srcW]
		for q := range p.stepX {
			deal(row[q*l.part:(q+1)*l.part], from, q+l.minX, p.stepX)
		}
	}
}

// deal sets dst[l] = src[first+l*step], zero outside src.
func deal(dst, src []float32, first, step int) {
	lo := 0
	if first < 0 {
		lo = min(len(dst), ceil(-first, step))
	}
	hi := lo
	if at := first + lo*step; at < len(src) {
		hi = min(len(dst), lo+ceil(len(src)-at, step))
	}
	clear(dst[:lo])
	clear(dst[hi:])
	if step == 1 {
		copy(dst[lo:hi], src[first+lo:])
		return
	}
	at := first + lo*step
	for i := range dst[lo:hi] {
		dst[lo+i] = src[at]
		at += step
	}
}

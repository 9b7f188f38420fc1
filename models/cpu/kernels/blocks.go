package kernels

import "unsafe"

// Lanes is how many channels lie beside each other in a block.
const Lanes = 8

const (
	floatBytes = 4
	laneBytes  = Lanes * floatBytes
)

// Blocks is how many blocks c channels take.
func Blocks(c int) int { return ceil(c, Lanes) }

// ToBlocks lays images x (n,c,plane) out in blocks, y (n,Blocks(c),plane,Lanes),
// with zeros in the lanes beyond c.
func ToBlocks(ws *Workspace, n, c, plane int, y, x []float32) {
	blocks := Blocks(c)
	ws.each(n*blocks, func(_ *scratch, i int) {
		to := y[i*plane*Lanes : (i+1)*plane*Lanes]
		image, first := i/blocks, i%blocks*Lanes
		interleave(to, x[(image*c+first)*plane:], min(Lanes, c-first), plane, Lanes, plane)
	})
}

// FromBlocks is the way back from ToBlocks.
func FromBlocks(ws *Workspace, n, c, plane int, y, x []float32) {
	blocks := Blocks(c)
	ws.each(n*c, func(_ *scratch, i int) {
		from := x[(i/c*blocks+i%c/Lanes)*plane*Lanes+i%c%Lanes:]
		for p := range y[i*plane : (i+1)*plane] {
			y[i*plane+p] = from[p*Lanes]
		}
	})
}

// interleave sets to[p*lanes+c] to from[c*stride+p] for count channels at n
// positions, and the other lanes to zero.
func interleave(to, from []float32, count, n, lanes, stride int) {
	if count == 4 && lanes == 4 && n >= Lanes {
		whole := n / Lanes * Lanes
		_, _ = to[4*whole-1], from[3*stride+whole-1]
		machines[0].interleave4(n/Lanes, &to[0], &from[0], stride*floatBytes)
		if to, from, n = to[4*whole:], from[whole:], n-whole; n == 0 {
			return
		}
	}
	for c := range lanes {
		if c >= count {
			for p := range n {
				to[p*lanes+c] = 0
			}
			continue
		}
		row := from[c*stride : c*stride+n]
		for p, v := range row {
			to[p*lanes+c] = v
		}
	}
}

// vec is the vector that lies bytes from p.
func vec(p *float32, bytes int) *[Lanes]float32 {
	return (*[Lanes]float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}

// value is the value that lies bytes from p.
func value(p *float32, bytes int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}

// at is a pointer into v, or nil for a nil v.
func at(v []float32, i int) *float32 {
	if v == nil {
		return nil
	}
	return &v[i]
}

// vectors is a pointer to n vectors of v from i on, or nil for a nil v. Loops
// past the end of a slice start with its panic.
func vectors(v []float32, i, n int) *float32 {
	if v == nil {
		return nil
	}
	return &v[i : i+n*Lanes : len(v)][0]
}

// moveVector copies a vector. By way of a local it stays a pair of moves in line.
func moveVector(to, from []float32) {
	v := *(*[Lanes]float32)(from)
	*(*[Lanes]float32)(to) = v
}

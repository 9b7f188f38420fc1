package zarr

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Magic begins an Extract's bytes.
const Magic = "\x93ZARR\r\n\x01"

// Extract is a piece of an array as it is stored: what lies from Lo to below Hi of each
// axis, in encoded chunks.
type Extract struct {
	Array  *Array
	Lo, Hi []int
	View   View

	chunks [][]byte // of each unit of the piece, the last axis first; nil: it is not there
}

// View is what axes of an extract are: numbers of them, -1 for what there is not.
type View struct {
	Y, X, Z int
	Project string `json:",omitempty"` // what becomes of several slices: max or mean
}

// mostUnits is how many chunks an extract may have.
const mostUnits = 1 << 20

// units gives the first and the end of the numbers of chunks that a piece lies in.
func (a *Array) units(lo, hi []int) (first, end []int, err error) {
	shape, _ := a.unit()
	if len(lo) != len(shape) || len(hi) != len(shape) {
		return nil, nil, fmt.Errorf("a piece of %d dimensions, of an array of %d", len(lo), len(shape))
	}
	first, end = make([]int, len(lo)), make([]int, len(lo))
	count := 1
	for i := range lo {
		if lo[i] < 0 || hi[i] <= lo[i] || hi[i] > a.Shape[i] {
			return nil, nil, fmt.Errorf("a piece from %v to %v, of an array of %v", lo, hi, a.Shape)
		}
		first[i], end[i] = lo[i]/shape[i], (hi[i]-1)/shape[i]+1
		if count *= end[i] - first[i]; count > mostUnits {
			return nil, nil, fmt.Errorf("the piece lies in more than %d chunks", mostUnits)
		}
	}
	return first, end, nil
}

// Need is how much memory the chunks of a piece take, unless they were packed.
func (a *Array) Need(lo, hi []int) (int64, error) {
	first, end, err := a.units(lo, hi)
	if err != nil {
		return 0, err
	}
	n := a.ChunkBytes()
	for i := range first {
		if n *= int64(end[i] - first[i]); n > 1<<50 {
			return n, nil
		}
	}
	return n, nil
}

// Absent is how many of the extract's chunks are not there, and of how many.
func (e *Extract) Absent() (absent, all int) {
	for _, c := range e.chunks {
		if c == nil {
			absent++
		}
	}
	return absent, len(e.chunks)
}

// head is what stands before the chunks in an extract's bytes.
type head struct {
	Metadata string
	Lo, Hi   []int
	View     View
}

// Bytes is the extract as one piece of bytes: the same for the same contents, wherever
// the array was.
func (e *Extract) Bytes() ([]byte, error) {
	h, err := json.Marshal(head{string(e.Array.metadata), e.Lo, e.Hi, e.View})
	if err != nil {
		return nil, err
	}
	n := len(Magic) + 4 + len(h)
	for _, c := range e.chunks {
		n += 8 + len(c)
	}
	b := append(make([]byte, 0, n), Magic...)
	b = append(binary.LittleEndian.AppendUint32(b, uint32(len(h))), h...)
	for _, c := range e.chunks {
		length := uint64(len(c))
		if c == nil {
			length = math.MaxUint64
		}
		b = binary.LittleEndian.AppendUint64(b, length)
	}
	for _, c := range e.chunks {
		b = append(b, c...)
	}
	return b, nil
}

var errCut = fmt.Errorf("extract: %w", io.ErrUnexpectedEOF)

// ReadExtract reads what Bytes has written. The chunks are parts of b.
func ReadExtract(b []byte) (*Extract, error) {
	if len(b) < len(Magic)+4 || string(b[:len(Magic)]) != Magic {
		return nil, errors.New("extract: is none")
	}
	b = b[len(Magic):]
	n := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return nil, errCut
	}
	var h head
	if err := unmarshal(b[:n], &h); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	a, err := Parse([]byte(h.Metadata))
	if err != nil {
		return nil, err
	}
	first, end, err := a.units(h.Lo, h.Hi)
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	for _, axis := range []int{h.View.Y, h.View.X, h.View.Z} {
		if axis < -1 || axis >= len(h.Lo) {
			return nil, fmt.Errorf("extract: axis %d of %d", axis, len(h.Lo))
		}
	}
	e := &Extract{Array: a, Lo: h.Lo, Hi: h.Hi, View: h.View}
	count := 1
	for i := range first {
		count *= end[i] - first[i]
	}
	if b = b[n:]; len(b)/8 < count {
		return nil, errCut
	}
	lengths, b := b[:8*count], b[8*count:]
	e.chunks = make([][]byte, count)
	for i := range e.chunks {
		length := binary.LittleEndian.Uint64(lengths[8*i:])
		switch {
		case length == math.MaxUint64:
		case length > uint64(len(b)):
			return nil, errCut
		default:
			e.chunks[i], b = b[:length:length], b[length:]
		}
	}
	if len(b) > 0 {
		return nil, errors.New("extract: something stands behind the chunks")
	}
	return e, nil
}

// Size is how many bytes the numbers of the extract's y and x take: a plane of it.
func (e *Extract) Size() (width, height int) {
	return e.Hi[e.View.X] - e.Lo[e.View.X], e.Hi[e.View.Y] - e.Lo[e.View.Y]
}

// Groups are the slices of the extract that lie in the same chunks, from and to.
func (e *Extract) Groups() (list [][2]int) {
	z := e.View.Z
	if z < 0 {
		return [][2]int{{0, 1}}
	}
	shape, _ := e.Array.unit()
	for from := e.Lo[z]; from < e.Hi[z]; {
		to := min((from/shape[z]+1)*shape[z], e.Hi[z])
		list = append(list, [2]int{from, to})
		from = to
	}
	return list
}

// Place decodes some slices: each a plane of rows from y to y, one behind the other in
// dst, in the machine's order of bytes.
func (e *Extract) Place(dst []byte, zFrom, zTo int) error {
	width, height := e.Size()
	each := e.Array.Type.Size
	steps := make([]int, len(e.Lo))
	steps[e.View.X], steps[e.View.Y] = each, width*each
	lo, hi := slices.Clone(e.Lo), slices.Clone(e.Hi)
	planes := 1
	if z := e.View.Z; z >= 0 {
		steps[z] = width * height * each
		lo[z], hi[z] = zFrom, zTo
		planes = zTo - zFrom
	}
	for i := range lo {
		if i != e.View.X && i != e.View.Y && i != e.View.Z && hi[i]-lo[i] != 1 {
			return fmt.Errorf("extract: axis %d has %d places, of which one plane is made", i, hi[i]-lo[i])
		}
	}
	if len(dst) != planes*width*height*each {
		return fmt.Errorf("extract: %d bytes for %d planes of %d x %d", len(dst), planes, width, height)
	}
	first, end, err := e.Array.units(e.Lo, e.Hi)
	if err != nil {
		return err
	}
	all := make([]int, len(first)) // how many units there are along each axis
	for i := range all {
		all[i] = end[i] - first[i]
	}
	count := stepsOf(all, 1)
	from, to, err := e.Array.units(lo, hi)
	if err != nil {
		return err
	}
	shape, c := e.Array.unit()
	extent, inside := make([]int, len(lo)), make([]int, len(lo))
	var scratch, row []byte
	for _, unit := range indices(from, to) {
		at, i := 0, 0
		for axis, n := range unit {
			begin := n * shape[axis]
			a, b := max(begin, lo[axis]), min(begin+shape[axis], hi[axis])
			extent[axis], inside[axis] = b-a, a-begin
			at += (a - lo[axis]) * steps[axis]
			i += (n - first[axis]) * count[axis]
		}
		var d decoded
		if src := e.chunks[i]; src == nil { // a row of fill stands for all
			inside[e.View.X] = 0
			d = decoded{bytes: filled(&row, e.Array.fill, extent[e.View.X]), steps: make([]int, len(lo)), big: bigMachine}
			d.steps[e.View.X] = each
		} else if d, err = c.decode(src, shape, e.Array.Type, e.Array.fill, &scratch); err != nil {
			return fmt.Errorf("chunk %s: %w", e.Array.name(unit), err)
		}
		skip := 0
		for axis, n := range inside {
			skip += n * d.steps[axis]
		}
		copyNumbers(dst[at:], steps, d.bytes[skip:], d.steps, extent, each, d.big != bigMachine)
	}
	return nil
}

// filled is a row of n numbers, each the fill value.
func filled(row *[]byte, fill []byte, n int) []byte {
	for len(*row) < n*len(fill) {
		*row = append(*row, fill...)
	}
	return *row
}

// name is how messages call a unit.
func (a *Array) name(unit []int) string {
	if !a.sharded() {
		return a.key(unit)
	}
	shard, within := a.split(unit)
	return fmt.Sprintf("%v of shard %s", within, a.key(shard))
}

// split gives the shard of a unit, and which in there it is.
func (a *Array) split(unit []int) (shard, within []int) {
	grid := a.codecs.sharding.grid(a.chunk)
	shard, within = make([]int, len(unit)), make([]int, len(unit))
	for i, n := range unit {
		shard[i], within[i] = n/grid[i], n%grid[i]
	}
	return shard, within
}

package crops

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// RLE is a cell's mask as run lengths: so many pixels outside, so many inside, and
// so on, column by column from the top left, as COCO's tools have it. The runs cover
// the whole field.
type RLE []uint32

// mostText is how many bytes the run lengths of one cell may have once they are
// unpacked. A cell of 3000 columns has some ten thousand.
const mostText = 4 << 20

// ParseRLE reads a mask as the challenge of 2021 has it: base64 of zlib of COCO's
// text, of a field of this size. The runs must cover it exactly.
func ParseRLE(text string, width, height int) (RLE, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the mask is no base64: %w", err)
	}
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("the mask: %w", noEOF(err))
	}
	pixels := int64(width) * int64(height)
	most := min(mostText, 8*(pixels+2)) // a number takes at most 7 characters
	counts, err := io.ReadAll(io.LimitReader(z, most+1))
	if err != nil {
		return nil, fmt.Errorf("the mask: %w", noEOF(err))
	}
	if int64(len(counts)) > most {
		return nil, fmt.Errorf("the mask's run lengths are more than %d bytes, which no mask of %dx%d pixels has", most, width, height)
	}
	return parseCounts(counts, pixels)
}

// noEOF calls the end of what is cut off by its name.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseCounts reads COCO's text: numbers of 5 bits a character, the lowest first,
// of which the sixth bit says that more follow, with their sign; from the fourth on
// they are differences from the one before the last.
func parseCounts(text []byte, pixels int64) (RLE, error) {
	var runs RLE
	var sum int64
	for at := 0; at < len(text); {
		var n int64
		for shift := 0; ; shift += 5 {
			if at == len(text) || shift > 35 {
				return nil, errors.New("the mask's run lengths are cut off, or are none")
			}
			c := int64(text[at]) - 48
			at++
			if c < 0 || c > 63 {
				return nil, fmt.Errorf("the mask's run lengths have a character %q that COCO's have not", text[at-1])
			}
			n |= (c & 31) << shift
			if c&32 == 0 {
				if c&16 != 0 {
					n |= -1 << (shift + 5)
				}
				break
			}
		}
		if len(runs) > 2 {
			n += int64(runs[len(runs)-2])
		}
		if sum += n; n < 0 || sum > pixels {
			return nil, fmt.Errorf("the mask's run lengths are not those of %d pixels", pixels)
		}
		runs = append(runs, uint32(n))
	}
	if sum != pixels {
		return nil, fmt.Errorf("the mask's run lengths cover %d of %d pixels", sum, pixels)
	}
	return runs, nil
}

// String is the mask as the challenge has it.
func (r RLE) String() string {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, zlib.BestCompression)
	z.Write(appendCounts(nil, r)) // into memory: there is nothing to go wrong
	z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// appendCounts writes COCO's text.
func appendCounts(text []byte, r RLE) []byte {
	for i, count := range r {
		n := int64(count)
		if i > 2 {
			n -= int64(r[i-2])
		}
		for more := true; more; {
			c := n & 31
			n >>= 5
			if more = n != 0; c&16 != 0 {
				more = n != -1
			}
			if more {
				c |= 32
			}
			text = append(text, byte(c+48))
		}
	}
	return text
}

// cell finds the box of a mask; none of one without a pixel.
func (r RLE) cell(label uint32, height int) (c Cell, found bool) {
	b := box{label: label, left: -1}
	at := 0
	for i, n := range r {
		if i%2 == 1 && n > 0 {
			first, last := at, at+int(n)-1
			top, bottom := first%height, last%height
			if first/height != last/height { // it goes on in the next column, and so has the ends of both
				top, bottom = 0, height-1
			}
			if b.left < 0 {
				b.left, b.top, b.bottom = first/height, top, bottom
			}
			b.right = last / height
			b.top, b.bottom = min(b.top, top), max(b.bottom, bottom)
			b.area += int(n)
		}
		at += int(n)
	}
	if b.left < 0 {
		return Cell{}, false
	}
	c = b.cell()
	c.runs = r
	return c, true
}

// fill marks a cell's pixels in its box.
func (r RLE) fill(in []bool, height int, c Cell) {
	at := 0
	for i, n := range r {
		if i%2 == 1 {
			for p := at; p < at+int(n); p++ {
				in[(p%height-c.Y)*c.W+p/height-c.X] = true
			}
		}
		at += int(n)
	}
}

// encodeRLE is the mask of a box's pixels in a field.
func encodeRLE(in []bool, c Cell, width, height int) RLE {
	runs := RLE{0}
	inside := false
	add := func(v bool, n int) {
		if n == 0 {
			return
		}
		if v != inside {
			runs = append(runs, 0)
			inside = v
		}
		runs[len(runs)-1] += uint32(n)
	}
	add(false, c.X*height)
	for x := range c.W {
		add(false, c.Y)
		for y := range c.H {
			add(in[y*c.W+x], 1)
		}
		add(false, height-c.Y-c.H)
	}
	add(false, (width-c.X-c.W)*height)
	return runs
}

//go:build !purego

package png

import (
	"encoding/binary"

	"hpaflow/data/processor"
)

var hasAVX2 = processor.AVX2

// band is the memory for undoing the filters of 32 rows at once.
//
// A filter makes a byte wait for the one before it, so a row cannot be sped up by
// itself. But when each row is a pixel behind the row above it, what a byte needs
// of that row is there, and 32 rows advance together in the byte lanes of a
// vector, whatever their filters. The rows are turned into such vectors, worked
// on, and turned back.
type band struct {
	t      []byte // vectors of 32 bytes, after 3 of zeros for each byte of a pixel
	above  []byte // the row above, after zeros
	bounce [bandRows * 16]byte
	masks  [4][bandRows]byte
	starts [maxPixel + 1][]byte // by the bytes of a pixel
}

const (
	bandRows  = 32
	maxPixel  = 8
	aboveHead = 16 + maxPixel
	vector    = 32
)

// lead is how far row r is behind row 0, in bytes: rows 16 up are a pixel more.
func lead(r, pixel int) int {
	if r >= bandRows/2 {
		return (r + 1) * pixel
	}
	return r * pixel
}

// unfilterBands undoes the filters of as many rows as it can, from the first on,
// and says how many that were. raw has at least margin bytes more than the rows.
func (b *band) unfilterBands(dst, raw []byte, rows, row, pixel int) int {
	last := lead(bandRows-1, pixel)
	if !hasAVX2 || row < max(last, 64) {
		return 0
	}
	steps := row + last
	blocks := (steps + 15) / 16
	head := 3 * pixel * vector
	if n := head + blocks*16*vector; len(b.t) < n {
		b.t = make([]byte, n)
	}
	clear(b.t[:head])
	t := b.t[head:]
	b.above = grown(b.above, aboveHead+blocks*16)
	clear(b.above)
	stride := 1 + row
	done := 0
	for ; rows-done >= bandRows; done += bandRows {
		src := raw[done*stride:]
		b.setMasks(src, stride)
		skewAVX2(&t[0], &src[1], stride-pixel, bandRows/2*(stride-pixel)-pixel, blocks)
		b.clearStart(t, pixel)
		above := &b.above[aboveHead]
		if pixel == 1 {
			wavePixelAVX2(&t[0], above, &b.masks, steps)
		} else {
			waveAVX2(&t[0], above, &b.masks, pixel, steps)
		}
		to := dst[done*row : (done+bandRows)*row]
		b.store(to, t, blocks, row, pixel)
		copy(b.above[aboveHead:], to[(bandRows-1)*row:])
	}
	return done
}

func (b *band) setMasks(raw []byte, stride int) {
	b.masks = [4][bandRows]byte{}
	for r := range bandRows {
		if f := raw[r*stride]; f != filterNone {
			b.masks[f-1][r] = 0xff
		}
	}
}

// clearStart makes the bytes before the beginning of each row zeros, which
// stay zeros whatever the filter, and so are what a row's first pixel needs.
func (b *band) clearStart(t []byte, pixel int) {
	mask := b.starts[pixel]
	if mask == nil {
		mask = make([]byte, lead(bandRows-1, pixel)*vector)
		for i := range mask {
			if i/vector >= lead(i%vector, pixel) {
				mask[i] = 0xff
			}
		}
		b.starts[pixel] = mask
	}
	for i := 0; i+8 <= len(mask); i += 8 {
		binary.LittleEndian.PutUint64(t[i:], binary.LittleEndian.Uint64(t[i:])&binary.LittleEndian.Uint64(mask[i:]))
	}
}

// store turns the vectors back into rows.
//
// Whole blocks are written as long as no row has ended. What that writes before
// the beginning of a row is the end of the row above, which a later block writes
// rightly. The last blocks go through a buffer.
func (b *band) store(dst, t []byte, blocks, row, pixel int) {
	whole := row / 16
	unskewAVX2(&dst[0], row-pixel, bandRows/2*(row-pixel)-pixel, &t[0], whole)
	for k := whole; k < blocks; k++ {
		unskewAVX2(&b.bounce[0], 16, 16*bandRows/2, &t[k*16*vector], 1)
		for r := range bandRows {
			at := 16*k - lead(r, pixel)
			if end := min(row, at+16); at < end {
				skip := max(0, -at)
				copy(dst[r*row+at+skip:r*row+end], b.bounce[16*r+skip:])
			}
		}
	}
}

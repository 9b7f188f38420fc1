package png

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestBandsAreRows compares the way filters are undone with undoing them row
// by row, for any mix of filters, and looks after what lies beyond the result.
func TestBandsAreRows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	var d decoder
	for trial := range 300 {
		pixel := []int{1, 2, 3, 4, 6, 8}[trial%6]
		width, rows := 1+r.IntN(200), 1+r.IntN(140)
		if trial%7 == 0 {
			width = 300 + r.IntN(300)
		}
		row := width * pixel
		n := rows * (1 + row)
		d.raw = make([]byte, n+margin)
		smooth := r.IntN(2) == 0
		for i := range d.raw {
			d.raw[i] = byte(r.Uint32())
			if smooth {
				d.raw[i] %= 4
			}
		}
		only := r.IntN(2 * filters) // one filter throughout, or any mix
		for y := range rows {
			d.raw[y*(1+row)] = byte(r.IntN(filters))
			if only < filters {
				d.raw[y*(1+row)] = byte(only)
			}
		}
		want := make([]byte, rows*row)
		unfilterRows(want, d.raw, make([]byte, row), row, pixel)
		const canary = 0xa5
		memory := bytes.Repeat([]byte{canary}, rows*row+128)
		got := memory[64 : 64+rows*row : 64+rows*row]
		d.unfilter(got, n, row, pixel)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d rows of %d pixels of %d bytes: differ", rows, width, pixel)
		}
		for i, v := range memory {
			if (i < 64 || i >= 64+rows*row) && v != canary {
				t.Fatalf("%d rows of %d pixels of %d bytes: byte %d beyond the result was written", rows, width, pixel, i-64)
			}
		}
	}
}

// TestUnfilterUndoesFilters filters by the specification's words and undoes it.
func TestUnfilterUndoesFilters(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for filter := range byte(filters) {
		for _, pixel := range []int{1, 3, 4} {
			row, above := make([]byte, 40*pixel), make([]byte, 40*pixel)
			for i := range row {
				row[i], above[i] = byte(r.Uint32()), byte(r.Uint32())
			}
			stored := make([]byte, len(row))
			for i := range row {
				a, b, c := 0, int(above[i]), 0
				if i >= pixel {
					a, c = int(row[i-pixel]), int(above[i-pixel])
				}
				p := a + b - c
				near := func(v int) int { return max(p-v, v-p) }
				nearest := c
				if near(b) <= near(c) {
					nearest = b
				}
				if near(a) <= near(b) && near(a) <= near(c) {
					nearest = a
				}
				stored[i] = row[i] - byte([filters]int{0, a, b, (a + b) / 2, nearest}[filter])
			}
			got := make([]byte, len(row))
			unfilterRow(got, stored, above, filter, pixel)
			if !bytes.Equal(got, row) {
				t.Errorf("filter %d, %d bytes a pixel: not undone", filter, pixel)
			}
			if filter == filterAverage {
				filterAverageRow(got, row, above, pixel)
				if !bytes.Equal(got, stored) {
					t.Errorf("%d bytes a pixel: the Average filter differs from its definition", pixel)
				}
			}
		}
	}
}

func BenchmarkUnfilter(b *testing.B) {
	for _, pixel := range []int{1, 4} {
		b.Run(fmt.Sprint(pixel), func(b *testing.B) {
			const row, rows = 512, 512
			var d decoder
			d.raw = make([]byte, rows*(1+row)+margin)
			for i := range d.raw {
				d.raw[i] = byte(i*i>>3) % filters
			}
			dst := make([]byte, rows*row)
			b.SetBytes(rows * row)
			for b.Loop() {
				d.unfilter(dst, rows*(1+row), row, pixel)
			}
		})
	}
}

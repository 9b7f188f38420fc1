package tiff

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"hpaflow/data/codec/tiff/tifftest"
)

// pagesOf reads all pages of a file and their texts, which it measures: how many bytes
// of memory have been asked for.
func pagesOf(b []byte) (texts int, asked uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	defer func() {
		runtime.ReadMemStats(&after)
		asked = after.TotalAlloc - before.TotalAlloc
	}()
	f, err := Open(b)
	if err != nil {
		return 0, 0, err
	}
	for i := range f.Len() {
		p, err := f.Page(i)
		if err != nil {
			return texts, 0, err
		}
		for _, text := range p.Descriptions() {
			texts += len(text)
		}
	}
	return texts, 0, nil
}

// strips is a page of one column of 8-bit pixels, each a strip.
func strips(n, offsets, counts int) [][4]int {
	return [][4]int{
		{int(ImageWidth), 3, 1, 1}, {int(ImageLength), 4, 1, n}, {int(BitsPerSample), 3, 1, 8}, {int(Compression), 3, 1, 1}, {int(Photometric), 3, 1, BlackIsZero},
		{int(StripOffsets), 4, n, offsets}, {int(SamplesPerPixel), 3, 1, 1}, {int(RowsPerStrip), 3, 1, 1}, {int(StripByteCounts), 4, n, counts},
	}
}

// shared writes pages of which each has all numbers of the file.
func shared(pages int, page func(n int) [][4]int) []byte {
	const n = 1 << 16
	b := []byte(tifftest.Header)
	for range n {
		b = binary.LittleEndian.AppendUint32(b, 8)
	}
	all := make([][][4]int, pages)
	for i := range all {
		all[i] = page(n)
	}
	return tifftest.Pages(b, all...)
}

// TestNumbersOfPages: pages cannot have more numbers than the file has bytes.
func TestNumbersOfPages(t *testing.T) {
	for what, page := range map[string]func(n int) [][4]int{
		"offsets and counts": func(n int) [][4]int { return strips(n, 8, 8) },
		"counts not given":   func(n int) [][4]int { return strips(n, 8, 8)[:8] },
		"samples of a pixel": func(n int) [][4]int {
			return append([][4]int{{int(SamplesPerPixel), 3, 1, n - 1}, {int(ExtraSamples), 3, n - 1, 8}}, strips(1, 8, 1)...)
		},
	} {
		b := shared(200, page)
		_, asked, err := pagesOf(b)
		if err == nil || !strings.Contains(err.Error(), "numbers, more than the file has bytes") {
			t.Errorf("%s: %v", what, err)
		}
		if most := uint64(32 * len(b)); asked > most {
			t.Errorf("%s: a file of %d bytes took %d", what, len(b), asked)
		}
	}
}

// TestSharedCounts: pages may have one array of counts, and many pages few numbers.
func TestSharedCounts(t *testing.T) {
	const n, pages = 64, 300
	b := []byte(tifftest.Header)
	for range n {
		b = binary.LittleEndian.AppendUint32(b, 1)
	}
	all := make([][][4]int, pages)
	for i := range all {
		at := len(b)
		for k := range n {
			b = binary.LittleEndian.AppendUint32(b, uint32(at+4*n+k))
		}
		b = append(b, make([]byte, n)...)
		all[i] = strips(n, at, 8)
	}
	if _, _, err := pagesOf(tifftest.Pages(b, all...)); err != nil {
		t.Error(err)
	}
}

// TestOverlappingDirectories: each entry would be read once for each directory it is in.
func TestOverlappingDirectories(t *testing.T) {
	// A directory begins at each entry: their number ends the entry before, and where
	// the next directory is begins the entry behind its last.
	const n = 1000
	order := binary.LittleEndian
	b := order.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), n)
	for i := range 2*n + 1 {
		b = order.AppendUint32(b, uint32(max(0, 8+12*(i-n+1))))
		b = append(b, make([]byte, 6)...)
		b = order.AppendUint16(b, n)
	}
	if _, err := Open(b); err == nil || !strings.Contains(err.Error(), "overlaps those of earlier pages") {
		t.Error(err)
	}
}

// TestTextsOfAPage: texts together are no more than the file.
func TestTextsOfAPage(t *testing.T) {
	const n = 1 << 16
	fields := strips(1, 8, 1)
	for range 500 {
		fields = append(fields, [4]int{int(ImageDescription), 2, n, 8})
	}
	b := tifftest.Pages(append([]byte(tifftest.Header), strings.Repeat("x", n)...), fields)
	texts, asked, err := pagesOf(b)
	if err != nil || texts < n || texts > len(b) || asked > 1<<20 {
		t.Errorf("a file of %d bytes has texts of %d and took %d: %v", len(b), texts, asked, err)
	}
}

// TestTextsThatAreRead: a text that the file cannot have hides no other.
func TestTextsThatAreRead(t *testing.T) {
	fields := append(strips(1, 8, 1), [4]int{int(ImageDescription), 2, 1 << 20, 8}, [4]int{int(ImageDescription), 2, 5, 8}, [4]int{int(ImageDescription), 2, 6, 13})
	f, err := Open(tifftest.Pages([]byte(tifftest.Header+"first"+"second"), fields))
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Page(0)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%q", p.Descriptions()); got != `["" "first" "second"]` {
		t.Error(got)
	}
}

package png

import (
	"bytes"
	"image"
	"image/png"
	"testing"
)

// TestWithoutSurplus: what is behind the pixels goes, whatever the sort of
// image, and image/png reads the file as if it had never been there.
func TestWithoutSurplus(t *testing.T) {
	for what, head := range map[string][]byte{
		"grey":            header(40, 36, 8, 0),
		"one bit":         header(41, 7, 1, 0),
		"RGB of 16 bits":  header(5, 9, 16, 2),
		"palette":         header(9, 9, 4, 3),
		"grey and alpha":  header(3, 2, 8, 4),
		"RGB and alpha":   header(33, 2, 8, 6),
		"interlaced":      interlaced(header(13, 11, 8, 0)),
		"interlaced dot":  interlaced(header(1, 1, 16, 6)),
		"interlaced line": interlaced(header(1, 9, 4, 3)),
	} {
		parts := func(stream ...[]byte) []byte {
			all := []part{{"IHDR", head}, {"PLTE", make([]byte, 48)}}
			if head[9]&3 == 0 { // grey has no palette
				all = all[:1]
			}
			for _, s := range stream {
				all = append(all, part{"IDAT", s})
			}
			return file(append(all, part{"tEXt", []byte("Comment\x00cells")}, part{"IEND", nil})...)
		}
		raw := make([]byte, filteredSize(head))
		for i := range raw {
			raw[i] = byte(i % 3 & 1) // filters None and Sub
		}
		plain := zlibbed(t, raw)
		want, err := png.Decode(bytes.NewReader(parts(plain)))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		byteMore := zlibbed(t, append(bytes.Clone(raw), 5))
		for how, b := range map[string][]byte{
			"no surplus":       parts(plain),
			"a byte":           parts(byteMore),
			"in two chunks":    parts(byteMore[:len(byteMore)/2], byteMore[len(byteMore)/2:]),
			"as many and more": parts(zlibbed(t, append(bytes.Clone(raw), make([]byte, len(raw)+mostSurplus)...))),
			"behind the end":   parts(append(bytes.Clone(plain), make([]byte, 9000)...)),
			"a chunk of it":    parts(plain, make([]byte, 9000)),
		} {
			cut, ok := WithoutSurplus(b)
			if !ok {
				t.Errorf("%s, %s: refused", what, how)
				continue
			}
			if got, err := png.Decode(bytes.NewReader(cut)); err != nil || !sameImage(got, want) {
				t.Errorf("%s, %s: %v, or other pixels", what, how, err)
			}
		}
		wrongSum := bytes.Clone(byteMore)
		wrongSum[len(wrongSum)-1]++
		for how, b := range map[string][]byte{
			"too many bytes":  parts(zlibbed(t, append(bytes.Clone(raw), make([]byte, len(raw)+mostSurplus+1)...))),
			"a byte too few":  parts(zlibbed(t, raw[1:])),
			"a wrong sum":     parts(wrongSum),
			"a surplus cut":   parts(byteMore[:len(byteMore)-5]),
			"nothing":         nil,
			"no end of chunk": parts(plain)[:60],
		} {
			if _, ok := WithoutSurplus(b); ok {
				t.Errorf("%s, %s: accepted", what, how)
			}
		}
	}
	if _, ok := WithoutSurplus(file(part{"IHDR", header(1<<24, 1<<24, 16, 6)}, part{"IDAT", zlibbed(t, make([]byte, 99))}, part{"IEND", nil})); ok {
		t.Error("an image larger than life was accepted")
	}
}

// FuzzWithoutSurplus: a file that image/png reads is the same one without a surplus.
func FuzzWithoutSurplus(f *testing.F) {
	for i, planes := range []int{1, 3, 4} {
		f.Add(encoded(f, draw(uint64(i), 20, 10, planes, 8+8*(i%2), 8), png.DefaultCompression))
	}
	f.Add(file(part{"IHDR", interlaced(header(2, 2, 8, 0))}, part{"IDAT", zlibbed(f, []byte{0, 1, 0, 2, 0, 3, 4, 9})}, part{"IEND", nil}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !small(b) {
			return
		}
		cut, ok := WithoutSurplus(b)
		if !ok {
			return
		}
		want, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			return
		}
		if got, err := png.Decode(bytes.NewReader(cut)); err != nil || !sameImage(got, want) {
			t.Fatalf("%v, or other pixels", err)
		}
	})
}

func interlaced(head []byte) []byte {
	head[12] = 1
	return head
}

func sameImage(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

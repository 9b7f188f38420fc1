package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"math/rand/v2"
	"testing"

	"hpaflow/data"
)

// part is a chunk to be written.
type part struct {
	kind    string
	content []byte
}

// file writes a PNG of chunks, with right checksums.
func file(parts ...part) []byte {
	b := []byte(signature)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.content)))
		at := len(b)
		b = append(append(b, p.kind...), p.content...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[at:]))
	}
	return b
}

func header(w, h int, depth, colour byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(w))
	b = binary.BigEndian.AppendUint32(b, uint32(h))
	return append(b, depth, colour, 0, 0, 0)
}

func zlibbed(t testing.TB, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// agrees holds Decode to image/png: what it accepts, image/png accepts, with the
// same pixels.
func agrees(t testing.TB, what string, b []byte) (accepted bool) {
	t.Helper()
	var im *data.Image
	err := Decode(b, planesOf(&im))
	if err != nil {
		if !errors.Is(err, ErrOther) {
			t.Fatalf("%s: error %v", what, err)
		}
		return false
	}
	want, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%s: accepted, but image/png says %v", what, err)
	}
	if size := want.Bounds().Size(); size.X != im.Width || size.Y != im.Height {
		t.Fatalf("%s: %d x %d pixels, image/png has %v", what, im.Width, im.Height, size)
	}
	size := im.Depth() / 8
	var pix []byte
	channels := len(im.Planes)
	switch m := want.(type) {
	case *image.Gray:
		pix = m.Pix
	case *image.Gray16:
		pix = m.Pix
	case *image.RGBA:
		pix, channels = m.Pix, 4
	case *image.RGBA64:
		pix, channels = m.Pix, 4
	case *image.NRGBA:
		pix = m.Pix
	case *image.NRGBA64:
		pix = m.Pix
	default:
		t.Fatalf("%s: image/png has a %T", what, want)
	}
	for c, p := range im.Planes {
		for i := range im.Width * im.Height {
			at := (i*channels + c) * size
			if size == 1 && p.U8[i] != pix[at] || size == 2 && p.U16[i] != binary.BigEndian.Uint16(pix[at:]) {
				t.Fatalf("%s: pixel %d of plane %d differs from image/png's", what, i, c)
			}
		}
	}
	return true
}

// TestBrokenFiles makes files that are broken in every way we could think of,
// with right checksums around the fault, and files that are odd but sound.
func TestBrokenFiles(t *testing.T) {
	const w, h = 40, 36
	raw := make([]byte, h*(1+w))
	r := rand.New(rand.NewPCG(6, 6))
	for i := range raw {
		raw[i] = byte(r.IntN(9))
		if i%(1+w) == 0 {
			raw[i] = byte(r.IntN(filters))
		}
	}
	head, packed := header(w, h, 8, 0), zlibbed(t, raw)
	ihdr, idat, iend := part{"IHDR", head}, part{"IDAT", packed}, part{"IEND", nil}
	with := func(b []byte, at int, v byte) []byte {
		b = bytes.Clone(b)
		b[at] = v
		return b
	}
	half := len(packed) / 2
	first, second := part{"IDAT", packed[:half]}, part{"IDAT", packed[half:]}
	text := part{"tEXt", []byte("Comment\x00cells")}
	nothing := part{"IDAT", nil}

	sound := map[string][]byte{
		"plain":             file(ihdr, idat, iend),
		"two chunks":        file(ihdr, first, second, iend),
		"an empty chunk":    file(ihdr, first, nothing, second, iend),
		"text everywhere":   file(ihdr, text, idat, text, iend),
		"bytes after IEND":  append(file(ihdr, idat, iend), "trailing"...),
		"a chunk of gamma":  file(ihdr, part{"gAMA", []byte{0, 0, 0xb1, 0x8f}}, idat, iend),
		"a byte a chunk":    file(append(append([]part{ihdr}, bytewise(packed)...), iend)...),
		"unknown lowercase": file(ihdr, part{"zzZz", []byte{1}}, idat, iend),
	}
	for what, b := range sound {
		if !agrees(t, what, b) {
			t.Errorf("%s: refused", what)
		}
	}

	wrongSum := with(packed, len(packed)-1, packed[len(packed)-1]+1)
	broken := map[string][]byte{
		"nothing":                   {},
		"a signature":               []byte(signature),
		"another signature":         with(sound["plain"], 0, 'X'),
		"no IHDR":                   file(idat, iend),
		"no IDAT":                   file(ihdr, iend),
		"no IEND":                   file(ihdr, idat),
		"IHDR twice":                file(ihdr, ihdr, idat, iend),
		"IHDR after IDAT":           file(ihdr, idat, ihdr, iend),
		"a short IHDR":              file(part{"IHDR", head[:12]}, idat, iend),
		"a long IHDR":               file(part{"IHDR", append(bytes.Clone(head), 0)}, idat, iend),
		"IEND with content":         file(ihdr, idat, part{"IEND", []byte{0}}),
		"a palette in grey":         file(ihdr, part{"PLTE", make([]byte, 6)}, idat, iend),
		"IEND first":                file(iend, ihdr, idat),
		"text within pixels":        file(ihdr, first, text, second, iend),
		"half the pixels":           file(ihdr, first, iend),
		"an empty IDAT":             file(ihdr, nothing, iend),
		"another zlib method":       file(ihdr, part{"IDAT", with(packed, 0, 0x79)}, iend),
		"a zlib dictionary":         file(ihdr, part{"IDAT", append([]byte{0x78, 0xbb, 0, 0, 0, 1}, packed[2:]...)}, iend),
		"a zlib window of 64K":      file(ihdr, part{"IDAT", append([]byte{0x88, 0x1c}, packed[2:]...)}, iend),
		"wrong zlib header sum":     file(ihdr, part{"IDAT", with(packed, 1, packed[1]+1)}, iend),
		"wrong Adler sum":           file(ihdr, part{"IDAT", wrongSum}, iend),
		"no Adler sum":              file(ihdr, part{"IDAT", packed[:len(packed)-4]}, iend),
		"a row too few":             file(ihdr, part{"IDAT", zlibbed(t, raw[:len(raw)-1-w])}, iend),
		"a byte too few":            file(ihdr, part{"IDAT", zlibbed(t, raw[:len(raw)-1])}, iend),
		"a byte too many":           file(ihdr, part{"IDAT", zlibbed(t, append(bytes.Clone(raw), 0))}, iend),
		"filter 5":                  file(ihdr, part{"IDAT", zlibbed(t, with(raw, 0, 5))}, iend),
		"filter 255 in the end":     file(ihdr, part{"IDAT", zlibbed(t, with(raw, (h-1)*(1+w), 255))}, iend),
		"the third kind of block":   file(ihdr, part{"IDAT", with(packed, 2, packed[2]|6)}, iend),
		"a length beyond the end":   with(sound["plain"], 8, 0x7f),
		"a length beyond 31 bits":   with(sound["plain"], 8, 0x80),
		"an image larger than life": file(part{"IHDR", header(1<<23, 1<<23, 16, 6)}, idat, iend),
	}
	for what, b := range broken {
		if agrees(t, what, b) {
			t.Errorf("%s: accepted", what)
		}
	}
	for at, v := range head {
		for change := range 256 {
			b := file(part{"IHDR", with(head, at, byte(change))}, idat, iend)
			if agrees(t, fmt.Sprintf("IHDR byte %d is %d", at, change), b) != (byte(change) == v) {
				t.Errorf("IHDR byte %d changed from %d to %d: accepted", at, v, change)
			}
		}
	}
	plain := sound["plain"]
	for n := range plain {
		if agrees(t, "cut", plain[:n]) {
			t.Errorf("%d of %d bytes were enough", n, len(plain))
		}
		for bit := range 8 {
			if agrees(t, "flipped", with(plain, n, plain[n]^1<<bit)) {
				t.Errorf("bit %d of byte %d flipped: accepted", bit, n)
			}
		}
	}
	// Past the checksums of chunks, into the stream.
	for n := range packed {
		for bit := range 8 {
			agrees(t, "flipped in the stream", file(ihdr, part{"IDAT", with(packed, n, packed[n]^1<<bit)}, iend))
		}
	}
}

func bytewise(b []byte) (parts []part) {
	for i := range b {
		parts = append(parts, part{"IDAT", b[i : i+1]})
	}
	return parts
}

// TestErrorOfAlloc: a caller's refusal comes back, and nothing is decoded.
func TestErrorOfAlloc(t *testing.T) {
	refused := errors.New("too large")
	err := Decode(encoded(t, draw(1, 9, 9, 1, 8, 4), png.DefaultCompression), func(h Header) ([]data.Plane, error) {
		if h != (Header{Width: 9, Height: 9, Channels: 1, Depth: 8}) {
			t.Errorf("header %+v", h)
		}
		return nil, refused
	})
	if err != refused {
		t.Fatalf("error %v", err)
	}
}

// FuzzDecode gives whole files, with image/png as the oracle.
func FuzzDecode(f *testing.F) {
	for i, planes := range []int{1, 3, 4} {
		im := draw(uint64(i), 70, 40, planes, 8+8*(i%2), 8)
		f.Add(encoded(f, im, png.DefaultCompression))
		f.Add(encoded(f, im, png.NoCompression))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if small(b) {
			agrees(t, "fuzzed", b)
		}
	})
}

// FuzzPixels gives filtered rows and how they are cut into chunks: always sound
// but for the filters.
func FuzzPixels(f *testing.F) {
	f.Add([]byte("\x01abcdefgh\x04abcdefgh"), uint8(8), uint8(0), uint16(7))
	f.Add(bytes.Repeat([]byte("\x03\x10\xf0\x04\x20\x01\xff"), 900), uint8(100), uint8(2), uint16(100))
	f.Fuzz(func(t *testing.T, raw []byte, width, sort uint8, cut uint16) {
		kind := []struct {
			depth, colour byte
			channels      int
		}{{8, 0, 1}, {16, 0, 1}, {8, 2, 3}, {8, 6, 4}, {16, 6, 4}, {16, 2, 3}}[sort%6]
		stride := 1 + int(width)*kind.channels*int(kind.depth)/8
		rows := len(raw) / stride
		if width == 0 || rows == 0 || len(raw) > 1<<16 {
			return
		}
		raw = bytes.Clone(raw[:rows*stride])
		valid := true
		for y := range rows {
			valid = valid && raw[y*stride] < filters
		}
		packed := zlibbed(t, raw)
		at := int(cut) % len(packed)
		b := file(part{"IHDR", header(int(width), rows, kind.depth, kind.colour)},
			part{"IDAT", packed[:at]}, part{"IDAT", packed[at:]}, part{"IEND", nil})
		if agrees(t, "fuzzed", b) != valid {
			t.Fatalf("accepted is %v", !valid)
		}
	})
}

// small says that a file asks for no more memory than a test should.
func small(b []byte) bool {
	config, err := png.DecodeConfig(bytes.NewReader(b))
	return err != nil || config.Width*config.Height < 1<<20
}

package blosc

import (
	"archive/zip"
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// chunks are buffers that c-blosc has written, of the archive of package zarr: its tests
// hold what they decode to.
func chunks(t testing.TB) (list [][]byte) {
	t.Helper()
	z, err := zip.OpenReader("../../zarr/testdata/golden.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "2/blosc") || strings.HasSuffix(f.Name, ".zarray") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, b)
	}
	if len(list) < 30 {
		t.Fatalf("only %d chunks", len(list))
	}
	return list
}

// What is cut off anywhere is an error, and what a changed byte does stays inside.
func TestDamaged(t *testing.T) {
	for _, b := range chunks(t) {
		n, err := Size(b)
		if err != nil {
			t.Fatal(err)
		}
		fenced := bytes.Repeat([]byte{0xa5}, int(n)+64)
		if err := Decode(fenced[:n:n], b); err != nil {
			t.Fatal(err)
		}
		for cut := 0; cut < len(b); cut += 1 + len(b)/40 {
			if _, err := Size(b[:cut:cut]); err == nil {
				t.Errorf("%d of %d bytes are a whole buffer", cut, len(b))
			}
		}
		for at := 16; at < len(b); at += 1 + len(b)/60 {
			c := bytes.Clone(b)
			c[at] ^= 0x55
			_ = Decode(fenced[:n:n], c)
		}
		if !bytes.Equal(fenced[n:], bytes.Repeat([]byte{0xa5}, 64)) {
			t.Fatal("wrote outside")
		}
	}
}

// Shuffled the plain way, bytes and bits come back.
func TestShuffles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		element := rapid.IntRange(1, 9).Draw(t, "element")
		n := rapid.OneOf(rapid.IntRange(0, 99), rapid.Map(rapid.IntRange(0, 40), func(n int) int { return 8 * n }), rapid.Just(2064)).Draw(t, "n")
		defer func(was bool) { avx2 = was }(avx2)
		avx2 = avx2 && rapid.Bool().Draw(t, "assembly")
		src := make([]byte, n*element+element-1)
		rand.NewChaCha8([32]byte{byte(n), byte(element)}).Read(src)
		got, moved := make([]byte, len(src)), bytes.Clone(src)
		for i := range n {
			for j := range element {
				moved[j*n+i] = src[i*element+j]
			}
		}
		if unshuffle(got, moved, element); !bytes.Equal(got, src) {
			t.Fatalf("bytes of %d: %x, want %x", element, got, src)
		}
		moved = bytes.Clone(src)
		if n%8 == 0 {
			clear(moved[:n*element])
			for i := range n {
				for bit := range 8 * element {
					if src[i*element+bit/8]>>(bit%8)&1 == 1 {
						moved[bit*n/8+i/8] |= 1 << (i % 8)
					}
				}
			}
		}
		if unshuffleBits(got, moved, element); !bytes.Equal(got, src) {
			t.Fatalf("bits of %d: %x, want %x", element, got, src)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, b := range chunks(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Size(b)
		if err != nil || n > 1<<20 {
			return
		}
		dst := bytes.Repeat([]byte{0xa5}, int(n)+16)
		_ = Decode(dst[:n:n], b)
		if !bytes.Equal(dst[n:], bytes.Repeat([]byte{0xa5}, 16)) {
			t.Fatal("wrote outside")
		}
	})
}

package shards

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"
)

// bytesOf is bytes of several sorts, of any length.
func bytesOf(r *rand.Rand, n int, sort int) []byte {
	p := make([]byte, n)
	for i := range p {
		switch sort {
		case 0:
			p[i] = byte(r.Uint32())
		case 1:
			p[i] = 9
		case 2:
			p[i] = byte(r.IntN(3))
		case 3:
			p[i] = byte(min(255, int(r.ExpFloat64()*12)))
		}
	}
	return p
}

// piecesOf cuts bytes.
func piecesOf(p []byte, cuts []int) (pieces [][]byte) {
	at := 0
	for _, cut := range append(cuts, len(p)) {
		cut = min(max(cut, at), len(p))
		pieces = append(pieces, p[at:cut])
		at = cut
	}
	return pieces
}

// TestLiteralsAreZstd reads our frames with a decoder that knows nothing of
// them, which checks the sizes and the checksum.
func TestLiteralsAreZstd(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sizes := []int{0, 1, 2, 7, 31, 32, 255, 256, 257, 1000, 1023, 1024, 1025, 16383, 16384, literalsBlock - 1, literalsBlock,
		literalsBlock + 1, 3*literalsBlock + 5, 1 << 20}
	for _, n := range sizes {
		for sort := range 4 {
			p := bytesOf(r, n, sort)
			for _, cuts := range [][]int{nil, {0, n}, {n / 3, n / 2}, {1}} {
				frame := appendLiterals(nil, uint32(xxhash.Sum64(p)), piecesOf(p, cuts)...)
				if got, err := decoder().DecodeAll(frame, nil); err != nil || !bytes.Equal(got, p) {
					t.Fatalf("%d bytes of sort %d, cuts %v: %v", n, sort, cuts, err)
				}
				if most := n + 14 + 9*(n/literalsBlock+4); len(frame) > most {
					t.Fatalf("%d bytes of sort %d became %d", n, sort, len(frame))
				}
			}
		}
	}
}

func TestLiteralsChecksum(t *testing.T) {
	p := bytesOf(rand.New(rand.NewPCG(1, 3)), 5000, 3)
	frame := appendLiterals(nil, uint32(xxhash.Sum64(p))+1, p)
	if _, err := decoder().DecodeAll(frame, nil); err == nil {
		t.Fatal("a wrong checksum was accepted")
	}
}

// TestUpFilter compares words of lanes with the definition.
func TestUpFilter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 9).Draw(t, "height")
		depth := rapid.SampledFrom([]int{8, 16}).Draw(t, "depth")
		row := width * depth / 8
		plane := rapid.SliceOfN(rapid.Byte(), row*height, row*height).Draw(t, "plane")
		stored, back := make([]byte, len(plane)), make([]byte, len(plane))
		filterUp(stored, plane, row, depth)
		for i := 0; i < len(plane); i += depth / 8 {
			if i < row {
				continue
			}
			if depth == 8 && stored[i] != plane[i]-plane[i-row] {
				t.Fatalf("byte %d is %d", i, stored[i])
			}
			if depth == 16 {
				u16 := binary.LittleEndian.Uint16
				if u16(stored[i:]) != u16(plane[i:])-u16(plane[i-row:]) {
					t.Fatalf("value %d is %d", i/2, u16(stored[i:]))
				}
			}
		}
		undoUp(back, stored, row, depth)
		if !bytes.Equal(stored[:row], plane[:row]) || !bytes.Equal(back, plane) {
			t.Fatal("the filter is not undone")
		}
	})
}

// TestPayloadsAreNamed: a filtered member says so in its name and in the JSON.
func TestPayloadsAreNamed(t *testing.T) {
	for _, p := range Payloads {
		f, err := EncodeSample(made(5), p)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := decoder().DecodeAll(f.Packed, nil)
		if err != nil {
			t.Fatal(err)
		}
		filtered := p == Up
		if bytes.Contains(raw, []byte("sample_005.rgby.up.npy")) != filtered || bytes.Contains(raw, []byte(`"filter":"up"`)) != filtered ||
			bytes.Contains(raw, []byte("sample_005.rgby.npy")) == filtered {
			t.Errorf("%s: members are not named as they should be", p)
		}
		if got, err := DecodeSample(f.Packed); err != nil || !equal(got, made(5)) {
			t.Errorf("%s: %v", p, err)
		}
		lies := bytes.Replace(raw, []byte(`"filter":"up"`), []byte(`"fixter":"up"`), 1)
		if _, err := parse(lies); (err == nil) == filtered {
			t.Errorf("%s: without its filter in the JSON: %v", p, err)
		}
	}
	if _, err := EncodeSample(made(5), "lzma"); err == nil {
		t.Error("an unknown payload was taken")
	}
}

// TestLiteralsOfFewSymbols: every number of symbols, and each symbol as the last.
func TestLiteralsOfFewSymbols(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for n := 2; n <= 256; n++ {
		for _, steep := range []bool{false, true} {
			p := make([]byte, 5000)
			for i := range p {
				k := r.IntN(n)
				if steep {
					k = min(n-1, int(r.ExpFloat64()*2))
				}
				p[i] = byte(k * 255 / (n - 1))
			}
			for _, p := range [][]byte{p, p[:900], p[:40]} {
				frame := appendLiterals(nil, uint32(xxhash.Sum64(p)), p)
				if got, err := decoder().DecodeAll(frame, nil); err != nil || !bytes.Equal(got, p) {
					t.Fatalf("%d symbols, %d bytes: %v", n, len(p), err)
				}
			}
		}
	}
}

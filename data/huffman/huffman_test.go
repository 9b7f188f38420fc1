package huffman

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// TestLengths: the lengths are within bounds, make a complete code, and are
// no longer in all than Huffman's where there is room.
func TestLengths(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for trial := range 500 {
		counts := make([]uint32, 2+r.IntN(256))
		for i := range counts {
			switch trial % 4 {
			case 0:
				counts[i] = uint32(r.IntN(3))
			case 1:
				counts[i] = uint32(r.ExpFloat64() * 1000)
			case 2: // the steepest there is
				counts[i] = uint32(1) << min(i, 30)
			case 3:
				counts[i] = 7
			}
		}
		lengths := make([]uint8, len(counts))
		for _, longest := range []int{MaxBits, 9} {
			Lengths(lengths, counts, longest)
			space, used := 0, 0
			for i, n := range lengths {
				if int(n) > longest || (n > 0) != (counts[i] > 0) {
					t.Fatalf("trial %d: symbol %d of count %d has length %d", trial, i, counts[i], n)
				}
				if n > 0 {
					space += 1 << (longest - int(n))
					used++
				}
			}
			if used > 1 && space != 1<<longest || used == 1 && space != 1<<(longest-1) {
				t.Fatalf("trial %d: %d codes fill %d of %d", trial, used, space, 1<<longest)
			}
			for i := range counts {
				for j := range counts {
					if counts[i] > counts[j] && counts[j] > 0 && lengths[i] > lengths[j] {
						t.Fatalf("trial %d: symbol %d occurs more often than %d and has the longer code", trial, i, j)
					}
				}
			}
		}
	}
	// 1, 1, 2, 3, 5, 8: Huffman's lengths, which the limit does not touch.
	lengths := make([]uint8, 6)
	Lengths(lengths, []uint32{8, 1, 5, 1, 3, 2}, 14)
	if !bytes.Equal(lengths, []uint8{1, 5, 2, 5, 3, 4}) {
		t.Errorf("lengths %v", lengths)
	}
}

func TestLog2(t *testing.T) {
	for x := 1.0; x < 1e6; x *= 1.01 {
		if d := log2(x) - math.Log2(x); math.Abs(d) > 0.01 {
			t.Fatalf("log2(%v) is off by %v", x, d)
		}
	}
}

func TestTake(t *testing.T) {
	p := []byte("any bytes, one after the other, and some of them more often than others")
	var h Histogram
	h.Take(p, 1)
	for i, n := range h {
		if int(n) != bytes.Count(p, []byte{byte(i)}) {
			t.Fatalf("%d of byte %d", n, i)
		}
	}
	h.Take(bytes.Repeat(p, 50), 4)
	for i, n := range h {
		if n == 0 || bytes.IndexByte(p, byte(i)) < 0 && n > 1 {
			t.Fatalf("sampled: %d of byte %d", n, i)
		}
	}
}

// TestPush writes bit by bit what Push and PushBack write.
func TestPush(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for trial := range 300 {
		var codes Codes
		for i := range codes {
			n := uint8(1 + r.IntN(MaxBits))
			if trial%5 == 0 {
				n = MaxBits
			}
			codes.Set(byte(i), uint32(r.IntN(1<<n)), n)
		}
		p := make([]byte, r.IntN(70))
		for i := range p {
			p[i] = byte(r.Uint32())
		}
		before := Bits{N: uint(r.IntN(8))}
		before.Word = r.Uint64N(1 << before.N)
		for _, back := range []bool{false, true} {
			var bits []byte
			for i := range before.N {
				bits = append(bits, byte(before.Word>>i&1))
			}
			for i := range p {
				v := p[i]
				if back {
					v = p[len(p)-1-i]
				}
				n := int(codes[v] & 63)
				for k := range n {
					bits = append(bits, byte(codes[v]>>(64-n+k)&1))
				}
			}
			out := bytes.Repeat([]byte{0xa5}, Room(len(p))+8)
			b, wrote := before, 0
			if back {
				wrote = b.PushBack(out, p, &codes)
			} else {
				wrote = b.Push(out, p, &codes)
			}
			if wrote*8+int(b.N) != len(bits) || b.N > 7 || b.Word>>b.N != 0 {
				t.Fatalf("%d bytes and %d bits of %d, word %x", wrote, b.N, len(bits), b.Word)
			}
			for i, bit := range bits {
				got := b.Word >> (i % 8) & 1
				if i/8 < wrote {
					got = uint64(out[i/8]) >> (i % 8) & 1
				}
				if got != uint64(bit) {
					t.Fatalf("bit %d of %d is wrong", i, len(bits))
				}
			}
			if !bytes.Equal(out[Room(len(p)):], bytes.Repeat([]byte{0xa5}, 8)) {
				t.Fatal("written beyond the room")
			}
		}
	}
}

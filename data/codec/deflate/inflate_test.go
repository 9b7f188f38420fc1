package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// deflated compresses at a level; -2 is Huffman only.
func deflated(t testing.TB, p []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// material is bytes of many sorts: noise, runs, few values, steep histograms
// that need codes longer than the table's index.
func material(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 9))
	p := make([]byte, r.IntN(60000))
	sort := seed % 6
	for i := range p {
		switch sort {
		case 0:
			p[i] = byte(r.Uint32())
		case 1:
			p[i] = byte(i / 1000)
		case 2:
			p[i] = byte(r.IntN(3))
		case 3:
			p[i] = byte(min(255, int(r.ExpFloat64()*9)))
		case 4: // a Fibonacci-like histogram
			for p[i] < 40 && r.IntN(5) < 3 {
				p[i]++
			}
			if r.IntN(3000) == 0 {
				p[i] = byte(r.Uint32())
			}
		case 5:
			if i > 300 && r.IntN(10) > 0 {
				p[i] = p[i-1-r.IntN(3)*97]
			} else {
				p[i] = byte(r.Uint32())
			}
		}
	}
	return p
}

func TestInflateAnyLevel(t *testing.T) {
	var z Inflater
	seeds := uint64(120)
	if raced {
		seeds = 30 // of each sort, at each level
	}
	for seed := range seeds {
		p := material(seed)
		level := []int{-2, 1, 6, 9, 0}[seed/6%5]
		b := deflated(t, p, level)
		dst := make([]byte, len(p)+1)
		took, err := z.Inflate(dst[:len(p)], append(b, "beyond the end"...))
		if err != nil || took != len(b) || !bytes.Equal(dst[:len(p)], p) {
			t.Fatalf("seed %d, level %d: took %d of %d, %v", seed, level, took, len(b), err)
		}
		if _, err := z.Inflate(append(dst, 0)[:len(p)+1-len(p)%2*min(2, len(p))], b); err == nil {
			t.Fatalf("seed %d: a wrong size was accepted", seed)
		}
	}
}

// TestInflateCutShort cuts streams at every byte.
func TestInflateCutShort(t *testing.T) {
	var z Inflater
	for _, level := range []int{-2, 0, 6} {
		p := material(9)[:700]
		b := deflated(t, p, level)
		dst := make([]byte, len(p))
		for n := range b {
			if _, err := z.Inflate(dst, b[:n]); err == nil {
				t.Fatalf("level %d: %d of %d bytes were enough", level, n, len(b))
			}
		}
	}
}

// FuzzInflate holds the inflater to what compress/flate says of a stream: the
// same bytes out of the same bytes, or an error.
func FuzzInflate(f *testing.F) {
	for seed := range uint64(12) {
		p := material(seed)
		f.Add(deflated(f, p[:min(len(p), 2000)], []int{-2, 1, 9}[seed%3]))
	}
	f.Add([]byte("\x4b\x4c\x44\x00\x00")) // fixed code, overlapping copy
	f.Fuzz(func(t *testing.T, b []byte) {
		in := bytes.NewReader(b)
		const most = 1 << 18
		want, err := io.ReadAll(io.LimitReader(flate.NewReader(in), most+1))
		if len(want) > most {
			return
		}
		var z Inflater
		dst := make([]byte, len(want)+1)
		took, ours := z.Inflate(dst[:len(want)], b)
		if err != nil {
			if ours == nil {
				t.Fatalf("accepted what flate refuses: %v", err)
			}
			return
		}
		if ours != nil {
			t.Fatalf("refused what flate accepts: %v", ours)
		}
		if read := len(b) - in.Len(); took != read {
			t.Fatalf("took %d bytes, flate %d", took, read)
		}
		if !bytes.Equal(dst[:len(want)], want) {
			t.Fatal("other bytes than flate's")
		}
		if _, err := z.Inflate(dst, b); !errors.Is(err, ErrStream) {
			t.Fatal("a wrong size was accepted")
		}
	})
}

// TestInflateMeaninglessCodes: the fixed codes have literals 286 and 287 and
// distances 30 and 31, which stand for nothing. They are met near the ends of a
// stream and, with padding around, where nothing is near.
func TestInflateMeaninglessCodes(t *testing.T) {
	padding := bytes.Repeat([]byte("cells"), 200)
	for what, c := range map[string]struct {
		literal, distance int
		sound             bool
	}{
		"the last distance": {257, 29, true},
		"distance 30":       {257, 30, false},
		"distance 31":       {257, 31, false},
		"literal 286":       {286, 0, false},
		"literal 287":       {287, 0, false},
	} {
		for _, before := range [][]byte{padding[:9], bytes.Repeat([]byte{7}, 32768)} {
			for _, after := range [][]byte{nil, padding} {
				if c.sound && len(before) < 32768 {
					continue // nothing lies so far back
				}
				var s fixedStream
				s.put(1, 1) // the last block,
				s.put(1, 2) // of the fixed code
				for _, v := range before {
					s.literal(int(v))
				}
				s.literal(c.literal)
				s.code(c.distance, 5)
				if c.distance == 29 {
					s.put(1<<13-1, 13)
				}
				for _, v := range after {
					s.literal(int(v))
				}
				s.literal(256)
				b := append(s.bytes, make([]byte, 32)...)
				n := len(before) + 3 + len(after)
				var z Inflater
				_, err := z.Inflate(make([]byte, n), b)
				want, flates := io.ReadAll(flate.NewReader(bytes.NewReader(b)))
				if sound := flates == nil; sound != c.sound || (err == nil) != sound || sound && len(want) != n {
					t.Errorf("%s, after %d bytes and before %d: %v; flate says %v", what, len(before), len(after), err, flates)
				}
			}
		}
	}
}

// fixedStream is a stream of the fixed code.
type fixedStream struct {
	bytes []byte
	bits  int
}

// put writes n bits, the lowest first.
func (s *fixedStream) put(v, n int) {
	for i := range n {
		if s.bits%8 == 0 {
			s.bytes = append(s.bytes, 0)
		}
		s.bytes[s.bits/8] |= byte(v >> i & 1 << (s.bits % 8))
		s.bits++
	}
}

// code writes n bits, the highest first.
func (s *fixedStream) code(v, n int) {
	for i := n - 1; i >= 0; i-- {
		s.put(v>>i, 1)
	}
}

// literal writes a literal or a length (RFC 1951, 3.2.6).
func (s *fixedStream) literal(v int) {
	switch {
	case v < 144:
		s.code(0x30+v, 8)
	case v < 256:
		s.code(0x190+v-144, 9)
	case v < 280:
		s.code(v-256, 7)
	default:
		s.code(0xc0+v-280, 8)
	}
}

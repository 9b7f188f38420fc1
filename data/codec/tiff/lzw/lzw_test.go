package lzw

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// bits writes codes.
type bits struct {
	out  []byte
	word uint64
	have int
	low  bool // the lowest bit first
}

func (b *bits) put(code, width int) {
	if b.low {
		b.word |= uint64(code) << b.have
	} else {
		b.word = b.word<<width | uint64(code)
	}
	for b.have += width; b.have >= 8; b.have -= 8 {
		if b.low {
			b.out = append(b.out, byte(b.word))
			b.word >>= 8
		} else {
			b.out = append(b.out, byte(b.word>>(b.have-8)))
		}
	}
}

// encode is the encoder of the specification, with maps of strings.
func encode(p []byte, old bool) []byte {
	b := bits{low: old}
	early := 1
	if old {
		early = 0
	}
	codes := map[string]int{}
	width, next := 9, first
	reset := func() {
		b.put(clearCode, width)
		clear(codes)
		for i := range 256 {
			codes[string([]byte{byte(i)})] = i
		}
		width, next = 9, first
	}
	reset()
	var text []byte
	for _, v := range p {
		if _, ok := codes[string(append(text, v))]; ok {
			text = append(text, v)
			continue
		}
		b.put(codes[string(text)], width)
		codes[string(append(text, v))] = next
		next++
		if next == 1<<width-early+1 {
			width++
		}
		if next == most-2 {
			reset()
		}
		text = append(text[:0], v)
	}
	if len(text) > 0 {
		b.put(codes[string(text)], width)
		if next++; next == 1<<width-early+1 && width < 12 {
			width++
		}
	}
	b.put(endCode, width)
	b.put(0, 7)
	return b.out
}

// material is bytes of many sorts: noise, runs, few values, walks.
func material(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	p := make([]byte, r.IntN(40000))
	for i := range p {
		switch seed % 5 {
		case 0:
			p[i] = byte(r.Uint32())
		case 1:
			p[i] = byte(i / 5000)
		case 2:
			p[i] = byte(r.IntN(3))
		case 3:
			p[i] = byte(r.NormFloat64() * 9)
		case 4:
			p[i] = byte(i / 300 * i)
		}
	}
	return p
}

func TestDecode(t *testing.T) {
	var d Decoder
	for seed := range uint64(60) {
		p := material(seed)
		for _, old := range []bool{false, true} {
			b := encode(p, old)
			got := make([]byte, len(p))
			if err := d.Decode(got, b); err != nil || !bytes.Equal(got, p) {
				t.Fatalf("seed %d, %d bytes, old %v: %v", seed, len(p), old, err)
			}
			if len(p) == 0 {
				continue
			}
			if err := d.Decode(got[:len(got)/2], b); err != nil || !bytes.Equal(got[:len(got)/2], p[:len(p)/2]) {
				t.Fatalf("seed %d, half: %v", seed, err)
			}
			if err := d.Decode(make([]byte, len(p)+1), b); err == nil {
				t.Fatalf("seed %d: more bytes than there are", seed)
			}
			if err := d.Decode(got, b[:len(b)/2]); err == nil {
				t.Fatalf("seed %d: half a stream was enough", seed)
			}
		}
	}
}

// TestTwins: assembly gives what plain Go gives.
func TestTwins(t *testing.T) {
	can := bmi2
	defer func() { bmi2 = can }()
	var d Decoder
	for seed := range uint64(40) {
		p := material(seed)
		b := encode(p, false)
		if seed%4 == 3 && len(b) > 99 {
			b[len(b)/2] ^= 4 // damaged
		}
		got, want := make([]byte, len(p)), make([]byte, len(p))
		bmi2 = can
		err := d.Decode(got, b)
		bmi2 = false
		other := d.Decode(want, b)
		if (err == nil) != (other == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("seed %d: the twins differ: %v, %v", seed, err, other)
		}
	}
}

// TestCodesOfNothing: a code that is not defined yet, a string first, the clear code
// of the old order.
func TestCodesOfNothing(t *testing.T) {
	var d Decoder
	for what, codes := range map[string][]int{
		"not yet defined": {clearCode, 65, 259},
		"a string first":  {clearCode, 258},
		"an early end":    {clearCode, 65, endCode},
		"nothing":         {},
	} {
		var b bits
		for _, c := range codes {
			b.put(c, 9)
		}
		b.put(0, 7)
		if err := d.Decode(make([]byte, 9), b.out); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	// A stream that does not begin with a clear code is read all the same.
	var b bits
	for _, c := range []int{65, 66, 258, endCode} {
		b.put(c, 9)
	}
	b.put(0, 7)
	got := make([]byte, 4)
	if err := d.Decode(got, b.out); err != nil || string(got) != "ABAB" {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzDecode holds the quick part to the careful one, and what an encoder writes to
// what it was given.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(5) {
		p := material(seed)
		f.Add(encode(p[:min(len(p), 3000)], seed%2 == 0), uint16(3000))
	}
	f.Fuzz(func(t *testing.T, b []byte, n uint16) {
		var d, careful Decoder
		got, want := make([]byte, n), make([]byte, n)
		err := d.Decode(got, b)
		// One byte at a time is never quick.
		other := careful.slowly(want, b)
		if (err == nil) != (other == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%v, and carefully %v", err, other)
		}
		p := make([]byte, len(b))
		if err := d.Decode(p, encode(b, n%2 == 0)); err != nil || !bytes.Equal(p, b) {
			t.Fatalf("what was encoded: %v", err)
		}
	})
}

// slowly is Decode without quick.
func (d *Decoder) slowly(dst, src []byte) error {
	if d.Decode(nil, nil); len(src) >= 2 && src[0] == 0 && src[1]&1 == 1 {
		return d.old(dst, src)
	}
	r := reader{src: src}
	for width := 9; d.wrote < len(dst); {
		code := r.code(width)
		if code == clearCode {
			width, d.next, d.before = 9, first, text{}
			continue
		}
		if err := d.put(dst, code); err != nil {
			return err
		}
		if d.next == 1<<width-1 && width < 12 {
			width++
		}
	}
	return nil
}

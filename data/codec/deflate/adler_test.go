package deflate

import (
	"hash/adler32"
	"math/rand/v2"
	"testing"
)

func TestChecksumIsAdler32(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for trial := range 200 {
		p := make([]byte, r.IntN(20000))
		for i := range p {
			p[i] = byte(r.Uint32())
			if trial%3 == 0 {
				p[i] = 255
			}
		}
		if got, want := Adler32(p), adler32.Checksum(p); got != want {
			t.Fatalf("%d bytes: %08x, want %08x", len(p), got, want)
		}
	}
}

package predictor

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 3))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// plainly runs without assembly.
func plainly(do func()) {
	defer func(was bool) { avx2 = was }(avx2)
	avx2 = false
	do()
}

// TestTwins: assembly gives what plain Go gives, of any length and from any place.
func TestTwins(t *testing.T) {
	for _, size := range []int{1, 2, 4, 8} {
		for n := range 200 {
			p := noise(uint64(n), n*size+n%3)[n%3:]
			sum, swapped := slices.Clone(p), make([]byte, len(p))
			wantSum, want := slices.Clone(p), make([]byte, len(p))
			Sum(sum, size)
			Swap(swapped, p, size)
			plainly(func() {
				Sum(wantSum, size)
				Swap(want, p, size)
			})
			if !bytes.Equal(sum, wantSum) || !bytes.Equal(swapped, want) {
				t.Fatalf("%d samples of %d bytes: the twins differ", n, size)
			}
			Swap(swapped, swapped, size)
			if !bytes.Equal(swapped, p) {
				t.Fatalf("%d samples of %d bytes: swapped twice they differ", n, size)
			}
		}
	}
}

func TestSumUndoesDifferences(t *testing.T) {
	for _, size := range []int{1, 2} {
		for _, n := range []int{0, 1, 15, 16, 17, 31, 33, 100, 1000} {
			p := noise(uint64(n), n*size)
			row := make([]byte, len(p))
			Differences(row, p, size)
			Sum(row, size)
			if !bytes.Equal(row, p) {
				t.Errorf("%d samples of %d bytes do not come back", n, size)
			}
		}
	}
}

// TestFloat takes numbers apart as Adobe's note says, and has them put together.
func TestFloat(t *testing.T) {
	for _, size := range []int{2, 4, 8} {
		for samples := 1; samples <= 4; samples++ {
			for _, pixels := range []int{1, 7, 33, 64} {
				t.Run(fmt.Sprint(size, samples, pixels), func(t *testing.T) {
					n := pixels * samples
					want := noise(uint64(n), n*size)
					row := make([]byte, len(want))
					for i := range n {
						number := slices.Clone(want[i*size:][:size])
						if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
							slices.Reverse(number)
						}
						for k, v := range number {
							row[k*n+i] = v
						}
					}
					for i := len(row) - 1; i >= samples; i-- {
						row[i] -= row[i-samples]
					}
					got := make([]byte, len(want))
					Float(got, row, size, samples)
					if !bytes.Equal(got, want) {
						t.Error("other numbers")
					}
				})
			}
		}
	}
}

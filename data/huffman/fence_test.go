//go:build unix

package huffman

import (
	"testing"

	"hpaflow/data/fence"
)

// TestStaysInside writes the longest codes into memory between fences.
func TestStaysInside(t *testing.T) {
	var codes Codes
	for symbol := range codes {
		codes.Set(byte(symbol), uint32(symbol)*31&(1<<MaxBits-1), MaxBits)
	}
	for _, enclose := range []func(testing.TB, []byte) []byte{fence.Start[byte], fence.End[byte]} {
		for n := range 70 {
			p, out := enclose(t, make([]byte, n)), enclose(t, make([]byte, Room(n)))
			for _, push := range []func(b *Bits, out, p []byte, codes *Codes) int{(*Bits).Push, (*Bits).PushBack} {
				rest := Bits{Word: 127, N: 7}
				if wrote := push(&rest, out, p, &codes); 8*wrote+int(rest.N) != 7+MaxBits*n {
					t.Fatalf("%d codes are %d bytes and %d bits", n, wrote, rest.N)
				}
			}
		}
	}
}

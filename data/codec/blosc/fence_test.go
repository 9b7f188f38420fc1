//go:build unix

package blosc

import (
	"testing"

	"hpaflow/data/fence"
)

func TestStaysInside(t *testing.T) {
	for _, element := range []int{1, 2, 3, 4, 8} {
		for n := 0; n < 140; n += 1 + n/9 {
			for _, enclose := range []func(testing.TB, []byte) []byte{fence.Start[byte], fence.End[byte]} {
				p := enclose(t, make([]byte, n*element+1))
				unshuffle(enclose(t, p), p, element)
				unshuffleBits(enclose(t, p), p, element)
			}
		}
	}
}

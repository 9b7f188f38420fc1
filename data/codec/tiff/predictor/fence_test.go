//go:build unix

package predictor

import (
	"testing"

	"hpaflow/data/fence"
)

func TestStaysInside(t *testing.T) {
	for _, size := range []int{1, 2, 4, 8} {
		for n := 1; n < 70; n++ {
			for _, enclose := range []func(testing.TB, []byte) []byte{fence.Start[byte], fence.End[byte]} {
				p := enclose(t, noise(uint64(n), n*size))
				Sum(p, size)
				Swap(enclose(t, p), p, size)
				if size > 1 {
					Float(enclose(t, p), p, size, 1)
				}
			}
		}
	}
}
